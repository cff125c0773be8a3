"""Decides what the receipt of a purchase says, from values it is given. Knows nothing of HTTP, SQL or Stripe."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.checkout.reading import PurchaseFacts
from app.checkout.view import NOT_PAID_YET, SENTENCES, ReturnState

StripeReceipt: TypeAlias = Literal["", "linked", "unreachable"]
# Any other state of a dispute, unknown ones too, holds the credits.
NOT_HELD = frozenset({"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"})
RED_WORDS = frozenset({"Failed", "In review", "Disputed"})
UNPAID_WORDS = {
    "started": "Not paid",
    "open": "Not paid",
    "settling": "Settling",
    "failed": "Failed",
    "expired": "Expired",
    "refused": "In review",
}
UNPAID_SENTENCES = {
    "started": "Nothing was charged so far.",
    "open": "Nothing was charged so far.",
    "settling": "The money is on its way. The credits are added as soon as it is confirmed.",
    "failed": SENTENCES[ReturnState.FAILED],
    "expired": SENTENCES[ReturnState.EXPIRED],
    "refused": SENTENCES[ReturnState.REFUSED],
}
HELD = "A dispute is open on this payment. Its credits are held until it is decided."
DISPUTES = {
    "lost": "A dispute on this payment was decided for the buyer’s bank. Its credits stay taken back.",
    "won": "A dispute on this payment was decided against the buyer’s bank. Its credits were given back.",
}


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A purchase as a lasting document. `stripes` says what can be said of Stripe's own receipt."""

    facts: PurchaseFacts
    stripes: StripeReceipt

    @property
    def is_paid(self) -> bool:
        """True when money arrived that was accepted."""
        return self.facts.status == "paid"

    @property
    def is_demo(self) -> bool:
        """True when no payment service knows this purchase."""
        return self.facts.origin == "seed"

    @property
    def is_unpaid(self) -> bool:
        """True when the payment page is still waiting."""
        return self.facts.status in NOT_PAID_YET and not self.is_demo

    @property
    def status(self) -> str:
        """One word, at most two, for how the purchase stands; derived, never stored."""
        if not self.is_paid:
            return UNPAID_WORDS[self.facts.status]
        if is_held(self.facts):
            return "Disputed"
        if self.facts.amount_refunded_cents >= self.facts.amount_cents:
            return "Refunded"
        return "Partly refunded" if self.facts.amount_refunded_cents else "Paid"

    @property
    def is_red(self) -> bool:
        """True when the state is one that red ink marks."""
        return self.status in RED_WORDS

    @property
    def sentence(self) -> str:
        """What the state means for money and credits; empty where there is nothing to add."""
        if not self.is_paid:
            return UNPAID_SENTENCES[self.facts.status]
        return DISPUTES.get(self.facts.dispute_status or "", HELD if is_held(self.facts) else "")

    @property
    def taken_back_change(self) -> int:
        """The credits taken back, signed as the balance felt it."""
        return -self.facts.taken_back_credits


def is_held(facts: PurchaseFacts) -> bool:
    """True while a dispute holds the credits, and when it was lost."""
    return facts.dispute_status is not None and facts.dispute_status not in NOT_HELD


def has_stripe_receipt(facts: PurchaseFacts) -> bool:
    """True when Stripe has a receipt of this purchase to show."""
    return facts.status == "paid" and facts.origin == "stripe" and facts.payment_intent is not None
