"""Decides what the receipt of a purchase says, from values it is given. Knows nothing of HTTP, SQL or Stripe."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.checkout.payment_words import payment_state
from app.checkout.reading import PurchaseFacts
from app.checkout.view import SENTENCES, ReturnState
from app.web.words import marked, said

StripeReceipt: TypeAlias = Literal["", "linked", "unreachable"]
RED_WORDS = frozenset({"Failed", "In review", "Disputed", "Charged back"})
UNPAID_SENTENCES = {
    "started": marked("Nothing was charged so far."),
    "open": marked("Nothing was charged so far."),
    "settling": marked("The money is on its way. The credits are added as soon as it is confirmed."),
    "failed": SENTENCES[ReturnState.FAILED],
    "expired": SENTENCES[ReturnState.EXPIRED],
    "refused": SENTENCES[ReturnState.REFUSED],
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
        return self.facts.is_unfinished and not self.is_demo

    @property
    def status(self) -> str:
        """One word, at most two, for how the purchase stands; derived, never stored. The page has it said."""
        facts = self.facts
        return payment_state(
            facts.status,
            amount_cents=facts.amount_cents,
            amount_refunded_cents=facts.amount_refunded_cents,
            dispute_status=facts.dispute_status,
        )

    @property
    def is_red(self) -> bool:
        """True when the state is one that red ink marks."""
        return self.status in RED_WORDS

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the state means for money and credits; empty where there is nothing to add."""
        unpaid = () if self.is_paid else (said(UNPAID_SENTENCES[self.facts.status]),)
        return *unpaid, *self.facts.returned.sentences

    @property
    def taken_back_change(self) -> int:
        """The credits taken back, signed as the balance felt it."""
        return -self.facts.taken_back_credits


def has_stripe_receipt(facts: PurchaseFacts) -> bool:
    """True when Stripe has a receipt of this purchase to show."""
    return facts.status == "paid" and facts.origin == "stripe" and facts.payment_intent is not None
