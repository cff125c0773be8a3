"""Lets happen what is due by itself: debits settle, refunds arrive, disputes open, sessions expire.

Decides no transition of its own.
"""

from collections.abc import Callable
from functools import partial

from app.sandbox.change import Change
from app.sandbox.moves import payment, refunding
from app.sandbox.moves.disputing import dispute_by_card

MOVES: dict[str, Callable[[Change, str], None]] = {
    "debit.succeed": payment.settle_debit,
    "debit.fail": payment.fail_debit,
    "session.expire": payment.expire_when_due,
    "refund.succeed": refunding.succeed,
    "refund.fail": refunding.fail,
    "dispute.fraudulent": partial(dispute_by_card, reason="fraudulent", inquiry=False),
    "dispute.product_not_received": partial(dispute_by_card, reason="product_not_received", inquiry=False),
    "inquiry.fraudulent": partial(dispute_by_card, reason="fraudulent", inquiry=True),
}


def run_due(change: Change) -> int:
    """Make every move whose moment has come, in that order, and say how many there were."""
    due = change.store.rows(
        "SELECT id, move, object_id FROM timers WHERE due_at <= ? ORDER BY due_at, id", change.clock.now()
    )
    for timer in due:
        change.store.run("DELETE FROM timers WHERE id = ?", timer["id"])
        MOVES[timer["move"]](change, timer["object_id"])
    return len(due)
