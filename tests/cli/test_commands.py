"""The commands without a run beside them, and the addresses they are given."""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.product import billing, environment
from tests.databases import empty_database


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="billing-cli-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def test_help_answers_in_under_half_a_second() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = [sys.executable, "-m", "app.cli", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    commands = (
        "run serve migrate seed check grant audit-trail sign-out erase reconcile events catalog sandbox"
    )
    for command in commands.split():
        assert command in done.stdout
    assert "forget" not in done.stdout
    used_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used_seconds < 0.5, "of computing: how long one waits depends on what else runs here"


def test_four_migrations_at_once_on_an_empty_database_all_succeed(data_dir: Path) -> None:
    asked = [sys.executable, "-m", "app.cli", "migrate"]
    programs = [subprocess.Popen(asked, env=environment(data_dir, {})) for _ in range(4)]
    assert [program.wait(timeout=90) for program in programs] == [0, 0, 0, 0]
    clean = billing("check", "--json", data_dir=data_dir)
    assert clean.returncode == 0
    [not_compared] = json.loads(clean.stdout)["notes"]
    assert not_compared["about"] == "catalogue"


def test_check_on_an_empty_database_names_the_command_that_mends_it(data_dir: Path) -> None:
    behind = billing("check", "--json", data_dir=data_dir)
    assert behind.returncode == 1
    assert "billing migrate" in json.loads(behind.stdout)["findings"][0]["mend"]


async def test_one_role_for_everything_works_and_check_says_what_is_weaker(
    server: object, data_dir: Path
) -> None:
    url = empty_database().owner_url
    migrated = billing("migrate", data_dir=data_dir, DATABASE_URL=url)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    checked = billing("check", "--json", data_dir=data_dir, DATABASE_URL=url)
    assert checked.returncode == 0
    notes = [note["what"] for note in json.loads(checked.stdout)["notes"]]
    assert any("append-only" in note for note in notes)


def test_a_database_that_does_not_answer_is_said_in_one_line(data_dir: Path) -> None:
    done = billing("migrate", data_dir=data_dir, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "DATABASE_URL" in done.stderr


def test_production_refuses_to_serve_with_what_only_development_may_have(data_dir: Path) -> None:
    """O07: one line for each setting that has to change, and no start."""
    done = billing("serve", data_dir=data_dir, STRIPE_SECRET_KEY="sk_test_x", BASE_URL="http://example.com")
    assert done.returncode == 1
    for name in ("STRIPE_SECRET_KEY", "BASE_URL", "SESSION_SECRET", "DATABASE_URL"):
        assert f"{name} is" in done.stderr
    assert not data_dir.exists()


def test_seeding_refuses_production(data_dir: Path) -> None:
    """DEMO-02: in production, and with a live key."""
    url = "postgresql://nobody@127.0.0.1:1/none"
    refused = billing("seed", data_dir=data_dir, ENVIRONMENT="production", DATABASE_URL=url)
    assert (refused.returncode, "never made in production" in refused.stderr) == (1, True)
    live = {"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_live_secret"}
    refused = billing("seed", data_dir=data_dir, DATABASE_URL=url, **live)
    assert (refused.returncode, "STRIPE_SECRET_KEY" in refused.stderr) == (1, True)
