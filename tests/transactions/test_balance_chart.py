"""The drawing of a balance: steps without slopes, at any moment."""

from datetime import UTC, datetime

from app.transactions.balance.chart import WIDTH, Change, balance_chart, step_path

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_the_path_has_no_slopes() -> None:
    assert step_path([(0, 10), (5.5, 0), (20, 10)]) == "M0 10H5.5V0H20V10"


def test_a_balance_of_one_moment_can_be_drawn() -> None:
    chart = balance_chart([Change(NOON, 3)], start=NOON, end=NOON, title="Balance", figures=[])
    assert chart.path == f"M0 0H{WIDTH}V0"
    assert (chart.text, chart.zero_y) == ("Unchanged at 3 credits.", None)
