"""The product served as operators serve it, for tests of what goes on beside its requests."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.cli.processes.children import free_port
from app.cli.processes.parent_death import before_exec
from app.database import DB
from tests.checkout.till import SECRET
from tests.reliability.installation import until_it_answers

NOBODY = "http://127.0.0.1:9"


@asynccontextmanager
async def serving(
    folder: Path, stripe_url: str = NOBODY
) -> AsyncIterator[tuple[subprocess.Popen[bytes], Path]]:
    """`billing serve` with two workers on the database of the test's pool, and its log; it compares every second."""
    settings = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": str(DB.config["dsn"]),
        "DATA_DIR": str(folder / "data"),
        "SESSION_SECRET": "s" * 32,
        "STRIPE_SECRET_KEY": "sk_test_of_the_tests",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": stripe_url,
        "RECONCILE_EVERY_SECONDS": "1",
    }
    log = folder / "log"
    port = free_port("127.0.0.1")
    words = ["-m", "app.cli", "serve", "--port", str(port), "--workers", "2"]
    with log.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, *words],
            env=settings,
            stdout=file,
            stderr=file,
            preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # nothing here outlives the test run
        )
    try:
        await until_it_answers(f"http://127.0.0.1:{port}")
        yield program, log
    finally:
        program.kill()
        program.wait()
