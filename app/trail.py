"""Notes who changed what about access, in the transaction of the change; nobody can rewrite it.

Movements of credits carry the same of themselves, so `newest` reads both as one. Holds ids and words, no secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

import structlog

from app.database import row, rows
from app.ids import new_id

Act = Literal[
    "signed_in",
    "signed_out",
    "browser_signed_out",
    "signed_out_elsewhere",
    "signed_out_everywhere",
    "way_in_added",
    "way_in_removed",
    "person_erased",
    "event_dismissed",
    "event_replayed",
]
Actor = Literal["user", "operator", "system"]

NOTE = """
INSERT INTO audit_trail (id, act, clerk_user_id, actor, actor_id, object_id, detail, reason, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """One change: when, what, whose, by whom, to what, how, why, and in which request."""

    at: datetime
    act: str
    whose: str | None
    actor: str
    actor_id: str | None
    object_id: str | None
    detail: str
    reason: str
    request_id: str | None


_NEWEST = f"""
SELECT {", ".join(field.name for field in fields(Noted))} FROM (
  SELECT noted_at AS at, act, clerk_user_id AS whose, actor, actor_id, object_id, detail, reason, request_id, id
    FROM audit_trail
   UNION ALL
  SELECT posted_at, 'credits_' || type, clerk_user_id, actor, actor_id, id,
         format('%s credits, balance %s to %s', amount, balance_before, balance_after),
         concat_ws(': ', reason, note), request_id, id
    FROM credit_transactions
   WHERE seq IS NOT NULL                  -- what does not count has changed nothing yet
) noted
 WHERE $1::text IS NULL OR whose = $1
 ORDER BY at DESC, id DESC
 LIMIT $2"""


async def note(
    act: Act,
    *,
    whose: str | None,
    actor: Actor,
    actor_id: str | None,
    object_id: str | None = None,
    detail: str = "",
    reason: str = "",
) -> None:
    """Note one change. Inside: the caller's tx, so that the change and its note stand or fall together."""
    values = (new_id("aud"), act, whose, actor, actor_id, object_id, detail, reason, current_request_id())
    await row(NOTE, *values)


async def newest(user_id: str | None, *, limit: int) -> list[Noted]:
    """The newest changes of access and of credits, of one person if asked, newest first."""
    return [Noted(*found.values()) for found in await rows(_NEWEST, user_id, limit)]


def current_request_id() -> str | None:
    """The id that the log lines of this request carry; None in a command."""
    bound: Mapping[str, object] = structlog.contextvars.get_contextvars()
    found = bound.get("request_id")
    return None if found is None else str(found)
