"""Months of the books: which names they have, when they begin and end, and which follow each other."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.transactions.months import StatementMonth, month_named, month_of, months_between

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["2026-11", "2026-10", "2025-12", "1999-01", "0001-01"])
def test_a_month_that_has_begun_has_a_name(name: str) -> None:
    month = month_named(name, now=NOW)
    assert month is not None
    assert str(month) == name


@pytest.mark.parametrize(
    "name",
    [
        "2026-12",
        "9999-12",
        "2026-13",
        "2026-00",
        "0000-01",
        "2026-1",
        "26-01",
        "2026-10 ",
        "２０２６-10",
        "now",
        "",
    ],
)
def test_what_is_no_month_or_still_to_come_is_none(name: str) -> None:
    assert month_named(name, now=NOW) is None


def test_a_month_is_one_by_utc() -> None:
    """O13"""
    kyoto = timezone(timedelta(hours=9))
    assert month_of(datetime(2026, 11, 1, 8, 59, tzinfo=kyoto)) == StatementMonth(2026, 10)
    assert month_of(datetime(2026, 11, 1, 9, 0, tzinfo=kyoto)) == StatementMonth(2026, 11)


def test_months_follow_each_other_without_a_gap() -> None:
    months = months_between(datetime(2024, 11, 30, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert [str(each) for each in months[:3]] == ["2024-11", "2024-12", "2025-01"]
    assert len(months) == 15
    for earlier, later in itertools.pairwise(months):
        assert (earlier.next, later.before, earlier.end_at) == (later, earlier, later.start_at)
        assert earlier.last_day + timedelta(days=1) == later.first_day
