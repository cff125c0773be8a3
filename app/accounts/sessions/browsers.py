"""Decides which browsers of a person's stay signed in. Each end is noted in the audit trail; knows no page."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.sessions.session import IDLE, digest
from app.database import repeated_if_undone, rows, tx
from app.errors import NotFound
from app.trail import Act, Actor, note

BROWSERS = """
SELECT id AS browser_id, provider, device, created_at, last_seen_at, token_hash = $3 AS is_this
  FROM sessions
 WHERE clerk_user_id = $1
   AND expires_at > $4
   AND last_seen_at > $2
 ORDER BY token_hash = $3 DESC, last_seen_at DESC, id DESC
"""

END_ONE = "DELETE FROM sessions WHERE id = $2 AND clerk_user_id = $1 RETURNING id"
END_MANY = "DELETE FROM sessions WHERE clerk_user_id = $1 AND token_hash <> $2 RETURNING id"


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A browser in which somebody is signed in. `device` is what it said of itself, and may be empty."""

    browser_id: str
    provider: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


async def browsers_of(user_id: str, *, token: str, now: datetime) -> tuple[SignedInBrowser, ...]:
    """This browser first, then the others, the latest seen before the rest."""
    found = await rows(BROWSERS, user_id, now - IDLE, digest(token), now)
    return tuple(SignedInBrowser(**each) for each in found)


@repeated_if_undone
async def sign_out_browser(user_id: str, browser_id: str) -> None:
    """Sign one of this person's browsers out.

    Inside: a tx of its own.
    Raises: NotFound: it is signed out already, never was in, or is somebody else's.
    """
    async with tx():
        if not await rows(END_ONE, user_id, browser_id):
            raise NotFound("session")
        await note("browser_signed_out", whose=user_id, actor="user", actor_id=user_id, object_id=browser_id)


async def sign_out_others(user_id: str, *, token: str) -> int:
    """Sign out every browser of this person's but this one; how many there were."""
    return await _end_many(user_id, "signed_out_elsewhere", kept=digest(token))


async def sign_out_everywhere(user_id: str, *, operator: str | None = None, reason: str = "") -> int:
    """Sign out every browser of this person's, as they wish or an operator does; how many there were."""
    return await _end_many(user_id, "signed_out_everywhere", kept=b"", operator=operator, reason=reason)


@repeated_if_undone
async def _end_many(
    user_id: str, act: Act, *, kept: bytes, operator: str | None = None, reason: str = ""
) -> int:
    who: Actor = "user" if operator is None else "operator"
    async with tx():
        ended = len(await rows(END_MANY, user_id, kept))
        told = f"{ended} ended"
        await note(act, whose=user_id, actor=who, actor_id=operator or user_id, detail=told, reason=reason)
        return ended
