"""Keeps what Stripe sends: every verified event once, as the raw bytes that were signed. Stored is not handled.

Knows no Stripe and no HTTP, and not what an event means.
"""

from typing import Literal, TypeAlias

from app.database import row
from app.ids import new_id
from app.payments.gateway import StripeEvent

POISON_AFTER = 5  # failures of one event for a reason of our own; what may pass counts for nothing

Ending: TypeAlias = Literal["done", "quarantined", "ignored"]
State: TypeAlias = Literal["received", Ending]

_RECEIVE = """
INSERT INTO stripe_events (id, stripe_event_id, type, object_id, livemode, payload, attempts)
VALUES ($1, $2, $3, $4, $5, $6, 1)
    ON CONFLICT (stripe_event_id) DO UPDATE
   SET attempts = stripe_events.attempts + 1
 WHERE stripe_events.state IN ('received', 'quarantined')    -- seen, yet not carried out: it is run again
RETURNING id"""

_SETTLE = """
UPDATE stripe_events
   SET state = $2, error = $3, purchase_id = coalesce($4, purchase_id), handled_at = clock_timestamp()
 WHERE stripe_event_id = $1
   AND state IN ('received', 'quarantined')                  -- done stays done
RETURNING id"""

_NOTE_FAILURE = """
UPDATE stripe_events
   SET failures = failures + 1, error = $2,
       state = CASE WHEN failures + 1 >= $3 THEN 'quarantined' ELSE state END,
       handled_at = CASE WHEN failures + 1 >= $3 THEN clock_timestamp() ELSE handled_at END
 WHERE stripe_event_id = $1
   AND state IN ('received', 'quarantined')
RETURNING state"""


async def receive(event: StripeEvent) -> bool:
    """Store an event. False: it was carried out, or put aside, before.

    Inside: a commit of its own, so that a failure afterwards leaves the event on record.
    """
    values = (new_id("evt"), event.id, event.type, event.object_id, event.livemode, event.payload)
    return await row(_RECEIVE, *values) is not None


async def settle(
    event: StripeEvent, state: Ending, *, error: str | None = None, purchase_id: str | None = None
) -> None:
    """Stamp how an event ended. Inside: the transaction of its effect, last. Repeat: the first `done` stands."""
    await row(_SETTLE, event.id, state, error, purchase_id)


async def note_failure(event: StripeEvent, error: Exception) -> bool:
    """Keep why an event could not be carried out. True: it has failed often enough, and is quarantined.

    Inside: a commit of its own.
    """
    found = await row(_NOTE_FAILURE, event.id, repr(error)[:500], POISON_AFTER)
    return found is not None and found["state"] == "quarantined"
