"""Decides how credits, money and moments are written: in the manner of the person who reads them, or in the one given.

Knows no request and no table. What is stored is written in the plain manner, whoever caused it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import NumberPattern, format_decimal, get_currency_precision, parse_pattern
from jinja2 import Environment
from markupsafe import Markup

from app.web.manner import Manner, manner, place_of
from app.web.words import counted, said

MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Formats:
    """How one locale writes amounts, days and times; `together` joins a day ({1}) and a time ({0})."""

    locale: Locale
    money: NumberPattern
    day: str
    weekday: str
    month: str
    time: str
    together: str


def credits(credits_: int, as_: Manner | None = None) -> str:
    """A number with its noun: "3 credits", "1 credit", "−1 credit"."""
    if as_ is not None:  # to be kept, so in English
        return f"{figure(credits_, as_)} credit{'' if abs(credits_) == 1 else 's'}"
    return counted("%(num)s credit", "%(num)s credits", abs(credits_), num=figure(credits_))


def balance_text(balance_credits: int) -> str:
    """A balance: "3 credits", and "1 credit owed" below zero."""
    if balance_credits >= 0:
        return credits(balance_credits)
    owed = figure(-balance_credits)
    return counted("%(num)s credit owed", "%(num)s credits owed", -balance_credits, num=owed)


def figure(number: int, as_: Manner | None = None) -> str:
    """A bare whole number: "1,200", "−1"."""
    return _figure(number, (as_ or manner()).locale)


def change(change_credits: int, as_: Manner | None = None) -> str:
    """A signed change: "+3", "−1", "0"."""
    return f"{'+' if change_credits > 0 else ''}{figure(change_credits, as_)}"


def money(amount_cents: int, currency: str, as_: Manner | None = None) -> str:
    """An amount in full: "¥1,234", "−$3.80".

    Units: minor units of `currency`, with as many decimals as that currency has.
    """
    return _money(amount_cents, currency, (as_ or manner()).locale)


def moment_text(at: datetime, as_: Manner | None = None) -> str:
    """A moment, in the zone that the page names: "22 Nov 2026, 10:00"."""
    reader = as_ or manner()
    local = reader.local(at)
    return _together(_day(local.date(), reader.locale, "day"), local, reader.locale)


def time_text(at: datetime, as_: Manner | None = None) -> str:
    """A moment beside the name of its day: "10:00"."""
    reader = as_ or manner()
    local = reader.local(at)
    return _time(local.hour, local.minute, reader.locale)


def day_text(at: datetime | date, as_: Manner | None = None) -> str:
    """A day: "22 Nov 2026"; of a moment, the day that it is for the reader."""
    reader = as_ or manner()
    return _day(_date_of(at, reader), reader.locale, "day")


def weekday_text(day: date) -> str:
    """A day below the name of its month: "Sun 22 Nov"."""
    return _day(day, manner().locale, "weekday")


def month_text(month: date) -> str:
    """A month in full: "November 2026"."""
    return _day(month, manner().locale, "month")


def moment(at: datetime) -> Markup:
    """The moment as a `<time>` element that machines can read too."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}</time>').format(stamp, moment_text(at))


def day(at: datetime | date) -> Markup:
    """The day as a `<time>` element that machines can read too."""
    local = _date_of(at, manner())
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), day_text(local))


def zone_text(as_: Manner | None = None) -> str:
    """The zone of the moments on this page: "UTC", "Berlin time"."""
    zone = (as_ or manner()).zone
    return "UTC" if zone == "UTC" else said("%(place)s time", place=place_of(zone))


def register(environment: Environment) -> None:
    """Make the filters known to the templates, and the zone to name beside a moment."""
    for each in (
        credits,
        balance_text,
        figure,
        change,
        money,
        moment,
        moment_text,
        day,
        day_text,
        month_text,
    ):
        environment.filters[each.__name__] = each
    environment.globals["zone_text"] = zone_text


def _date_of(at: datetime | date, reader: Manner) -> date:
    return reader.local(at).date() if isinstance(at, datetime) else at


@lru_cache(maxsize=2048)
def _figure(number: int, locale: str) -> str:
    return f"{MINUS if number < 0 else ''}{format_decimal(abs(number), locale=formats_of(locale).locale)}"


@lru_cache(maxsize=2048)
def _money(amount_cents: int, currency: str, locale: str) -> str:
    code, formats = currency.upper(), formats_of(locale)
    amount = Decimal(amount_cents).scaleb(-get_currency_precision(code))
    text: str = formats.money.apply(amount, formats.locale, currency=code, currency_digits=True)
    return text


@lru_cache(maxsize=4096)
def _day(day: date, locale: str, pattern: str) -> str:
    return format_date(day, getattr(formats_of(locale), pattern), locale=formats_of(locale).locale)


def _together(day: str, local: datetime, locale: str) -> str:
    return formats_of(locale).together.format(_time(local.hour, local.minute, locale), day)


@lru_cache(maxsize=4096)
def _time(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), formats_of(locale).time, locale=formats_of(locale).locale)


@lru_cache
def formats_of(name: str) -> Formats:
    """The formats of one locale of the list; its data is read when somebody first reads by it."""
    locale = Locale.parse(name)
    amount = locale.currency_formats["standard"].pattern
    skeletons = locale.datetime_skeletons
    found = Formats(
        locale=locale,
        money=parse_pattern(f"{amount};{MINUS}{amount}"),
        day=locale.date_formats["medium"].pattern,
        weekday=skeletons["MMMEd"].pattern,
        month=skeletons["yMMMM"].pattern,
        time=locale.time_formats["short"].pattern,
        together=str(locale.datetime_formats["medium"]),
    )
    # The English of these pages is British in its days, and American in its amounts: "22 Nov 2026, 10:00", "$79.00".
    return replace(found, day="d MMM y", weekday="EEE d MMM", time="HH:mm") if name == "en" else found
