"""How a payment stands, as every caller of the fulfilment is told it. Pure values."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from app.checkout.purchases import Purchase
from app.ledger.posting import Actor


class Outcome(StrEnum):
    """What a person can be told of a payment."""

    GRANTED = "granted"
    ALREADY = "already"
    PENDING = "pending"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks: a webhook (with its event), the buyer's return page, or reconciliation."""

    kind: Literal["webhook", "page", "reconcile"]
    event_id: str | None = None
    event_type: str | None = None
    request_id: str | None = None

    def actor(self, purchase: Purchase) -> Actor:
        """Who causes the movement that follows."""
        if self.kind == "page":
            return Actor("user", purchase.user_id)
        return Actor("stripe", self.event_id) if self.kind == "webhook" else Actor("system")


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """How a payment stands.

    `reason` refines it: pending is open, settling or silent; failed is declined or expired; refused says in what the
    payment differs. `balance_after_credits` includes the purchase wherever it is granted or already. `payment_url`
    leads back to a page that is still open.
    """

    outcome: Outcome
    reason: str | None = None
    purchase_id: str | None = None
    credits: int = 0
    balance_after_credits: int | None = None
    intent_outcome: str | None = None
    workshop_id: str | None = None
    paid_at: datetime | None = None
    payment_url: str | None = None


Also = Callable[[Fulfilment], Awaitable[None]]


def answer(outcome: Outcome, purchase: Purchase, *, reason: str | None = None) -> Fulfilment:
    """An outcome with what the purchase says of itself."""
    return Fulfilment(
        outcome,
        reason=reason,
        purchase_id=purchase.id,
        credits=purchase.credits,
        intent_outcome=purchase.intent_outcome,
        workshop_id=purchase.unlock_workshop_id,
        paid_at=purchase.paid_at,
    )


def as_stored(purchase: Purchase) -> Fulfilment:
    """The outcome of a purchase that is not paid, by its stored state."""
    match purchase.status:
        case "failed":
            return answer(Outcome.FAILED, purchase, reason="declined")
        case "expired":
            return answer(Outcome.FAILED, purchase, reason="expired")
        case "refused":
            return answer(Outcome.REFUSED, purchase, reason=purchase.refused_reason)
        case _:
            return answer(Outcome.PENDING, purchase, reason="settling")


def already(purchase: Purchase, balance_credits: int) -> Fulfilment:
    """The outcome of a purchase that was paid before."""
    return replace(answer(Outcome.ALREADY, purchase), balance_after_credits=balance_credits)
