"""Decides whether who comes back from a sign-in provider is who we sent there. Knows no provider and no cookie."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.accounts.sessions.session import digest
from app.database import repeated_if_undone, row, tx
from app.web.cookies import is_signed, signature

ATTEMPT_LIVES = timedelta(minutes=10)
LONGEST_STATE = 200

SPEND = """
INSERT INTO spent_sign_ins (state_hash, spent_at)
VALUES ($1, $2)
ON CONFLICT (state_hash) DO NOTHING      -- of two who bring the same, one gets a row back
RETURNING state_hash
"""
FORGET = "DELETE FROM spent_sign_ins WHERE spent_at < $1"


class AttemptFault(StrEnum):
    """Why a way back leads nowhere."""

    OTHER_BROWSER = "other_browser"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to a provider and back.

    The provider sees `state` and `nonce`, and of `verifier` only a hash. Nobody can make them without our secret and
    the browser's, so nothing is stored until they come back. `owner` is the signed-in person who adds a way in, else
    empty.
    """

    state: str
    nonce: str
    verifier: str
    owner: str


def begun(browser: str, *, owner: str, now: datetime, secret: bytes) -> Attempt:
    """A fresh attempt of this browser, for this owner."""
    until = int((now + ATTEMPT_LIVES).timestamp())
    return _attempt(f"{secrets.token_urlsafe(16)}.{until}", browser, owner, secret)


def resumed(
    state: str, browser: str | None, *, owner: str, now: datetime, secret: bytes
) -> Attempt | AttemptFault:
    """The attempt that this state belongs to, if this browser began it, for this owner, and not too long ago."""
    named, _, mark = state[:LONGEST_STATE].rpartition(".")
    if browser is None or not is_signed(secret, "oidc state", _bound(named, browser, owner), mark):
        return AttemptFault.OTHER_BROWSER
    until = datetime.fromtimestamp(int(named.rpartition(".")[2]), UTC)
    return AttemptFault.EXPIRED if until <= now else _attempt(named, browser, owner, secret)


@repeated_if_undone
async def spend(attempt: Attempt, *, now: datetime) -> AttemptFault | None:
    """Use the attempt up; None if nobody did before.

    Inside: a tx of its own. What is too old to be resumed is forgotten.
    """
    async with tx():
        await row(FORGET, now - 2 * ATTEMPT_LIVES)
        fresh = await row(SPEND, digest(attempt.state), now)
    return None if fresh else AttemptFault.USED


def _attempt(named: str, browser: str, owner: str, secret: bytes) -> Attempt:
    bound = _bound(named, browser, owner)
    mark, nonce, verifier = (
        signature(secret, f"oidc {purpose}", bound) for purpose in ("state", "nonce", "verifier")
    )
    return Attempt(f"{named}.{mark}", nonce, verifier, owner)


def _bound(named: str, browser: str, owner: str) -> bytes:
    return f"{named} {browser} {owner}".encode("utf-8", "replace")
