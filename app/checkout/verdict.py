"""Decides what a checkout session means for one of our purchases, from values it is given. Pure.

Trusts our own snapshot alone: whatever Stripe says that differs from it is refused, and what is left out is refused
where real money moves.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.checkout.purchases import Purchase
from app.payments.gateway import CheckoutSession

FAILED_INTENTS = frozenset({"requires_payment_method", "canceled"})
FAILED_EVENT = "checkout.session.async_payment_failed"


class Meaning(StrEnum):
    """What has become of the money."""

    PAID = "paid"
    SETTLING = "settling"  # handed in, and on its way for days
    FAILED = "failed"
    EXPIRED = "expired"
    OPEN = "open"
    REFUSED = "refused"  # does not match the purchase; `reason` says in what


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a purchase. `touches_purchase` is False for a session that is none of its own."""

    meaning: Meaning
    reason: str | None = None
    touches_purchase: bool = True


def judge(
    session: CheckoutSession, purchase: Purchase, *, live: bool, event_type: str | None = None
) -> Verdict:
    """What this session means. `event_type` decides only where Stripe left the payment out of its answer."""
    if purchase.stripe_session_id not in (None, session.id):
        return Verdict(Meaning.REFUSED, "another checkout session", touches_purchase=False)
    moved = session.status == "complete" or session.is_paid
    reason = _stranger(session, purchase, live=live) or (
        _wrong_sum(session, purchase, live=live) if moved else None
    )
    if reason is not None:
        return Verdict(Meaning.REFUSED, reason, touches_purchase=moved)
    return Verdict(_meaning(session, event_type))


def _meaning(session: CheckoutSession, event_type: str | None) -> Meaning:
    if session.is_paid:
        return Meaning.PAID  # whatever else it says: an expired page can have been paid a moment before
    if session.status == "expired":
        return Meaning.EXPIRED
    if session.status != "complete":
        return Meaning.OPEN
    said = session.payment_intent_status
    has_failed = event_type == FAILED_EVENT if said is None else said in FAILED_INTENTS
    return Meaning.FAILED if has_failed else Meaning.SETTLING


def _stranger(session: CheckoutSession, purchase: Purchase, *, live: bool) -> str | None:
    """In what the session is not the one that this purchase asked for."""
    if _differs(session.livemode, live, live=live):
        return "livemode"
    if _differs(session.mode, "payment", live=live):
        return "mode"
    named = {session.purchase_id, session.client_reference_id} - {None}
    if named != {purchase.id} and (named or live):
        return "reference"
    if session.customer_id and purchase.stripe_customer_id not in (None, session.customer_id):
        return "customer"
    return None


def _wrong_sum(session: CheckoutSession, purchase: Purchase, *, live: bool) -> str | None:
    """In what the money is not what this purchase costs."""
    if session.payment_status == "no_payment_required":
        return "nothing was paid"
    if _differs(session.amount_total_cents, purchase.amount_cents, live=live):
        return "amount"
    currency = session.currency.lower() if session.currency else None
    return "currency" if _differs(currency, purchase.currency, live=live) else None


def _differs(said: object, ours: object, *, live: bool) -> bool:
    """A stand-in for Stripe may leave things out; Stripe itself may not."""
    return live if said is None else said != ours
