"""Decides how a kept event is carried out again: from the bytes that were signed, by the handler of every day."""

from dataclasses import replace

from app.payments.envelope import read_envelope
from app.webhooks.handlers import Means, take_in
from app.webhooks.kept import Kept, kept_event, payload_of, reopen


async def replay(event_id: str, means: Means, *, who: str | None = None) -> Kept:
    """Carry a kept event out once more, and give it as it stands then.

    `who` asks for it, unless it is done by rule; what they asked for stays in the audit trail, whatever came of it.
    Repeat: changes nothing; an event that is done is left as it is.
    Raises: NotFound. Whatever the handler raises: the event stays `received`, with the reason on record.
    """
    payload = await payload_of(event_id)
    event = replace(read_envelope(payload, live=means.gateway.is_live), id=event_id)
    await reopen(event_id, who=who)
    await take_in(event, means)
    return await kept_event(event_id)
