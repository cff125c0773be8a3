"""The dashboard's buttons: what Stripe's own dashboard, a bank or the passing of time would do.

Each makes the same move as the API; nothing is decided here.
"""

from collections.abc import Callable
from typing import cast

from app.sandbox.cards import RefundOutcome
from app.sandbox.change import Change
from app.sandbox.errors import ApiError
from app.sandbox.forms import Form
from app.sandbox.moves import disputing, payment, refunding

Act = Callable[[Change, str, Form], object]
ENDINGS = ("succeeded", "pending_then_succeeded", "succeeded_then_failed")


def expire_session(change: Change, session_id: str, form: Form) -> None:
    """Close an open session."""
    payment.expire(change, change.load("checkout.session", session_id))


def settle(change: Change, intent_id: str, form: Form) -> None:
    """Let a bank debit arrive."""
    payment.settle_debit(change, intent_id)


def fail(change: Change, intent_id: str, form: Form) -> None:
    """Let a bank debit fail."""
    payment.fail_debit(change, intent_id)


def refund(change: Change, intent_id: str, form: Form) -> None:
    """Give money back: all of it or an amount, with the ending that was chosen."""
    charge = refunding.charge_of(change, {"payment_intent": intent_id})
    amount = str(form.get("amount") or "").strip()
    if amount and not (amount.isascii() and amount.isdigit() and int(amount)):
        raise ApiError(400, "An amount is a whole number of the smallest units of the currency, at least 1.")
    ends = form.get("ends")
    refunding.refund(
        change,
        charge,
        {"amount": int(amount)} if amount else {},
        ends=cast(RefundOutcome, ends) if ends in ENDINGS else None,
    )


def arrive(change: Change, refund_id: str, form: Form) -> None:
    """Let a pending refund arrive."""
    refunding.succeed(change, refund_id)


def bounce(change: Change, refund_id: str, form: Form) -> None:
    """Let the bank send a refund back, pending or arrived."""
    refunding.fail(change, refund_id)


def dispute(change: Change, intent_id: str, form: Form) -> None:
    """Let the buyer's bank ask for the money, or only ask."""
    charge = refunding.charge_of(change, {"payment_intent": intent_id})
    disputing.open_dispute(change, charge, "fraudulent", inquiry=form.get("kind") == "inquiry")


def escalate(change: Change, dispute_id: str, form: Form) -> None:
    """Let an inquiry become a dispute."""
    disputing.escalate(change, change.load("dispute", dispute_id))


def win(change: Change, dispute_id: str, form: Form) -> None:
    """Answer a dispute with evidence that convinces the bank."""
    _answer(change, dispute_id, disputing.WINNING)


def lose(change: Change, dispute_id: str, form: Form) -> None:
    """Answer a dispute with evidence that does not."""
    _answer(change, dispute_id, disputing.LOSING)


def accept(change: Change, dispute_id: str, form: Form) -> None:
    """Accept a dispute, or close an inquiry, without an answer."""
    disputing.lose(change, change.load("dispute", dispute_id))


def resend(change: Change, event_id: str, form: Form) -> None:
    """Send an event to everybody once more."""
    change.load("event", event_id)
    sql = "SELECT DISTINCT endpoint_id FROM deliveries WHERE event_id = ?"
    for row in change.store.rows(sql, event_id):
        change.deliver(event_id, row["endpoint_id"])


def _answer(change: Change, dispute_id: str, evidence: str) -> None:
    disputing.answer(
        change, change.load("dispute", dispute_id), {"evidence": {"uncategorized_text": evidence}}
    )


ACTS: dict[str, Act] = {
    "expire": expire_session,
    "settle": settle,
    "fail": fail,
    "refund": refund,
    "arrive": arrive,
    "bounce": bounce,
    "dispute": dispute,
    "escalate": escalate,
    "win": win,
    "lose": lose,
    "accept": accept,
    "resend": resend,
}
