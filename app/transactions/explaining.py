"""Decides how a balance is explained in words, so that the numbers add up to it. Pure; knows no table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.ledger.rules import Kind, debt_of
from app.web.filters import credits, figure
from app.web.words import counted, said


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
    told = _told(sums)
    return (*_joined(told, narrowed), Part(f". {rest}")) if told else (Part(_nothing_yet(sums, narrowed)),)


def _told(sums: Sums) -> list[tuple[str, int, str, Kind]]:
    """Words before, credits, words after, and the kind of row that the number leads to."""
    added = sums.adjustment > 0
    every = [
        (said("bought"), sums.purchase, "", Kind.PURCHASE),
        (said("were given"), sums.grant, "", Kind.GRANT),
        (said("got back"), sums.reversal, "", Kind.REVERSAL),
        (said("used"), -sums.consumption, "", Kind.CONSUMPTION),
        ("", -sums.refund, _taken_back(sums), Kind.REFUND),
        (
            "",
            abs(sums.adjustment),
            said("added by a correction") if added else said("removed by a correction"),
            Kind.ADJUSTMENT,
        ),
    ]
    return [each for each in every if each[1]]


def _taken_back(sums: Sums) -> str:
    if not sums.disputed:
        return said("taken back after a refund")
    if sums.disputed == sums.refund:
        return said("taken back after a dispute")
    return said("taken back after refunds and disputes")


def _joined(told: Sequence[tuple[str, int, str, Kind]], narrowed: str) -> list[Part]:
    parts: list[Part] = []
    for place, (before, number, after, kind) in enumerate(told):
        words = (
            _link(place, len(told))
            + (said("You") + " " if place == 0 and before else "")
            + (f"{before} " if before else "")
        )
        written = credits(number) if place == 0 else figure(number)
        parts.append(Part(words, written, f"/transactions?type={kind}&status=completed{narrowed}"))
        if after:
            parts.append(Part(" " + counted("was %(what)s", "were %(what)s", number, what=after)))
    return parts


def _link(place: int, count: int) -> str:
    if place == 0:
        return ""
    if place < count - 1:
        return ", "
    return f" {said('and')} " if count == 2 else f", {said('and')} "


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
    told = counted("is pending and not counted yet.", "are pending and not counted yet.", pending_credits)
    return (
        Part("", credits(pending_credits), "/transactions?status=pending"),
        Part(f" {told}"),
    )
