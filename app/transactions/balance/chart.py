"""Decides how a balance over time is drawn: across to each change, then up or down. Pure; no library, no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.web.filters import credits, day_text, figure
from app.web.words import counted, said

WIDTH, HEIGHT = 600, 120


@dataclass(frozen=True, slots=True)
class Change:
    """The balance from this moment on, in credits."""

    at: datetime
    balance_credits: int


class Figure(NamedTuple):
    """A balance in the table beside the drawing: of when, how much, and where it is explained."""

    label: str
    balance_text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class BalanceChart:
    """The drawing, the same in words, and its figures. `zero_y` is there when there was a debt."""

    path: str
    zero_y: float | None
    high_text: str
    low_text: str
    title: str
    text: str
    first_day: str
    last_day: str
    figures: tuple[Figure, ...]
    width: int = WIDTH
    height: int = HEIGHT


def step_path(points: Sequence[tuple[float, float]]) -> str:
    """Across to each change, then up or down: a balance has no slope."""
    (x, y), *rest = points
    return f"M{x:g} {y:g}" + "".join(f"H{x:g}V{y:g}" for x, y in rest)


def balance_chart(
    changes: Sequence[Change], *, start: datetime, end: datetime, title: str, figures: Sequence[Figure]
) -> BalanceChart:
    """A balance from `start` to `end`.

    Shape: `changes` are oldest first; the first is the balance at the beginning, or earlier.
    """
    levels = [each.balance_credits for each in changes]
    low, high = min(0, *levels), max(1, *levels)
    points = [(_x(each.at, start, end), _y(each.balance_credits, low, high)) for each in changes]
    return BalanceChart(
        path=step_path([*points, (WIDTH, points[-1][1])]),
        zero_y=_y(0, low, high) if low < 0 else None,
        high_text=figure(high),
        low_text=figure(low),
        title=title,
        text=_in_words(levels),
        first_day=day_text(start),
        last_day=day_text(end),
        figures=tuple(figures),
    )


def _x(at: datetime, start: datetime, end: datetime) -> float:
    return round(WIDTH * min(1.0, max(0.0, (at - start) / (end - start))), 1) if end > start else 0.0


def _y(balance_credits: int, low: int, high: int) -> float:
    return round(HEIGHT * (high - balance_credits) / (high - low), 1)


def _in_words(levels: Sequence[int]) -> str:
    first, last, moves = levels[0], levels[-1], len(levels) - 1
    if not moves:
        return said("Unchanged at %(credits)s.", credits=credits(last))
    ends = {"first": credits(first), "last": credits(last), "num": figure(moves)}
    told = counted(
        "From %(first)s to %(last)s, in %(num)s step.",
        "From %(first)s to %(last)s, in %(num)s steps.",
        moves,
        **ends,
    )
    if moves > 1:
        high, low = credits(max(levels)), credits(min(levels))
        told += " " + said("Highest %(high)s, lowest %(low)s.", high=high, low=low)
    return f"{told} {said('The dashed line is zero.')}" if min(levels) < 0 else told
