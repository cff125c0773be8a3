"""Decides how a balance is explained in words, so that the numbers add up to it. Pure; knows no table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from app.ledger.rules import Kind, debt_of
from app.web.filters import credits, figure
from app.web.words import counted, listed, marked, said

MARK = "\0"  # stands around what will be a number with a link: no word of ours or a translator's holds it
# What a person did or got: first in the sentence, and going on from there.
DONE: Mapping[Kind, tuple[str, str]] = {
    Kind.PURCHASE: (marked("You bought %(credits)s"), marked("bought %(credits)s")),
    Kind.GRANT: (marked("You were given %(credits)s"), marked("were given %(credits)s")),
    Kind.REVERSAL: (marked("You got back %(credits)s"), marked("got back %(credits)s")),
    Kind.CONSUMPTION: (marked("You used %(credits)s"), marked("used %(credits)s")),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What each kind of counted row adds up to, in credits, signed as the balance felt it; and what is pending.

    `disputed` is the part of `refund` that disputes took.
    """

    purchase: int = 0
    grant: int = 0
    consumption: int = 0
    refund: int = 0
    reversal: int = 0
    adjustment: int = 0
    pending: int = 0
    disputed: int = 0

    @property
    def balance_credits(self) -> int:
        """What all counted rows come to."""
        return self.purchase + self.grant + self.consumption + self.refund + self.reversal + self.adjustment


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the sentence: words, then perhaps a number that leads to its rows."""

    words: str
    number: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The balance in words. `pending` is a second sentence, empty when nothing is."""

    parts: tuple[Part, ...]
    pending: tuple[Part, ...] = ()


def balance_sentence(sums: Sums, *, last_day: date | None = None) -> Sentence:
    """Why the balance is what it is, or was when `last_day` ended. Parts that are zero are left out."""
    if last_day is not None:
        return Sentence(_explained(sums, f"&to={last_day}", _rest_then(sums.balance_credits)))
    return Sentence(_explained(sums, "", _rest(sums.balance_credits)), _pending(sums.pending))


def _explained(sums: Sums, narrowed: str, rest: str) -> tuple[Part, ...]:
    amounts = {kind: number for kind, number in _amounts(sums).items() if number}
    if not amounts:
        return (Part(_nothing_yet(sums, narrowed)),)
    clauses = [_clause(kind, sums, is_first=kind == next(iter(amounts))) for kind in amounts]
    told = said("%(list)s. %(rest)s", list=listed(clauses), rest=rest)
    return tuple(_parts(told, amounts, narrowed))


def _amounts(sums: Sums) -> Mapping[Kind, int]:
    """What each clause is about, in credits, in the order in which they are told."""
    return {
        Kind.PURCHASE: sums.purchase,
        Kind.GRANT: sums.grant,
        Kind.REVERSAL: sums.reversal,
        Kind.CONSUMPTION: -sums.consumption,
        Kind.REFUND: -sums.refund,
        Kind.ADJUSTMENT: abs(sums.adjustment),
    }


def _clause(kind: Kind, sums: Sums, *, is_first: bool) -> str:
    """What a kind of row did, with a place for its number, since words stand around it in any order."""
    place = f"{MARK}{kind}{MARK}"
    if kind == Kind.REFUND:
        return _taken_back(sums, place)
    if kind == Kind.ADJUSTMENT:
        return _corrected(sums.adjustment, place)
    opening, following = DONE[kind]
    return said(opening if is_first else following, credits=place)


def _taken_back(sums: Sums, place: str) -> str:
    if not sums.disputed:
        return counted(
            "%(credits)s was taken back after a refund",
            "%(credits)s were taken back after a refund",
            -sums.refund,
            credits=place,
        )
    if sums.disputed == sums.refund:
        return counted(
            "%(credits)s was taken back after a dispute",
            "%(credits)s were taken back after a dispute",
            -sums.refund,
            credits=place,
        )
    return counted(
        "%(credits)s was taken back after refunds and disputes",
        "%(credits)s were taken back after refunds and disputes",
        -sums.refund,
        credits=place,
    )


def _corrected(change_credits: int, place: str) -> str:
    if change_credits > 0:
        return counted(
            "%(credits)s was added by a correction",
            "%(credits)s were added by a correction",
            change_credits,
            credits=place,
        )
    return counted(
        "%(credits)s was removed by a correction",
        "%(credits)s were removed by a correction",
        -change_credits,
        credits=place,
    )


def _parts(told: str, amounts: Mapping[Kind, int], narrowed: str) -> Iterator[Part]:
    """The sentence, cut behind each number; only the first, wherever it stands, names its unit."""
    before, *cut = told.split(MARK)
    for kind, after in zip(cut[::2], cut[1::2], strict=True):
        number = amounts[Kind(kind)]
        written = credits(number) if kind == next(iter(amounts)) else figure(number)
        yield Part(before, written, f"/transactions?type={kind}&status=completed{narrowed}")
        before = after
    yield Part(before)


def _rest(balance_credits: int) -> str:
    if balance_credits >= 0:
        return said("%(number)s left.", number=figure(balance_credits))
    return said(
        "You owe %(credits)s, because a payment was returned after its credit was used. "
        "Your next purchase pays it first.",
        credits=credits(debt_of(balance_credits)),
    )


def _rest_then(balance_credits: int) -> str:
    if balance_credits >= 0:
        return said("%(number)s left.", number=figure(balance_credits))
    return said(
        "You owed %(credits)s, because a payment was returned after its credit was used.",
        credits=credits(debt_of(balance_credits)),
    )


def _nothing_yet(sums: Sums, narrowed: str) -> str:
    if narrowed:
        return said("You had no credits yet.")
    if sums.pending:
        return said("You have no credits yet.")
    return said("You have no credits yet, and need none to start a workshop.")


def _pending(pending_credits: int) -> tuple[Part, ...]:
    if not pending_credits:
        return ()
    told = counted(
        "%(credits)s is pending and not counted yet.",
        "%(credits)s are pending and not counted yet.",
        pending_credits,
        credits=MARK,
    )
    before, after = told.split(MARK)
    return (Part(before, credits(pending_credits), "/transactions?status=pending"), Part(after))
