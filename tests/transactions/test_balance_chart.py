"""The drawing of a balance: steps without slopes, at any moment."""

from datetime import UTC, datetime, timedelta

import pytest

from app.transactions.balance.chart import (
    HEIGHT,
    WIDTH,
    BalanceChart,
    Change,
    balance_chart,
    drawn_from,
    step_path,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_the_path_has_no_slopes() -> None:
    assert step_path([(0, 10), (5.5, 0), (20, 10)]) == "M0 10H5.5V0H20V10"


def test_a_balance_of_one_moment_can_be_drawn() -> None:
    chart = balance_chart(
        [Change(NOON, 0), Change(NOON, 3)], start=NOON, end=NOON, title="Balance", figures=[]
    )
    assert chart.path == f"M0 {HEIGHT}H0V0H{WIDTH}V0"
    assert chart.zero_y is None


def drawn(*changes: Change, minutes: int) -> BalanceChart:
    end = NOON + timedelta(minutes=minutes)
    return balance_chart(changes, start=changes[0].at, end=end, title="Balance", figures=[])


def test_movements_too_close_to_be_told_apart_reach_their_highest_and_lowest() -> None:
    """A purchase, its unlock, the undo and the next unlock: the line does not lie flat at the bottom."""
    chart = drawn(Change(NOON, 0), Change(NOON + timedelta(minutes=5), 0, (1, 0), movements=4), minutes=10)
    assert chart.path == f"M0 {HEIGHT}H300V0H300V{HEIGHT}H300V{HEIGHT}H{WIDTH}V{HEIGHT}"
    assert chart.text == "From 0 credits to 0 credits, in 4 steps. Highest 1 credit, lowest 0 credits."
    assert (chart.high_text, chart.low_text) == ("1", "0")


@pytest.mark.parametrize(
    ("lived", "before"),
    [
        (timedelta(0), timedelta(minutes=1)),
        (timedelta(hours=2), timedelta(minutes=6)),
        (timedelta(days=800), timedelta(days=1)),
    ],
)
def test_the_line_begins_a_little_before_the_first_movement(lived: timedelta, before: timedelta) -> None:
    assert drawn_from(NOON, now=NOON + lived) == NOON - before


def test_the_ends_of_one_day_are_told_apart_by_their_times() -> None:
    chart = drawn(Change(NOON, 0), Change(NOON, 1), minutes=75)
    assert (chart.first_text, chart.last_text) == ("22 Nov 2026, 12:00", "13:15")
    chart = drawn(Change(NOON, 0), Change(NOON, 1), minutes=12 * 60)
    assert (chart.first_text, chart.last_text) == ("22 Nov 2026", "23 Nov 2026")
