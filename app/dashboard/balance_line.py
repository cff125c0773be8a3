"""Decides how a balance over time is drawn: across to each change, then up or down. Pure; no library, no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.web.filters import credits, day_text, figure

WEEKS = 12
WIDTH, HEIGHT = 600, 120


@dataclass(frozen=True, slots=True)
class Change:
    """The balance from this moment on, in credits."""

    at: datetime
    balance_credits: int


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """The drawing, the same in words, and its figures: one row a week. `zero_y` is there when there was a debt."""

    path: str
    zero_y: float | None
    title: str
    text: str
    first_day: str
    last_day: str
    weeks: tuple[tuple[str, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def step_path(points: Sequence[tuple[float, float]]) -> str:
    """Across to each change, then up or down: a balance has no slope."""
    (x, y), *rest = points
    return f"M{x:g} {y:g}" + "".join(f"H{x:g}V{y:g}" for x, y in rest)


def balance_line(changes: Sequence[Change], *, now: datetime) -> BalanceLine:
    """The last weeks of a balance.

    Shape: `changes` are oldest first; the first is the balance at the beginning, or earlier.
    """
    start = now - timedelta(weeks=WEEKS)
    levels = [each.balance_credits for each in changes]
    low, high = min(0, *levels), max(1, *levels)
    points = [(_x(each.at, start, now), _y(each.balance_credits, low, high)) for each in changes]
    return BalanceLine(
        path=step_path([*points, (WIDTH, points[-1][1])]),
        zero_y=_y(0, low, high) if low < 0 else None,
        title=f"Balance over the last {WEEKS} weeks",
        text=_in_words(changes),
        first_day=day_text(start),
        last_day=day_text(now),
        weeks=tuple(_week(changes, start + timedelta(weeks=week)) for week in range(WEEKS + 1)),
    )


def _x(at: datetime, start: datetime, now: datetime) -> float:
    return round(WIDTH * min(1.0, max(0.0, (at - start) / (now - start))), 1)


def _y(balance_credits: int, low: int, high: int) -> float:
    return round(HEIGHT * (high - balance_credits) / (high - low), 1)


def _week(changes: Sequence[Change], at: datetime) -> tuple[str, str]:
    earlier = [each.balance_credits for each in changes if each.at <= at]
    return day_text(at), figure(earlier[-1] if earlier else changes[0].balance_credits)


def _in_words(changes: Sequence[Change]) -> str:
    first, last, moves = changes[0].balance_credits, changes[-1].balance_credits, len(changes) - 1
    if not moves:
        return f"Unchanged at {credits(last)}."
    return f"From {credits(first)} to {credits(last)}, in {moves} {'step' if moves == 1 else 'steps'}."
