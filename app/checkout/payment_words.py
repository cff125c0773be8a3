"""Decides how a payment stands in a word, and what is said of money that went back. Pure; knows no page and no table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.web.filters import day_text, figure, money

# Any other state of a dispute, unknown ones too, holds the credits.
NOT_HELD = frozenset({"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"})
UNPAID: Mapping[str, str] = {
    "started": "Not paid",
    "open": "Not paid",
    "settling": "Settling",
    "failed": "Failed",
    "expired": "Expired",
    "refused": "In review",
}
FAILED = "The payment did not go through. Nothing was charged."
IN_REVIEW = (
    "We received a payment that does not match this order. No credits were added, and we are looking at it."
)
DISPUTED = "A dispute is open on this payment. Its credits are held until it is decided."
ASKED = "The bank has asked about this payment. No money moved, and its credits stay."
DISPUTES: Mapping[str, str] = {
    "lost": "The dispute on this payment is over: the bank returned the money, and its credits stay taken back.",
    "won": "The dispute on this payment is over: the payment stood, and its credits were given back.",
    "warning_needs_response": ASKED,
    "warning_under_review": ASKED,
}
DISPUTE_STATES: Mapping[str, str] = {
    "lost": "The bank returned the money",
    "won": "The payment stood",
    "prevented": "Settled before it began",
    "warning_needs_response": "The bank has asked",
    "warning_under_review": "The bank has asked",
    "warning_closed": "The bank had asked",
}


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back of a purchase's money, and what became of its credits, if it gave any.

    Units: `*_cents` are minor units of `currency`, `*_credits` whole credits. `pending_cents` is on its way back.
    """

    given_credits: int
    taken_credits: int
    amount_cents: int
    currency: str
    refunded_cents: int
    pending_cents: int
    dispute_status: str | None
    disputed_at: datetime | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What happened and what it means for the credits; empty where all is as it was bought."""
        pending = pending_told(self.pending_cents, self.currency)
        told = (dispute_told(self.dispute_status), self._refund_told(), pending)
        return tuple(each for each in told if each)

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The same as labels and figures."""
        so_far = f"{self._sum(self.refunded_cents)} of {self._sum(self.amount_cents)}"
        every = (
            (self.refunded_cents, "Returned so far", so_far),
            (self.pending_cents, "On its way back", self._sum(self.pending_cents)),
            (self.dispute_status, "Dispute", self._dispute_state()),
        )
        return tuple((label, text) for is_there, label, text in every if is_there)

    def _refund_told(self) -> str:
        if not self.refunded_cents:
            return ""
        went_back = f"{self._sum(self.refunded_cents)} of {self._sum(self.amount_cents)} was returned"
        if self.refunded_cents >= self.amount_cents:
            went_back = f"The whole price, {self._sum(self.amount_cents)}, was returned"
        if not self.given_credits or is_held(self.dispute_status):  # nothing to take, or said of the dispute
            return f"{went_back}."
        if not self.taken_credits:
            return f"{went_back}. That is less than one credit cost, so none was taken back."
        return f"{went_back}, so {self._taken()} taken back."

    def _taken(self) -> str:
        verb = "was" if self.taken_credits == 1 else "were"
        if self.given_credits == 1:
            return f"its credit {verb}"
        if self.taken_credits == self.given_credits:
            return f"all of its {figure(self.given_credits)} credits {verb}"
        return f"{figure(self.taken_credits)} of its {figure(self.given_credits)} credits {verb}"

    def _dispute_state(self) -> str:
        state = DISPUTE_STATES.get(self.dispute_status or "", "Not decided yet")
        return f"{state}, opened {day_text(self.disputed_at)}" if self.disputed_at else state

    def _sum(self, cents: int) -> str:
        return money(cents, self.currency)


def payment_state(
    status: str, *, amount_cents: int, amount_refunded_cents: int, dispute_status: str | None
) -> str:
    """How a purchase stands: one word, at most two; derived, never stored."""
    if status != "paid":
        return UNPAID[status]
    if is_held(dispute_status):
        return "Charged back" if dispute_status == "lost" else "Disputed"
    if amount_refunded_cents >= amount_cents:
        return "Refunded"
    return "Partly refunded" if amount_refunded_cents else "Paid"


def dispute_told(dispute_status: str | None) -> str:
    """What a dispute means for money and credits; empty where there is none, or it left no trace."""
    return DISPUTES.get(dispute_status or "", DISPUTED if is_held(dispute_status) else "")


def pending_told(pending_cents: int, currency: str) -> str:
    """What money on its way back means; empty where there is none."""
    if not pending_cents:
        return ""
    return (
        f"{money(pending_cents, currency)} is on its way back. Nothing is taken for it until it has arrived."
    )


def is_held(dispute_status: str | None) -> bool:
    """True while a dispute holds the credits, and after it was lost."""
    return dispute_status is not None and dispute_status not in NOT_HELD
