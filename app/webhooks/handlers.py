"""Decides what each event of Stripe's sets off. An event is a hint: the object is read again before anything is done.

Every way through ends with the event stamped, or with an exception that makes Stripe send it again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from app import passing
from app.checkout.clawback import Clawback, Followed, clawback
from app.checkout.fulfilment import Fulfilment, Outcome, Source, fulfil
from app.errors import BalanceFull, StripeMissing, StripeUnavailable, TryLater, UnknownPurchase
from app.payments.gateway import ChargeRelated, PaymentGateway, StripeEvent
from app.webhooks.inbox import Ending, note_failure, receive, settle
from app.workshops.access import PaywallRules

# What another delivery of the same event may not meet.
PASSING = (StripeUnavailable, TryLater, *passing.PASSING)
log = structlog.get_logger("app.webhooks")


@dataclass(frozen=True, slots=True)
class Means:
    """What a handler works with."""

    gateway: PaymentGateway
    rules: PaywallRules
    now: datetime
    request_id: str | None = None


Handler = Callable[[StripeEvent, str, Means], Awaitable[None]]


async def take_in(event: StripeEvent, means: Means) -> None:
    """Store an event and carry it out, once.

    Repeat: nothing, if it is done; else it is run again.
    Raises: one of PASSING: another delivery may help. Anything else: a fault of ours; after `POISON_AFTER` of them it
      is quarantined.
    """
    if not await receive(event):
        return
    try:
        await _carry_out(event, means)
    except PASSING:
        raise
    except BalanceFull as error:  # no delivery can help, until credits were used
        await _quarantine(event, str(error))
    except Exception as error:
        if not await note_failure(event, error):
            raise
        log.error("event_quarantined", event_id=event.id, event_type=event.type, exc_info=error)


async def _carry_out(event: StripeEvent, means: Means) -> None:
    handler = HANDLERS.get(event.type)
    if handler is None:
        await _ignore(event, None)
    elif event.account is not None:
        await _ignore(event, f"concerns the account {event.account}"[:500])
    elif event.livemode != means.gateway.is_live:
        await _quarantine(event, "livemode")
    elif event.object_id is None:
        await _quarantine(event, "names no object")
    else:
        await handler(event, event.object_id, means)


async def handle_checkout_session(event: StripeEvent, session_id: str, means: Means) -> None:
    """Completed, paid late, failed late or expired: all lead to the one fulfilment.

    Raises: TryLater: Stripe's own reading lags behind its event. Whatever `fulfil` raises and nobody here decides.
    """

    async def stamp(found: Fulfilment) -> None:
        if found.reason == "open":
            raise TryLater("Stripe tells of an end, and shows the session open still")
        if found.outcome is Outcome.REFUSED:
            await settle(event, "quarantined", error=found.reason, purchase_id=found.purchase_id)
        else:
            await settle(event, "done", purchase_id=found.purchase_id)

    source = Source("webhook", event.id, event.type, means.request_id)
    try:
        await fulfil(
            session_id, source=source, gateway=means.gateway, rules=means.rules, now=means.now, also=stamp
        )
    except UnknownPurchase:
        await _ignore(event, "not a sale of ours")
    except StripeMissing:
        await _quarantine(event, "Stripe does not know the session")


async def handle_refund(event: StripeEvent, refund_id: str, means: Means) -> None:
    """Made, arrived or sent back by the bank."""
    await _follow_money(event, "refund", refund_id, means)


async def handle_charge(event: StripeEvent, charge_id: str, means: Means) -> None:
    """Something of a charge was refunded."""
    await _follow_money(event, "charge", charge_id, means)


async def handle_dispute(event: StripeEvent, dispute_id: str, means: Means) -> None:
    """Opened, answered, decided, or its money moved: none of them says by itself who keeps it."""
    await _follow_money(event, "dispute", dispute_id, means)


async def _follow_money(event: StripeEvent, kind: ChargeRelated, object_id: str, means: Means) -> None:
    async def stamp(found: Clawback) -> None:
        state: Ending = "quarantined" if found.outcome is Followed.REFUSED else "done"
        await settle(event, state, error=found.reason, purchase_id=found.purchase_id)

    gateway, source = means.gateway, Source("webhook", event.id, event.type, means.request_id)
    try:
        payment = event.payment_intent_id or await gateway.payment_intent_of(kind, object_id)
        if payment is None:
            raise UnknownPurchase(object_id)
        await clawback(payment, source=source, gateway=gateway, rules=means.rules, now=means.now, also=stamp)
    except UnknownPurchase:
        await _ignore(event, "not a sale of ours")
    except StripeMissing:
        await _quarantine(event, f"Stripe does not know the {kind}")


HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": handle_checkout_session,
    "checkout.session.async_payment_succeeded": handle_checkout_session,
    "checkout.session.async_payment_failed": handle_checkout_session,
    "checkout.session.expired": handle_checkout_session,
    "refund.created": handle_refund,
    "refund.updated": handle_refund,
    "refund.failed": handle_refund,
    "charge.refunded": handle_charge,
    "charge.refund.updated": handle_refund,
    "charge.dispute.created": handle_dispute,
    "charge.dispute.updated": handle_dispute,
    "charge.dispute.funds_withdrawn": handle_dispute,
    "charge.dispute.funds_reinstated": handle_dispute,
    "charge.dispute.closed": handle_dispute,
}


async def _ignore(event: StripeEvent, why: str | None) -> None:
    await settle(event, "ignored", error=why)
    log.info("event_ignored", event_id=event.id, event_type=event.type, why=why)


async def _quarantine(event: StripeEvent, why: str) -> None:
    await settle(event, "quarantined", error=why)
    log.error("event_quarantined", event_id=event.id, event_type=event.type, why=why)
