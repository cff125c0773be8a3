"""Decides what each page of buying shows, from values it is given. Knows nothing of HTTP, SQL or Stripe."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from app.catalog.packs import Pack
from app.checkout.outcome import Fulfilment, Outcome
from app.checkout.packs import Packs
from app.checkout.payment_words import FAILED, IN_REVIEW
from app.checkout.reading import PurchaseFacts
from app.web.filters import credits, figure
from app.web.flash import Link
from app.web.polling import Poll
from app.web.words import marked, said

POLL_SECONDS = (2, 2, 2, 3, 4, 5, 6, 6)  # slower and slower, 30 s in all
DASHBOARD = "/dashboard"
PricingProblem: TypeAlias = Literal["", "unknown_pack", "already_open", "not_sold"]


class ReturnState(StrEnum):
    """What the return page can say of a purchase."""

    GRANTED = "granted"
    ALREADY = "already"
    PROCESSING = "processing"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUSED = "refused"


STATES = {
    Outcome.GRANTED: ReturnState.GRANTED,
    Outcome.ALREADY: ReturnState.ALREADY,
    Outcome.PENDING: ReturnState.PROCESSING,
    Outcome.FAILED: ReturnState.FAILED,
    Outcome.REFUSED: ReturnState.REFUSED,
}
STORED_STATES = {
    "failed": ReturnState.FAILED,
    "expired": ReturnState.EXPIRED,
    "refused": ReturnState.REFUSED,
}
SENTENCES = {
    ReturnState.PROCESSING: marked("Still processing. It is safe to leave."),
    ReturnState.FAILED: FAILED,
    ReturnState.EXPIRED: marked("This checkout has expired. Nothing was charged."),
    ReturnState.REFUSED: IN_REVIEW,
}
NO_UNLOCK = {
    "already_open": marked("The workshop was already unlocked, so no credit was used."),
    "deleted": marked("The workshop was deleted meanwhile, so no credit was used."),
    "not_enough": marked("That does not cover the unlock, so no credit was used."),
    "returned": marked("The money went back, so nothing was unlocked."),
    "undone": marked("The unlock that came with it was undone since, and its credit came back."),
    "unlocked": marked("The workshop that was unlocked with it has been deleted since."),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a buy form sends: the pack, and what to unlock and where to go once it is paid."""

    pack: str = ""
    workshop_id: str = ""
    return_to: str = ""
    form_key: str = ""

    @property
    def pricing_href(self) -> str:
        """The price list with this order's pack marked and the rest carried along."""
        fields = {"pack": self.pack, "workshop": self.workshop_id, "return_to": self.return_to}
        query = urlencode({name: text for name, text in fields.items() if text})
        return f"/pricing?{query}" if query else "/pricing"


@dataclass(frozen=True, slots=True)
class PricingView:
    """The price list. `problem` says why an order was not taken; `way_back` leads to the interrupted work."""

    packs: Packs
    problem: PricingProblem
    way_back: Link | None

    @property
    def currency(self) -> str:
        """The currency of all prices, as people write it."""
        return self.packs.cards[0].currency.upper()


