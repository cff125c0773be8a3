"""`billing migrate`: applies what is missing, or only says or records it. The migrations are in `app.migrate`."""

import asyncio
from dataclasses import asdict

from app.cli.checks.check import look_at_schema
from app.cli.checks.findings import Findings
from app.cli.preparation import migrate_now, owner_address
from app.cli.reporting import say
from app.database import pool
from app.migrate import record
from app.settings import load_settings


def say_migrated(*, as_json: bool) -> None:
    """Migrate and say what ran. Raises: MigrationFailed: nothing was changed."""
    ran = asyncio.run(migrate_now(load_settings()))
    lines = [f"applied {migration}" for migration in ran] or ["the schema is current"]
    say(lines, {"applied": ran}, as_json=as_json)


def say_recorded(*, as_json: bool) -> None:
    """Record migrations that were applied by hand, and run those that are missing. Raises: MigrationFailed."""
    recorded, ran = asyncio.run(_recorded())
    lines = [f"recorded {each}" for each in recorded] + [f"applied {each}" for each in ran]
    facts = {"recorded": recorded, "applied": ran}
    say(lines or ["every migration is on record"], facts, as_json=as_json)


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


async def _recorded() -> tuple[list[str], list[str]]:
    settings = load_settings()
    async with pool(owner_address(settings), max_size=1):
        return await record(settings.database_url)
