"""Decides which user row a proven identity belongs to. Knows nothing of cookies, links or providers' protocols."""

from dataclasses import dataclass

import asyncpg

from app.accounts.errors import AccountClosed, BelongsToAnother, NoProvenEmail
from app.database import row
from app.ids import new_id
from app.trail import note

FIND = """
SELECT users.clerk_user_id, users.deleted_at
  FROM identities JOIN users USING (clerk_user_id)
 WHERE identities.provider = $1           -- namespaced: no provider can speak for another's people
   AND identities.subject = $2
   FOR KEY SHARE OF identities            -- whoever removes it waits, and then ends the session that comes of this
"""
FIND_USER = "SELECT clerk_user_id, deleted_at FROM users WHERE clerk_user_id = $1"

NEW_USER = """
INSERT INTO users (id, clerk_user_id, email, name)
VALUES ($1, $2, $3, $4)
ON CONFLICT (clerk_user_id) DO NOTHING    -- a host product or the seed wrote the same row meanwhile
"""

NEW_IDENTITY = """
INSERT INTO identities (id, clerk_user_id, provider, subject, email, email_verified)
VALUES ($1, $2, $3, $4, $5, $6)
"""

# What the way in says of the address today: whoever it no longer vouches for is no operator by it.
RENEW_IDENTITY = """
UPDATE identities
   SET email = coalesce($3, email), email_verified = $3 IS NOT NULL
 WHERE provider = $1
   AND subject = $2
   AND (email IS DISTINCT FROM coalesce($3, email) OR email_verified <> ($3 IS NOT NULL))
"""


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody whose identity is proven, as the way in tells of them.

    `email` is None unless it is proven too. `user_id` is for ways whose people have an id already: `clerk_user_id`
    then is that id.
    """

    provider: str
    subject: str
    email: str | None
    name: str
    user_id: str | None = None


async def person(proven: Proven) -> str:
    """The id of the person behind this identity; the first visit makes the user row.

    Accounts are joined by provider and subject alone, never by an e-mail address, which two people may share.
    Inside: the caller's tx. First visits of one person at once wait for each other: one row.
    Repeat: answers the same id, whatever the other values are; of them only the proven address is kept anew.
    Raises: AccountClosed: the person is known and was closed.
        NoProvenEmail: the person is not known, and there is no address to write to.
    """
    if (known := await _known(proven)) is not None:
        await row(RENEW_IDENTITY, proven.provider, proven.subject, proven.email)
        return known
    await _alone_with(proven)
    if (known := await _known(proven)) is not None:  # a rival's row, visible now that the wait is over
        return known
    user_id = await _waiting_row(proven.user_id) or await _new_user(proven)
    await _add_identity(user_id, proven)
    return user_id


async def add_way_in(user_id: str, proven: Proven) -> None:
    """Let this person come in with one more identity.

    Inside: the caller's tx.
    Repeat: a way that is theirs already stays as it is.
    Raises: BelongsToAnother: it signs in somebody else.
    """
    await _alone_with(proven)
    found = await row(FIND, proven.provider, proven.subject)
    owner = found or (await row(FIND_USER, proven.user_id) if proven.user_id else None)
    if owner is not None and owner["clerk_user_id"] != user_id:
        raise BelongsToAnother
    if found is None:
        await _add_identity(user_id, proven)
        await note(
            "way_in_added", whose=user_id, actor="user", actor_id=user_id, detail=f"by {proven.provider}"
        )


async def _known(proven: Proven) -> str | None:
    return _open_account(await row(FIND, proven.provider, proven.subject))


async def _waiting_row(user_id: str | None) -> str | None:
    """A row that is there without this way in: a demo person's, or that of a host product."""
    return None if user_id is None else _open_account(await row(FIND_USER, user_id))


def _open_account(found: asyncpg.Record | None) -> str | None:
    if found is None:
        return None
    if found["deleted_at"] is not None:
        raise AccountClosed
    user_id: str = found["clerk_user_id"]
    return user_id


async def _new_user(proven: Proven) -> str:
    if proven.email is None:
        raise NoProvenEmail
    fresh = new_id("usr")
    chosen = proven.user_id or fresh
    await row(NEW_USER, fresh, chosen, proven.email, proven.name)
    return chosen


async def _add_identity(user_id: str, proven: Proven) -> None:
    identity = new_id("idn"), user_id, proven.provider, proven.subject
    await row(NEW_IDENTITY, *identity, proven.email, proven.email is not None)


async def _alone_with(proven: Proven) -> None:
    key = f"person {proven.provider} {proven.subject}"
    await row("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
