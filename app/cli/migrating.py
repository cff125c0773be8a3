"""`billing migrate`: applies what is missing, or only says so. The migrations themselves are in `app.migrate`."""

import asyncio

from app.cli.preparation import migrate_now, owner_address
from app.cli.reporting import say
from app.database import pool
from app.migrate import missing
from app.settings import load_settings


def say_migrated(*, as_json: bool) -> int:
    """Migrate and say what ran; the exit code."""
    ran = asyncio.run(migrate_now(load_settings()))
    lines = [f"applied {migration}" for migration in ran] or ["the schema is current"]
    say(lines, {"applied": ran}, as_json=as_json)
    return 0


def say_whether_current(*, as_json: bool) -> int:
    """Say what is missing and change nothing; the exit code is 1 if something is."""
    behind = asyncio.run(_missing())
    lines = [f"missing {migration}: run `billing migrate`" for migration in behind] or [
        "the schema is current"
    ]
    say(lines, {"missing": behind}, as_json=as_json)
    return 1 if behind else 0


async def _missing() -> list[str]:
    async with pool(owner_address(load_settings()), max_size=1):
        return await missing()
