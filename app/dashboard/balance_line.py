"""Decides what the line of the dashboard covers: the last weeks, with one figure a week. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.transactions.balance.chart import BalanceChart, Change, Figure, balance_chart
from app.web.filters import day_text, figure
from app.web.words import said

WEEKS = 12


def balance_line(changes: Sequence[Change], *, now: datetime) -> BalanceChart:
    """The last weeks of a balance.

    Shape: `changes` are oldest first; the first is the balance at the beginning, or earlier, and others follow.
    """
    start = now - timedelta(weeks=WEEKS)
    weeks = [_week(changes, start + timedelta(weeks=week)) for week in range(WEEKS + 1)]
    title = said("Balance over the last %(number)s weeks", number=WEEKS)
    return balance_chart(changes, start=start, end=now, title=title, figures=weeks)


def _week(changes: Sequence[Change], at: datetime) -> Figure:
    earlier = [each.balance_credits for each in changes if each.at <= at]
    return Figure(day_text(at), figure(earlier[-1] if earlier else changes[0].balance_credits))
