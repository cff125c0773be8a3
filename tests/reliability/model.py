"""What the product should do with money and credits, in plain Python: the measure for the state machine.

A sale knows how it stands at Stripe, and how it stands with us, who learn of it only by looking. Knows no SQL, no HTTP.
"""

from dataclasses import dataclass, field
from typing import Literal

AtStripe = Literal["open", "settling", "paid", "failed", "expired"]
Disputed = Literal["inquiry", "held", "won", "lost", "closed"]
UNHELD: tuple[Disputed | None, ...] = (None, "inquiry", "won", "closed")
OVER: tuple[Disputed | None, ...] = (None, "won", "closed")


@dataclass
class Refund:
    """Money on its way back to the buyer."""

    cents: int
    state: Literal["pending", "succeeded", "failed"]


@dataclass
class Sale:
    """One purchase: the same money in two places. `known` is what we have learned of the session."""

    buyer: int
    pack: str
    credits: int
    cents: int
    workshop: int | None
    at_stripe: AtStripe = "open"
    known: AtStripe = "open"
    taken_credits: int = 0
    known_refunded_cents: int = 0
    refunds: list[Refund] = field(default_factory=list)
    disputed: Disputed | None = None

    @property
    def refunded_cents(self) -> int:
        """What has arrived at the buyer again."""
        return sum(each.cents for each in self.refunds if each.state == "succeeded")

    @property
    def left_cents(self) -> int:
        """What can still be given back."""
        return self.cents - sum(each.cents for each in self.refunds if each.state != "failed")

    @property
    def is_held(self) -> bool:
        """True while a dispute has the money, and after it was lost."""
        return self.disputed in ("held", "lost")

    @property
    def target_credits(self) -> int:
        """How many credits have to be taken back in all."""
        return self.credits if self.is_held else self.credits * self.refunded_cents // self.cents


@dataclass
class Model:
    """Two people or more, the workshops of each, and all that was sold."""

    balances: list[int]
    owners: list[int]
    open_workshops: set[int] = field(default_factory=set)
    sales: list[Sale] = field(default_factory=list)

    def unfinished(self, buyer: int, pack: str, workshop: int | None) -> int | None:
        """The sale that a press of the same button goes on with. One whose page has expired gives way to a new one."""
        for number, sale in enumerate(self.sales):
            if (sale.buyer, sale.pack, sale.workshop, sale.known) == (buyer, pack, workshop, "open"):
                if sale.at_stripe != "expired":
                    return number
                sale.known = "expired"
        return None

    def hear_of_payment(self, number: int) -> None:
        """Somebody told us to look at the session."""
        sale = self.sales[number]
        if sale.known in ("paid", sale.at_stripe):
            return
        sale.known = sale.at_stripe
        if sale.known == "paid":
            self._grant(sale)

    def hear_of_money(self, number: int) -> None:
        """Somebody told us to look at refunds and disputes."""
        self.hear_of_payment(number)
        if self.sales[number].known == "paid":
            self._follow(self.sales[number])

    def unlock(self, workshop: int) -> bool:
        """One credit for one workshop, once. False: too few credits."""
        if workshop in self.open_workshops:
            return True
        if self.balances[self.owners[workshop]] < 1:
            return False
        self.balances[self.owners[workshop]] -= 1
        self.open_workshops.add(workshop)
        return True

    def reverse(self, workshop: int) -> None:
        """The credit comes back, and the workshop is closed again."""
        self.balances[self.owners[workshop]] += 1
        self.open_workshops.remove(workshop)

    def undo(self, workshop: int) -> bool:
        """The same by the person's own hand. False: nothing is open."""
        is_open = workshop in self.open_workshops
        if is_open:
            self.reverse(workshop)
        return is_open

    def reconcile(self) -> None:
        """Look at everything: at payment pages in their order, at those whose money was on its way, at money back."""
        settling = [number for number, sale in enumerate(self.sales) if sale.known == "settling"]
        others = [number for number in range(len(self.sales)) if number not in settling]
        for number in others + settling:
            self.hear_of_payment(number)
        for number in range(len(self.sales)):
            self.hear_of_money(number)

    def _grant(self, sale: Sale) -> None:
        """Credits, less what is back already, before the intent could spend them; all of it back wants nothing more."""
        self.balances[sale.buyer] += sale.credits
        self._follow(sale)
        if sale.workshop is not None and sale.taken_credits < sale.credits:
            self.unlock(sale.workshop)

    def _follow(self, sale: Sale) -> None:
        self.balances[sale.buyer] -= sale.target_credits - sale.taken_credits
        sale.taken_credits, sale.known_refunded_cents = sale.target_credits, sale.refunded_cents


def seen_of(model: Model) -> tuple[object, ...]:
    """What the books should show: balances, open workshops, and of each sale its state and what was taken back."""
    return (
        tuple(model.balances),
        tuple(sorted(model.open_workshops)),
        tuple((sale.known, sale.taken_credits, sale.known_refunded_cents) for sale in model.sales),
    )
