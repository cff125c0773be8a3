"""The step line: across to each change, then up or down, and the same in words and figures."""

from datetime import UTC, datetime, timedelta

import pytest

from app.dashboard.balance_line import WEEKS, balance_line
from app.transactions.balance.chart import HEIGHT, WIDTH, Change

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = NOW - timedelta(weeks=WEEKS)


def test_the_line_runs_from_edge_to_edge() -> None:
    line = balance_line([Change(START, 0), Change(NOW - timedelta(weeks=WEEKS / 2), 4)], now=NOW)
    assert line.path == f"M0 {HEIGHT}H{WIDTH // 2}V0H{WIDTH}V0"
    assert (line.first_text, line.last_text) == ("30 Aug 2026", "22 Nov 2026")
    assert line.zero_y is None


def test_a_debt_marks_the_zero_line() -> None:
    line = balance_line([Change(START, 1), Change(NOW, -1)], now=NOW)
    assert line.zero_y == HEIGHT / 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([Change(START, 2), Change(NOW, 1)], "From 2 credits to 1 credit, in 1 step."),
        (
            [Change(START, 0), Change(NOW, 3), Change(NOW, -1)],
            "From 0 credits to −1 credit, in 2 steps. Highest 3 credits, lowest −1 credit. The dashed line is zero.",
        ),
        (
            [Change(START, 2), Change(NOW, 2, (3, 1), movements=3), Change(NOW, 3)],
            "From 2 credits to 3 credits, in 4 steps. Highest 3 credits, lowest 1 credit.",
        ),
    ],
)
def test_it_says_the_same_in_words(changes: list[Change], words: str) -> None:
    assert balance_line(changes, now=NOW).text == words


def test_the_figures_say_each_weeks_balance() -> None:
    changes = [Change(START, 0), Change(START + timedelta(days=8), 3), Change(NOW, 2)]
    weeks = balance_line(changes, now=NOW).figures
    assert len(weeks) == WEEKS + 1
    assert [each.balance_text for each in weeks] == ["0", "0", *["3"] * (WEEKS - 2), "2"]
