"""Keeps what Stripe sends: every verified event once, as the raw bytes that were signed. Stored is not handled.

Knows no Stripe and no HTTP, and not what an event means.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.database import row
from app.ids import new_id
from app.payments.gateway import StripeEvent

POISON_AFTER = 5  # tries of one event that failed for a reason of our own

Ending: TypeAlias = Literal["done", "quarantined", "ignored"]
State: TypeAlias = Literal["received", Ending]

_RECEIVE = """
INSERT INTO stripe_events (id, stripe_event_id, type, object_id, livemode, payload, attempts)
VALUES ($1, $2, $3, $4, $5, $6, 1)
    ON CONFLICT (stripe_event_id) DO UPDATE
   SET attempts = stripe_events.attempts + 1
 WHERE stripe_events.state IN ('received', 'quarantined')    -- seen, yet not carried out: it is run again
RETURNING attempts"""

_SETTLE = """
UPDATE stripe_events
   SET state = $2, error = $3, purchase_id = coalesce($4, purchase_id), handled_at = clock_timestamp()
 WHERE stripe_event_id = $1
   AND state IN ('received', 'quarantined')                  -- done stays done
RETURNING id"""


@dataclass(frozen=True, slots=True)
class Received:
    """An event that is still to be carried out; `attempts` counts this one."""

    event: StripeEvent
    attempts: int


async def receive(event: StripeEvent) -> Received | None:
    """Store an event. None: it was carried out, or put aside, before.

    Inside: a commit of its own, so that a failure afterwards leaves the event on record.
    """
    values = (new_id("evt"), event.id, event.type, event.object_id, event.livemode, event.payload)
    found = await row(_RECEIVE, *values)
    return None if found is None else Received(event, found["attempts"])


async def settle(
    event: StripeEvent, state: Ending, *, error: str | None = None, purchase_id: str | None = None
) -> None:
    """Stamp how an event ended. Inside: the transaction of its effect, last. Repeat: the first `done` stands."""
    await row(_SETTLE, event.id, state, error, purchase_id)


async def note_failure(received: Received, error: Exception) -> bool:
    """Keep why an event could not be carried out. True: it was tried often enough, and is quarantined."""
    if received.attempts >= POISON_AFTER:
        await settle(received.event, "quarantined", error=repr(error)[:500])
        return True
    sql = "UPDATE stripe_events SET error = $2 WHERE stripe_event_id = $1 AND state = 'received'"
    await row(sql, received.event.id, repr(error)[:500])
    return False
