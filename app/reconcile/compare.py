"""Decides whether one of Stripe's checkout sessions and one of our purchases agree, from values it is given. Pure."""

from enum import StrEnum

from app.payments.gateway import CheckoutSession
from app.reconcile.ours import Ours
from app.reconcile.report import Difference


class Need(StrEnum):
    """What to do with a pair on which a program may act."""

    NOTHING = "nothing"
    LOOK = "look"  # the fulfilment reads the session again, and does what is to be done


def compare(session: CheckoutSession, ours: Ours | None) -> Need | Difference:
    """How a session and the purchase that has it, or is named by it, stand to each other."""
    if ours is None:
        return Difference.UNKNOWN_PURCHASE if session.is_paid and session.named_purchase_id else Need.NOTHING
    if ours.session_id not in (None, session.id):
        return Difference.SECOND_PAYMENT if session.is_paid else Need.NOTHING
    if ours.status == "paid":
        return _against_paid(session, ours)
    return Need.LOOK if _tells_more(session, ours) else Need.NOTHING


def _against_paid(session: CheckoutSession, ours: Ours) -> Need | Difference:
    if not session.is_paid:
        return Difference.NOT_PAID
    if session.amount_total_cents not in (None, ours.amount_cents):
        return Difference.WRONG_SUM
    if session.currency is not None and session.currency.lower() != ours.currency:
        return Difference.WRONG_SUM
    return Difference.WRONG_CREDITS if ours.credited_credits != ours.credits else Need.NOTHING


def _tells_more(session: CheckoutSession, ours: Ours) -> bool:
    """Whether the session has gone further than the purchase. Those that settle, or were refused, are all read anyway."""
    if ours.status in ("settling", "refused"):
        return False
    if session.is_paid:
        return True
    if session.status == "complete":
        return ours.status != "failed"
    return session.status == "expired" and ours.is_unfinished
