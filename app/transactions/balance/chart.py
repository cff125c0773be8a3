"""Decides how a balance over time is drawn: across to each change, then up or down. Pure; no library, no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app.web.filters import credits, day_text, figure, moment_text, time_text
from app.web.manner import manner
from app.web.words import counted, said

WIDTH, HEIGHT = 600, 120
LEAD = 1 / 20  # of a life, so that its first step does not hide in the edge
SHORTEST_LEAD, LONGEST_LEAD = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """The balance from this moment on, in credits.

    Where it stands for several movements, too close to be told apart, `between` is their highest and lowest balance.
    """

    at: datetime
    balance_credits: int
    between: tuple[int, ...] = ()
    movements: int = 1

    @property
    def levels(self) -> tuple[int, ...]:
        """All that the line reaches at this moment; at last, where it goes on."""
        return (*self.between, self.balance_credits)


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
    first_text: str
    last_text: str
    figures: tuple[Figure, ...]
    width: int = WIDTH
    height: int = HEIGHT


def step_path(points: Sequence[tuple[float, float]]) -> str:
    """Across to each change, then up or down: a balance has no slope."""
    (x, y), *rest = points
    return f"M{x:g} {y:g}" + "".join(f"H{x:g}V{y:g}" for x, y in rest)


def drawn_from(first_at: datetime, *, now: datetime) -> datetime:
    """Where the line of a life begins: a little before its first movement."""
    return first_at - min(LONGEST_LEAD, max(SHORTEST_LEAD, (now - first_at) * LEAD))


def balance_chart(
    changes: Sequence[Change], *, start: datetime, end: datetime, title: str, figures: Sequence[Figure]
) -> BalanceChart:
    """A balance from `start` to `end`.

    Shape: `changes` are oldest first; the first is the balance at the beginning, or earlier, and others follow.
    """
    levels = [level for each in changes for level in each.levels]
    low, high = min(0, *levels), max(1, *levels)
    points = [(_x(each.at, start, end), _y(level, low, high)) for each in changes for level in each.levels]
    first_text, last_text = _ends(start, end)
    return BalanceChart(
        path=step_path([*points, (WIDTH, points[-1][1])]),
        zero_y=_y(0, low, high) if low < 0 else None,
        high_text=figure(high),
        low_text=figure(low),
        title=title,
        text=_in_words(levels, sum(each.movements for each in changes[1:])),
        first_text=first_text,
        last_text=last_text,
        figures=tuple(figures),
    )


def _ends(start: datetime, end: datetime) -> tuple[str, str]:
    """Two days; where they are one, its times."""
    if manner().local(start).date() == manner().local(end).date():
        return moment_text(start), time_text(end)
    return day_text(start), day_text(end)


def _x(at: datetime, start: datetime, end: datetime) -> float:
    return round(WIDTH * min(1.0, max(0.0, (at - start) / (end - start))), 1) if end > start else 0.0


def _y(balance_credits: int, low: int, high: int) -> float:
    return round(HEIGHT * (high - balance_credits) / (high - low), 1)


def _in_words(levels: Sequence[int], moves: int) -> str:
    ends = {"first": credits(levels[0]), "last": credits(levels[-1]), "num": figure(moves)}
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