@dataclass(frozen=True, slots=True)
class UnavailableView:
    """The payment could not be started; the same order, with the same key, may be sent again."""

    order: Order
    way_back: Link


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A payment as it stands.

    `poll` is there while it is worth looking again soon; `order` buys the same again, of a `pack` that is None when
    it is not sold any more.
    """

    state: ReturnState
    facts: PurchaseFacts
    poll: Poll | None
    again_href: str
    way_on: Link
    pack: Pack | None
    order: Order

    @property
    def is_credited(self) -> bool:
        """True when the credits are in the balance."""
        return self.state in {ReturnState.GRANTED, ReturnState.ALREADY}

    @property
    def owed_credits(self) -> int:
        """What the buyer owes even after this purchase."""
        return max(0, -self.facts.balance_credits)

    @property
    def headline(self) -> str:
        """What the purchase brought, less what was taken back of it since."""
        added, taken_credits = credits(self.facts.credits), self.facts.taken_back_credits
        if not taken_credits:
            return said("%(credits)s added.", credits=added)
        return said("%(credits)s added, %(number)s taken back.", credits=added, number=figure(taken_credits))

    @property
    def of_unlock(self) -> str:
        """What became of the unlock that it was bought for, unless the buyer is led straight there."""
        facts = self.facts
        if facts.intent_outcome == "unlocked" and facts.workshop_title is not None:
            return said("“%(title)s” was unlocked with it and stays open.", title=facts.workshop_title)
        told = NO_UNLOCK.get(facts.intent_outcome or "")
        return said(told) if told else ""

    @property
    def sentence(self) -> str:
        """The state in words, where it needs no figures."""
        return said(SENTENCES[self.state]) if self.state in SENTENCES else ""


@dataclass(frozen=True, slots=True)
class CancelView:
    """The buyer left the payment page. `is_known` is False where Stripe's silence leaves the outcome open."""

    facts: PurchaseFacts | None
    way_back: Link
    is_known: bool = True


def return_state(found: Fulfilment | None, facts: PurchaseFacts) -> ReturnState:
    """What to say of a payment; None: Stripe does not know its page any more.

    Where Stripe is silent, what it said before stands.
    """
    if found is None or found.reason == "silent":
        return STORED_STATES.get(facts.status, ReturnState.PROCESSING)
    if (found.outcome, found.reason) == (Outcome.FAILED, "expired"):
        return ReturnState.EXPIRED
    return STATES[found.outcome]


def is_without_page(facts: PurchaseFacts) -> bool:
    """True for a purchase that never got its payment page: pressing its pack's button goes on with it."""
    return facts.is_unfinished and facts.session_id is None


def goes_on(state: ReturnState, facts: PurchaseFacts) -> bool:
    """True when the purchase has opened its workshop, so that the buyer is led straight there.

    Not where credits were taken back since: what a buyer would hear on the way is not true any more.
    """
    is_credited = state in {ReturnState.GRANTED, ReturnState.ALREADY} and not facts.taken_back_credits
    return is_credited and facts.intent_outcome == "unlocked" and facts.workshop_title is not None


def return_href(session_id: str) -> str:
    """The return page of a checkout session."""
    return "/checkout/success?" + urlencode({"session_id": session_id})


def way_back(facts: PurchaseFacts, return_to: str) -> Link:
    """Back to what buying interrupted: the workshop, the page it began on, or else the dashboard.

    `return_to` has passed the check of ways back, or is empty.
    """
    if facts.workshop_id and facts.workshop_title:
        return Link(said("Go to “%(title)s”", title=facts.workshop_title), f"/workshops/{facts.workshop_id}")
    return way_to(return_to)


def way_to(return_to: str) -> Link:
    """The page people came from, by its name; the dashboard where none is known."""
    names = (
        ("/workshops/new", marked("Go back to the new workshop")),
        ("/workshops", marked("Go back to the workshop")),
        ("/transactions", marked("Go back to the transactions")),
        ("/pricing", marked("Go back to the pricing")),
    )
    for beginning, label in names:
        if return_to.startswith(beginning):
            return Link(said(label), return_to)
    return Link(said("Go to the dashboard"), DASHBOARD)


def pricing_way_back(order: Order, named: str | None) -> Link | None:
    """From the price list back to the workshop that led there, or to the page it was opened from."""
    if named is not None:
        return Link(said("Go back to “%(title)s”", title=named), f"/workshops/{order.workshop_id}")
    return way_to(order.return_to) if order.return_to else None


def order_of(facts: PurchaseFacts, return_to: str, form_key: str) -> Order:
    """The order that buys the same again, with the same intent while its workshop is there."""
    workshop_id = facts.workshop_id if facts.workshop_title else None
    return Order(facts.pack, workshop_id or "", return_to, form_key)
