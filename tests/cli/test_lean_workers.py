"""What a worker of the server loads: nothing that its settings have no use for."""

import os
import subprocess
import sys

import pytest

from app.cli.processes.server import left_out

SETTINGS = {
    "ENVIRONMENT": "development",
    "DATABASE_URL": "postgresql://billing_app@/billing",
    "SESSION_SECRET": "a-worker-needs-a-secret-of-32-bytes",
    "STRIPE_SECRET_KEY": "sk_test_worker",
    "STRIPE_WEBHOOK_SECRET": "whsec_worker",
}
LOADED = """
import sys
from app.cli.processes.server import worker_application
worker_application()
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_a_worker_without_sign_in_providers_loads_nothing_of_theirs_and_no_spare_library() -> None:
    """P9"""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env=os.environ | SETTINGS, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {"stripe", "httpx", "structlog", "babel"} <= loaded
    assert not loaded & {"requests", "urllib3", "rich", "authlib", "joserfc", "cryptography"}


def test_what_is_left_out_can_be_had_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with left_out("colorsys", "json"):
        import json

        assert json is sys.modules["json"]  # was there already
        with pytest.raises(ImportError):
            import colorsys
    import colorsys

    assert colorsys.__name__ in sys.modules
