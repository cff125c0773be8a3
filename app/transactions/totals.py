"""Decides what rows add up to, and remembers it of ledgers, which only grow. Knows no SQL and no page."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """What was paid and what went back, in minor units of one currency; the latter is negative or 0."""

    currency: str
    paid_cents: int
    returned_cents: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What counted rows add up to; currencies in the order of the alphabet.

    `untitled_rows`: those about a workshop that do not say themselves what it was called.
    """

    added_credits: int = 0
    taken_credits: int = 0
    money: tuple[Money, ...] = ()
    counted_rows: int = 0
    untitled_rows: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.added_credits + other.added_credits,
            self.taken_credits + other.taken_credits,
            _added(*self.money, *other.money),
            self.counted_rows + other.counted_rows,
            self.untitled_rows + other.untitled_rows,
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What the matching rows add up to. Rows that do not count are found, and in no sum.

    Of an unfiltered ledger with too many rows that were never added up, rows and `change_credits` are known all the
    same; then `are_complete` is False, and the rest is nothing. `noted` is the money beside an unfiltered ledger, which
    moved no credit.
    """

    found_rows: int
    counted_rows: int
    change_credits: int
    sums: Sums
    are_complete: bool = True
    noted: tuple[Money, ...] = ()

    @property
    def money(self) -> tuple[Money, ...]:
        """What the rows say and what is noted beside them."""
        return _added(*self.sums.money, *self.noted)


@dataclass(frozen=True, slots=True)
class Known:
    """The sums of what matches in a ledger up to its row `seq`, which has this id: such rows never change again."""

    seq: int = 0
    row_id: str = ""
    sums: Sums = Sums()


class Remembered:
    """What is known of what was added up last. In memory: each process finds out for itself."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._known: OrderedDict[Hashable, Known] = OrderedDict()

    def of(self, what: Hashable) -> Known:
        """What is known of this: whose rows, and which. Whether it is still the same ledger, only the database can say."""
        return self._known.get(what, Known())

    def keep(self, what: Hashable, known: Known) -> None:
        """From now on this is known."""
        self._known[what] = known
        self._known.move_to_end(what)
        if len(self._known) > self.most:
            self._known.popitem(last=False)


def _added(*each: Money) -> tuple[Money, ...]:
    return tuple(
        Money(currency, sum(m.paid_cents for m in same), sum(m.returned_cents for m in same))
        for currency in sorted({m.currency for m in each})
        if (same := _of(currency, each))
    )


def _of(currency: str, each: Iterable[Money]) -> list[Money]:
    return [m for m in each if m.currency == currency]
