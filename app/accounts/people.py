"""Decides which user row a proven identity belongs to. Knows nothing of cookies, links or providers' protocols."""

from app.accounts.errors import AccountClosed
from app.database import row
from app.ids import new_id

FIND = """
SELECT users.clerk_user_id, users.deleted_at
  FROM identities JOIN users USING (clerk_user_id)
 WHERE identities.provider = $1           -- namespaced: no provider can speak for another's people
   AND identities.subject = $2
"""

NEW_USER = """
INSERT INTO users (id, clerk_user_id, email, name)
VALUES ($1, $2, $3, $4)
ON CONFLICT (clerk_user_id) DO NOTHING    -- a demo person or one of Clerk's may be there without this way in
"""

NEW_IDENTITY = """
INSERT INTO identities (id, clerk_user_id, provider, subject, email, email_verified)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def person(
    provider: str, subject: str, *, email: str, name: str, email_verified: bool, user_id: str | None = None
) -> str:
    """The id of the person behind this identity; the first visit makes the user row.

    Accounts are joined by provider and subject alone, never by an e-mail address, which two people may share.
    `user_id` is for providers whose people have an id already (`clerk_user_id` then is that id).
    Inside: the caller's tx. First visits of one person at once wait for each other: one row.
    Repeat: answers the same id and writes nothing, whatever the other values are.
    Raises: AccountClosed: the person is known and was closed.
    """
    if (known := await _known(provider, subject)) is not None:
        return known
    await row("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"person {provider} {subject}")
    if (
        known := await _known(provider, subject)
    ) is not None:  # a rival's row, visible now that the wait is over
        return known
    fresh = new_id("usr")
    chosen = user_id or fresh
    await row(NEW_USER, fresh, chosen, email, name)
    await row(NEW_IDENTITY, new_id("idn"), chosen, provider, subject, email, email_verified)
    return chosen


async def _known(provider: str, subject: str) -> str | None:
    found = await row(FIND, provider, subject)
    if found is None:
        return None
    if found["deleted_at"] is not None:
        raise AccountClosed
    user_id: str = found["clerk_user_id"]
    return user_id
