"""The events as the inbox keeps them, for a person to look at, and for the two decisions a person may take.

Knows no Stripe and no HTTP, and not what an event means.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from app.database import row, rows, tx
from app.errors import NotFound
from app.trail import note
from app.webhooks.inbox import State

# An event may be in somebody's hands that long; after it, nobody works on it any more.
UNDER_WAY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Kept:
    """One stored event and what became of it. `received` is not done; `error` says why it ended as it did."""

    event_id: str
    type: str
    object_id: str | None
    livemode: bool
    state: State
    attempts: int
    failures: int
    error: str | None
    purchase_id: str | None
    received_at: datetime
    handled_at: datetime | None

    @property
    def mend(self) -> str:
        """What a person does about one that came to nothing."""
        again = f"Run `billing events replay {self.event_id}`"
        if self.state == "received":
            return again
        return (
            f"{again} once that is mended, or dismiss it: `billing events dismiss {self.event_id} --reason …`"
        )


# In the order of the fields, so that a row is a kept event as it stands.
_COLUMNS = ", ".join("stripe_event_id" if field.name == "event_id" else field.name for field in fields(Kept))

_NEWEST = f"""
SELECT {_COLUMNS} FROM stripe_events
 WHERE $1::text IS NULL OR state = $1
 ORDER BY received_at DESC, id DESC LIMIT $2"""

_UNSETTLED = f"""
SELECT {_COLUMNS} FROM stripe_events
 WHERE state IN ('received', 'quarantined')
   AND (state = 'quarantined' OR received_at < clock_timestamp() - make_interval(secs => $1))
 ORDER BY received_at, id"""

_REOPEN = """
UPDATE stripe_events SET state = 'received', handled_at = NULL
 WHERE stripe_event_id = $1 AND state IN ('ignored', 'quarantined')"""

_DISMISS = f"""
UPDATE stripe_events SET state = 'ignored', error = $2, handled_at = clock_timestamp()
 WHERE stripe_event_id = $1 AND state IN ('received', 'quarantined')
RETURNING {_COLUMNS}"""


async def newest_events(state: State | None, *, limit: int) -> list[Kept]:
    """The newest events, of one state if asked."""
    return [Kept(*found.values()) for found in await rows(_NEWEST, state, limit)]


async def unsettled_events() -> list[Kept]:
    """What was taken in and neither applied nor set aside by anybody, oldest first: quarantined, or left lying."""
    return [Kept(*found.values()) for found in await rows(_UNSETTLED, UNDER_WAY_SECONDS)]


async def kept_event(event_id: str) -> Kept:
    """Raises: NotFound: no such event was ever taken in."""
    found = await row(f"SELECT {_COLUMNS} FROM stripe_events WHERE stripe_event_id = $1", event_id)
    if found is None:
        raise NotFound(f"event as {event_id}")
    return Kept(*found.values())


async def payload_of(event_id: str) -> bytes:
    """The raw bytes that were signed. Raises: NotFound."""
    found = await row("SELECT payload FROM stripe_events WHERE stripe_event_id = $1", event_id)
    if found is None:
        raise NotFound(f"event as {event_id}")
    return bytes(found["payload"])


async def reopen(event_id: str, *, who: str | None) -> None:
    """Let an event that was ignored or quarantined be carried out again. Repeat: nothing; done stays done.

    `who` is the person that asks for it, for the record; a program that does so by rule names nobody.
    """
    async with tx():
        await row(_REOPEN, event_id)
        if who is not None and (await kept_event(event_id)).state == "received":
            await note("event_replayed", whose=None, actor="operator", actor_id=who, object_id=event_id)


async def dismiss(event_id: str, *, who: str, reason: str) -> Kept:
    """A person has decided that nothing shall come of an event; who and why is noted in the audit trail.

    Inside: a tx of its own. Repeat: nothing, as for one that is done. Raises: NotFound.
    """
    before = await kept_event(event_id)
    words = f"dismissed by {who}: {reason}" + (f" (it was: {before.error})" if before.error else "")
    async with tx():
        found = await row(_DISMISS, event_id, words[:500])
        if found is None:
            return before
        await note(
            "event_dismissed", whose=None, actor="operator", actor_id=who, object_id=event_id, reason=reason
        )
    return Kept(*found.values())
