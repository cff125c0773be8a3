"""Decides how many credits of a purchase are to be taken back, from what Stripe says of its refunds and disputes. Pure.

The answer is an absolute target: it depends on the state at Stripe alone, never on which event told of it, or when.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from app.checkout.payment_words import is_held
from app.payments.gateway import Dispute, Refund

COUNTING = "succeeded"
FINAL_REFUNDS = frozenset({COUNTING, "failed", "canceled"})  # any other is on its way
OPEN_INQUIRIES = frozenset({"warning_needs_response", "warning_under_review"})
UNKNOWN = "unknown"  # a dispute that does not say how it stands holds the credits
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Reason(StrEnum):
    """Why credits follow money."""

    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_ENDED = "dispute_ended"


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """What Stripe says of a payment's money on its way back.

    Of several disputes `dispute_status` is the gravest. `seen` tells one state at Stripe from another. `currencies`
    are those of the refunds. Units: minor units.
    """

    refunded_cents: int = 0
    pending_cents: int = 0
    dispute_status: str | None = None
    disputed_at: datetime | None = None
    seen: str = ""
    currencies: frozenset[str] = frozenset()

    @property
    def is_held(self) -> bool:
        """True while a dispute holds the credits, and after it was lost."""
        return is_held(self.dispute_status)

    @property
    def moved(self) -> bool:
        """True when money has left us again, for good or until it is decided."""
        return self.is_held or self.refunded_cents > 0


NOTHING = MoneyBack()


def money_back(refunds: Iterable[Refund], disputes: Iterable[Dispute]) -> MoneyBack:
    """All that came of a payment, in one state."""
    refunds, disputes = list(refunds), list(disputes)
    gravest = max(disputes, key=_gravity, default=None)
    return MoneyBack(
        refunded_cents=sum(one.amount_cents for one in refunds if one.status == COUNTING),
        pending_cents=sum(one.amount_cents for one in refunds if one.status not in FINAL_REFUNDS),
        dispute_status=None if gravest is None else gravest.status or UNKNOWN,
        disputed_at=None if gravest is None else gravest.created_at,
        seen=" ".join(sorted([*map(state_of, refunds), *map(state_of, disputes)])),
        currencies=frozenset(one.currency.lower() for one in refunds if one.currency),
    )


def state_of(found: Refund | Dispute) -> str:
    """One word that differs wherever this object's state at Stripe differs; `MoneyBack.seen` is made of them."""
    state = f"{found.id}={found.status}"
    return f"{state}:{found.amount_cents}" if isinstance(found, Refund) else state


def target_credits(credits: int, amount_cents: int, back: MoneyBack) -> int:
    """How many of a purchase's credits are to be taken back in all.

    Source: https://docs.stripe.com/disputes/how-disputes-work
    """
    if back.is_held or back.refunded_cents >= amount_cents:
        return credits
    return credits * back.refunded_cents // amount_cents


def reason_for(change_credits: int, *, was_held: bool, back: MoneyBack) -> Reason:
    """Why the balance changes, from how the dispute stood and stands."""
    if change_credits < 0:
        return Reason.DISPUTED if back.is_held else Reason.REFUNDED
    return Reason.DISPUTE_ENDED if was_held and not back.is_held else Reason.REFUND_FAILED


def _gravity(dispute: Dispute) -> tuple[int, datetime, str]:
    status = dispute.status or UNKNOWN
    if is_held(status):
        grave = 3 if status == "lost" else 4  # one that can still be decided is looked at again
    else:
        grave = 2 if status in OPEN_INQUIRIES else 0 if status == "warning_closed" else 1
    return grave, dispute.created_at or LONG_AGO, dispute.id
