"""`billing migrate`: applies what is missing, or only says or records it. The migrations are in `app.migrate`."""

import asyncio
import contextlib
import io
from dataclasses import asdict

from piccolo.apps.migrations.commands.forwards import run_forwards

from app import schema
from app.cli.check import look_at_schema
from app.cli.findings import Findings
from app.cli.preparation import migrate_now, owner_address
from app.cli.reporting import say
from app.database import pool
from app.errors import BillingError
from app.migrate import missing
from app.settings import load_settings


class NotTheSame(BillingError):
    """Migrations were to be recorded as done, and the schema is not what they lead to."""

    def __init__(self, differences: list[str]) -> None:
        self.differences = differences
        super().__init__("nothing was recorded, the schema differs:\n" + "\n".join(differences))


def say_migrated(*, as_json: bool) -> None:
    """Migrate and say what ran. Raises: MigrationFailed: nothing was changed."""
    ran = asyncio.run(migrate_now(load_settings()))
    lines = [f"applied {migration}" for migration in ran] or ["the schema is current"]
    say(lines, {"applied": ran}, as_json=as_json)


def say_recorded(*, as_json: bool) -> None:
    """Record migrations that were applied by hand. Raises: NotTheSame: nothing was recorded."""
    recorded = asyncio.run(_recorded())
    lines = [f"recorded {migration}" for migration in recorded] or ["every migration is on record"]
    say(lines, {"recorded": recorded}, as_json=as_json)


def say_whether_current(*, as_json: bool) -> int:
    """Say what is missing or different, changing nothing; the exit code is 1 if something is."""
    findings = asyncio.run(_looked())
    lines = [str(finding) for finding in findings.wrong] or ["the schema is current"]
    say(lines, {"findings": [asdict(finding) for finding in findings.wrong]}, as_json=as_json)
    return 1 if findings.wrong else 0


async def _looked() -> Findings:
    findings = Findings()
    async with pool(owner_address(load_settings()), max_size=1):
        await look_at_schema(findings)
    return findings


async def _recorded() -> list[str]:
    settings = load_settings()
    async with pool(owner_address(settings), max_size=1):
        if differences := await schema.differences():
            raise NotTheSame(differences)
        applied_by_hand = await missing()
        for _ in applied_by_hand:  # one at a time: several at once would ask on the terminal
            with contextlib.redirect_stdout(io.StringIO()):
                await run_forwards("billing", "1", fake=True)
    await migrate_now(settings)  # for the grants
    return applied_by_hand
