"""How credits, money and moments are written."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.filters import (
    balance_text,
    change,
    credits,
    day,
    day_text,
    moment,
    moment_text,
    money,
)

NOON = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 credits"), (1, "1 credit"), (3, "3 credits"), (1200, "1,200 credits"), (-1, "−1 credit")],
)
def test_credits_are_whole_numbers_with_their_noun(number: int, text: str) -> None:
    assert credits(number) == text


@pytest.mark.parametrize(
    ("balance", "text"),
    [(3, "3 credits"), (1, "1 credit"), (0, "0 credits"), (-1, "1 credit owed"), (-4, "4 credits owed")],
)
def test_the_badge_has_four_texts(balance: int, text: str) -> None:
    assert balance_text(balance) == text


@pytest.mark.parametrize(("number", "text"), [(3, "+3"), (-1, "−1"), (0, "0"), (-1500, "−1,500")])
def test_changes_are_signed_with_a_true_minus(number: int, text: str) -> None:
    assert change(number) == text


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [
        (7900, "USD", "$79.00"),
        (-380, "usd", "−$3.80"),
        (1234, "JPY", "¥1,234"),
        (1234567, "KWD", "KWD1,234.567"),
        (5, "EUR", "€0.05"),
        (10**18 + 1, "USD", "$10,000,000,000,000,000.01"),
    ],
)
def test_money_has_the_decimals_of_its_currency(cents: int, currency: str, text: str) -> None:
    assert money(cents, currency) == text


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_no_cent_is_lost_in_writing(cents: int) -> None:
    digits = "".join(letter for letter in money(cents, "USD") if letter.isdigit())
    assert int(digits) == abs(cents)


def test_a_moment_names_its_day_in_full_and_machines_can_read_it() -> None:
    assert moment(NOON) == '<time datetime="2026-11-22T10:00:00Z">22 Nov 2026, 10:00</time>'
    assert moment_text(NOON, "Europe/Berlin") == "22 Nov 2026, 11:00"


def test_a_day_follows_the_zone_of_the_page() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert day(late, "Asia/Tokyo") == '<time datetime="2026-11-23">23 Nov 2026</time>'
    assert day_text(date(2026, 1, 5)) == "5 Jan 2026"
