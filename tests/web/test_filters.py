"""How credits, money and moments are written."""

from datetime import UTC, date, datetime, timedelta

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
    month_text,
    time_text,
    weekday_text,
    zone_text,
)
from app.web.manner import LOCALES, PLAIN, Manner, manner, written_as, zone_named

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
    assert moment_text(NOON, Manner(zone="Europe/Berlin")) == "22 Nov 2026, 11:00"


def test_a_day_follows_the_zone_of_the_reader() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    with written_as(Manner(zone="Asia/Tokyo")):
        assert day(late) == '<time datetime="2026-11-23">23 Nov 2026</time>'
        assert zone_text() == "Tokyo time"
    assert day(late) == '<time datetime="2026-11-22">22 Nov 2026</time>'
    assert day_text(date(2026, 1, 5)) == "5 Jan 2026"


WRITTEN = {
    "en": ["1,200 credits", "−1,500", "$1,234.50", "−$3.80", "¥1,234", "5 Jan 2026, 09:05", "09:05", "Mon 5 Jan", "January 2026"],
    "de": ["1.200 credits", "−1.500", "1.234,50 $", "−3,80 $", "1.234 ¥", "05.01.2026, 09:05", "09:05", "Mo., 5. Jan.", "Januar 2026"],
    "ja": ["1,200 credits", "−1,500", "$1,234.50", "−$3.80", "￥1,234", "2026/01/05 9:05", "9:05", "1月5日(月)", "2026年1月"],
}  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
def test_figures_and_dates_follow_the_locale_and_words_do_not(locale: str) -> None:
    early = datetime(2026, 1, 5, 9, 5, tzinfo=UTC)
    with written_as(Manner(locale)):
        written = [
            credits(1200),
            change(-1500),
            money(123_450, "USD"),
            money(-380, "USD"),
            money(1234, "JPY"),
            moment_text(early),
            time_text(early),
            weekday_text(early.date()),
            month_text(early.date()),
        ]
    assert [text.replace("\xa0", " ") for text in written] == WRITTEN[locale]


def test_nothing_of_one_readers_manner_is_left_for_the_next() -> None:
    with written_as(Manner("de")):
        assert money(7900, "USD") == "79,00\xa0$"
    assert (money(7900, "USD"), manner()) == ("$79.00", PLAIN)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("Buenos Aires", None),  # several zones have that place
        ("Nowhere", None),
        ("", None),
    ],
)
def test_a_zone_is_found_by_its_name_or_by_its_place(typed: str, zone: str | None) -> None:
    assert zone_named(typed) == zone


@given(st.dates(), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Havana"]))
def test_a_days_last_moment_is_just_before_the_next_days_first(each: date, zone: str) -> None:
    reader = Manner(zone=zone)
    first, last = reader.first_moment(each).astimezone(UTC), reader.last_moment(each).astimezone(UTC)
    assert timedelta(0) < last - first < timedelta(hours=26)
    if each < date(9999, 1, 1):
        following = reader.first_moment(each + timedelta(days=1)).astimezone(UTC)
        assert following - last <= timedelta(hours=1) + timedelta(microseconds=1)
