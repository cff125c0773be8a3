"""Decides how a payment stands in a word, and what is said of money that went back. Pure; knows no page and no table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.web.filters import day_text, figure, money
from app.web.words import counted, marked, said

# Any other state of a dispute, unknown ones too, holds the credits.
NOT_HELD = frozenset({"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"})
UNPAID: Mapping[str, str] = {
    "started": marked("Not paid"),
    "open": marked("Not paid"),
    "settling": marked("Settling"),
    "failed": marked("Failed"),
    "expired": marked("Expired"),
    "refused": marked("In review"),
}
FAILED = marked("The payment did not go through. Nothing was charged.")
IN_REVIEW = marked(
    "We received a payment that does not match this order. No credits were added, and we are looking at it."
)
DISPUTED = marked("A dispute is open on this payment. Its credits are held until it is decided.")
ASKED = marked("The bank has asked about this payment. No money moved, and its credits stay.")
DISPUTES: Mapping[str, str] = {
    "lost": marked(
        "The dispute on this payment is over: the bank returned the money, and its credits stay taken back."
    ),
    "won": marked("The dispute on this payment is over: the payment stood, and its credits were given back."),
    "warning_needs_response": ASKED,
    "warning_under_review": ASKED,
}
DISPUTE_STATES: Mapping[str, str] = {
    "lost": marked("The bank returned the money"),
    "won": marked("The payment stood"),
    "prevented": marked("Settled before it began"),
    "warning_needs_response": marked("The bank has asked"),
    "warning_under_review": marked("The bank has asked"),
    "warning_closed": marked("The bank had asked"),
}


NOT_DECIDED = marked("Not decided yet")


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
        refunded, price = self._sum(self.refunded_cents), self._sum(self.amount_cents)
        so_far = said("%(part)s of %(whole)s", part=refunded, whole=price)
        every = (
            (self.refunded_cents, said("Returned so far"), so_far),
            (self.pending_cents, said("On its way back"), self._sum(self.pending_cents)),
            (self.dispute_status, said("Dispute"), self._dispute_state()),
        )
        return tuple((label, text) for is_there, label, text in every if is_there)

    def _refund_told(self) -> str:
        if not self.refunded_cents:
            return ""
        price = self._sum(self.amount_cents)
        if self.refunded_cents >= self.amount_cents:
            went_back = said("The whole price, %(price)s, was returned", price=price)
        else:
            part = self._sum(self.refunded_cents)
            went_back = said("%(part)s of %(price)s was returned", part=part, price=price)
        if not self.given_credits or is_held(self.dispute_status):  # nothing to take, or said of the dispute
            return f"{went_back}."
        if not self.taken_credits:
            less = said("That is less than one credit cost, so none was taken back.")
            return f"{went_back}. {less}"
        return f"{went_back}, {self._taken()}."

    def _taken(self) -> str:
        if self.given_credits == 1:
            return said("so its credit was taken back")
        whole = figure(self.given_credits)
        if self.taken_credits == self.given_credits:
            return said("so all of its %(whole)s credits were taken back", whole=whole)
        return counted(
            "so %(num)s of its %(whole)s credits was taken back",
            "so %(num)s of its %(whole)s credits were taken back",
            self.taken_credits,
            num=figure(self.taken_credits),
            whole=whole,
        )

    def _dispute_state(self) -> str:
        state = said(DISPUTE_STATES.get(self.dispute_status or "", NOT_DECIDED))
        if not self.disputed_at:
            return state
        return said("%(state)s, opened %(day)s", state=state, day=day_text(self.disputed_at))

    def _sum(self, cents: int) -> str:
        return money(cents, self.currency)


def payment_state(
    status: str, *, amount_cents: int, amount_refunded_cents: int, dispute_status: str | None
) -> str:
    """How a purchase stands: one word, at most two; derived, never stored. The caller has it `said`."""
    if status != "paid":
        return UNPAID[status]
    if is_held(dispute_status):
        return marked("Charged back") if dispute_status == "lost" else marked("Disputed")
    if amount_refunded_cents >= amount_cents:
        return marked("Refunded")
    return marked("Partly refunded") if amount_refunded_cents else marked("Paid")


def dispute_told(dispute_status: str | None) -> str:
    """What a dispute means for money and credits; empty where there is none, or it left no trace."""
    told = DISPUTES.get(dispute_status or "", DISPUTED if is_held(dispute_status) else "")
    return said(told) if told else ""


def pending_told(pending_cents: int, currency: str) -> str:
    """What money on its way back means; empty where there is none."""
    if not pending_cents:
        return ""
    return said(
        "%(sum)s is on its way back. Nothing is taken for it until it has arrived.",
        sum=money(pending_cents, currency),
    )


def is_held(dispute_status: str | None) -> bool:
    """True while a dispute holds the credits, and after it was lost."""
    return dispute_status is not None and dispute_status not in NOT_HELD
