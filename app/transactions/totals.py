"""Decides what rows add up to, and remembers it of ledgers, which only grow. Knows no SQL and no page."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """What was paid and what went back, in minor units of one currency; the latter is negative or 0."""

    currency: str
    paid_cents: int
    returned_cents: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What counted rows add up to; currencies in the order of the alphabet."""

    added_credits: int = 0
    taken_credits: int = 0
    money: tuple[Money, ...] = ()

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.added_credits + other.added_credits,
            self.taken_credits + other.taken_credits,
            _added(*self.money, *other.money),
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What the matching rows add up to. Rows that do not count are found, and in no sum.

    Of an unfiltered ledger with too many rows that were never added up, rows and `change_credits` are known all the
    same; then `are_complete` is False, and the rest is nothing.
    """

    found_rows: int
    counted_rows: int
    change_credits: int
    sums: Sums
    are_complete: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """The sums of a ledger from its beginning to the row `seq`, which has this id: such rows never change again."""

    seq: int = 0
    row_id: str = ""
    sums: Sums = Sums()


class Remembered:
    """What is known of the ledgers that were added up last. In memory: each process finds out for itself."""

    def __init__(self, most_ledgers: int) -> None:
        self.most_ledgers = most_ledgers
        self._known: OrderedDict[str, Known] = OrderedDict()

    def of(self, user_id: str) -> Known:
        """What is known of this person's ledger. Whether it is still the same one, only the database can say."""
        return self._known.get(user_id, Known())

    def keep(self, user_id: str, known: Known) -> None:
        """From now on this is known."""
        self._known[user_id] = known
        self._known.move_to_end(user_id)
        if len(self._known) > self.most_ledgers:
            self._known.popitem(last=False)


def _added(*each: Money) -> tuple[Money, ...]:
    return tuple(
        Money(currency, sum(m.paid_cents for m in same), sum(m.returned_cents for m in same))
        for currency in sorted({m.currency for m in each})
        if (same := _of(currency, each))
    )


def _of(currency: str, each: Iterable[Money]) -> list[Money]:
    return [m for m in each if m.currency == currency]
