"""Decides how long a signed-in browser stays so. Knows tokens and moments, but no cookie and no request."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.database import row
from app.ids import new_id
from app.trail import current_request_id, note

IDLE = timedelta(days=14)  # a workshop takes weeks, so a fortnight's pause must not end the session
LONGEST = timedelta(days=60)  # however busy: a token that leaked unseen dies in two months
VOUCHED_FOR = timedelta(hours=12)  # so long may somebody stay whom the provider has locked out since
SEEN_EVERY = timedelta(minutes=1)

NEW_SESSION = """
INSERT INTO sessions (id, token_hash, clerk_user_id, provider, created_at, last_seen_at, expires_at, device)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7)
"""

# Session, person, badge and preferences in one round trip: every signed-in page asks this.
RESOLVE = """
SELECT s.id AS session_id, s.last_seen_at, u.clerk_user_id, u.name, u.email, u.gate_hint_seen, u.history_hint_seen,
       u.credit_balance AS balance_credits, coalesce(u.ledger_seq, 0) AS ledger_seq,
       (SELECT coalesce(sum(t.amount), 0)::int
          FROM credit_transactions t
         WHERE t.clerk_user_id = u.clerk_user_id
           AND t.seq IS NULL              -- by the index of uncounted rows, however long the history is
           AND t.status = 'pending') AS pending_credits,
       p.theme, p.locale, p.time_zone,    -- of whoever never chose, NULL
       cardinality($4::text[]) > 0        -- while OPERATORS names nobody, nobody is looked for
         AND s.provider <> 'demo'         -- nobody has proven that address
         AND (SELECT coalesce(bool_and(i.email_verified AND coalesce(i.email = ANY ($4), false)), false)
                FROM identities i         -- each that this session may have come in by, not only one of them
               WHERE i.clerk_user_id = u.clerk_user_id
                 AND i.provider = s.provider) AS is_operator
  FROM sessions s JOIN users u USING (clerk_user_id)
       LEFT JOIN preferences p USING (clerk_user_id)
 WHERE s.token_hash = $1
   AND s.expires_at > $2                  -- use does not move this one
   AND s.last_seen_at > $3
   AND u.deleted_at IS NULL               -- a closed account is signed out everywhere at once
"""

SEEN = """
UPDATE sessions
   SET last_seen_at = $2
 WHERE id = $1
   AND last_seen_at < $2                  -- of several requests at once, one writes
"""

# The session and the note on its end go together, in a transaction or without one.
END = """
WITH ended AS (DELETE FROM sessions WHERE token_hash = $1 RETURNING id, clerk_user_id)
INSERT INTO audit_trail (id, act, clerk_user_id, actor, actor_id, object_id, request_id)
SELECT $2, 'signed_out', clerk_user_id, 'user', clerk_user_id, id, $3 FROM ended
"""

SWEEP = "DELETE FROM sessions WHERE clerk_user_id = $1 AND (expires_at <= $2 OR last_seen_at <= $3)"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session's token, with what the badge shows and what was chosen for the pages.

    Units: whole credits; `ledger_seq` is 0 before the first counted row.
    """

    session_id: str
    last_seen_at: datetime
    clerk_user_id: str
    name: str
    email: str
    gate_hint_seen: bool
    history_hint_seen: bool
    balance_credits: int
    pending_credits: int
    ledger_seq: int
    theme: str | None
    locale: str | None
    time_zone: str | None
    is_operator: bool


async def create(
    user_id: str,
    *,
    provider: str,
    now: datetime,
    instead_of: str | None = None,
    longest: timedelta = LONGEST,
    device: str = "",
) -> str:
    """The token of a new session; it is never a token that a browser brought along.

    Inside: the caller's tx. The session `instead_of` ends, and this person's dead sessions are swept out.
    """
    token, session_id = secrets.token_urlsafe(32), new_id("ses")
    if instead_of is not None:
        await end(instead_of)
    await row(SWEEP, user_id, now, now - IDLE)
    await row(NEW_SESSION, session_id, digest(token), user_id, provider, now, now + longest, device)
    await note(
        "signed_in",
        whose=user_id,
        actor="user",
        actor_id=user_id,
        object_id=session_id,
        detail=f"by {provider}",
    )
    return token


async def resolve(token: str, *, now: datetime, operators: Collection[str] = ()) -> SignedIn | None:
    """Who is signed in with this token, or None. Use renews the idle time, written at most once a minute.

    An operator is who came in by a way that proves one of these addresses, and can prove no other that way:
    else somebody who had this browser for a minute, and added an address of their own, would be one for good.
    """
    found = await row(RESOLVE, digest(token), now, now - IDLE, operators)
    if found is None:
        return None
    signed_in = SignedIn(**found)
    if now - signed_in.last_seen_at >= SEEN_EVERY:
        await row(SEEN, signed_in.session_id, now)
    return signed_in


async def end(token: str) -> None:
    """Sign this one browser out."""
    await row(END, digest(token), new_id("aud"), current_request_id())


def digest(token: str) -> bytes:
    """What is stored in place of a token. It has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
