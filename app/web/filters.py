"""Decides how credits, money and moments are written. Pure; knows no request and no table."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_currency_precision, parse_pattern
from jinja2 import Environment
from markupsafe import Markup

MINUS = "\u2212"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LOCALE = Locale("en", "US")
PATTERN = parse_pattern(f"\u00a4#,##0.00;{MINUS}\u00a4#,##0.00")


def credits(credits_: int) -> str:
    """A number with its noun: "3 credits", "1 credit", "−1 credit"."""
    noun = "credit" if abs(credits_) == 1 else "credits"
    return f"{MINUS if credits_ < 0 else ''}{abs(credits_):,} {noun}"


def balance_text(balance_credits: int) -> str:
    """A balance: "3 credits", and "1 credit owed" below zero."""
    return f"{credits(-balance_credits)} owed" if balance_credits < 0 else credits(balance_credits)


def change(change_credits: int) -> str:
    """A signed change: "+3", "−1", "0"."""
    return f"{'+' if change_credits > 0 else MINUS if change_credits < 0 else ''}{abs(change_credits):,}"


@lru_cache(maxsize=2048)
def money(amount_cents: int, currency: str) -> str:
    """An amount in full: "¥1,234", "−$3.80".

    Units: minor units of `currency`, with as many decimals as that currency has.
    """
    code = currency.upper()
    amount = Decimal(amount_cents).scaleb(-get_currency_precision(code))
    text: str = PATTERN.apply(amount, LOCALE, currency=code, currency_digits=True)
    return text


def moment_text(at: datetime, zone: str = "UTC") -> str:
    """A moment, in the zone that the page names: "22 Nov 2026, 10:00"."""
    local = at.astimezone(_zone(zone))
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local.hour:02}:{local.minute:02}"


def day_text(at: datetime | date, zone: str = "UTC") -> str:
    """A day: "22 Nov 2026"."""
    local = at.astimezone(_zone(zone)) if isinstance(at, datetime) else at
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def moment(at: datetime, zone: str = "UTC") -> Markup:
    """The moment as a `<time>` element that machines can read too."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}</time>').format(stamp, moment_text(at, zone))


def day(at: datetime | date, zone: str = "UTC") -> Markup:
    """The day as a `<time>` element that machines can read too."""
    local = at.astimezone(_zone(zone)).date() if isinstance(at, datetime) else at
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), day_text(local))


def register(environment: Environment) -> None:
    """Make the filters known to the templates."""
    for each in (credits, balance_text, change, money, moment, moment_text, day, day_text):
        environment.filters[each.__name__] = each


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
