"""`billing audit-trail`: who changed what about access and credits, for an operator to read. Changes nothing."""

import asyncio
from dataclasses import asdict

from app.cli.reporting import say
from app.database import pool, rows
from app.settings import load_settings
from app.trail import Noted, newest


def say_trail(user: str | None, *, limit: int, as_json: bool) -> None:
    """Print the newest changes, one a line."""
    found = asyncio.run(_asked(user, limit))
    lines = [_line(each) for each in found] or ["nothing was changed yet"]
    say(lines, {"changes": [asdict(each) for each in found]}, as_json=as_json)


async def _asked(user: str | None, limit: int) -> list[Noted]:
    async with pool(load_settings().database_url, max_size=1):
        return await newest(await _person(user) if user else None, limit=limit)


async def _person(user: str) -> str:
    """The one with this e-mail address, closed accounts too; anything else is taken for an id."""
    found = await rows("SELECT clerk_user_id FROM users WHERE email = $1 LIMIT 2", user)
    return str(found[0]["clerk_user_id"]) if len(found) == 1 else user


def _line(noted: Noted) -> str:
    who = f"{noted.actor} {noted.actor_id}" if noted.actor_id else noted.actor
    told = [
        f"{noted.at:%Y-%m-%d %H:%M:%S}",
        noted.act,
        noted.whose or "",
        noted.object_id or "",
        noted.detail,
    ]
    by = f"by {who}" + (f" because: {noted.reason}" if noted.reason else "")
    request = f"request {noted.request_id}" if noted.request_id else ""
    return "  ".join(filter(None, (*told, by, request)))
