"""Decides what a month of the books is: a UTC month, by its name in an address. Pure."""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta

from app.web.filters import day_text, month_text
from app.web.words import said

PATH = "/statements"
_NAME = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class StatementMonth:
    """A month; as text "2026-11", the name it has in addresses."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def label(self) -> str:
        """As people say it: "November 2026"."""
        return month_text(self.first_day)

    @property
    def href(self) -> str:
        """Its statement."""
        return f"{PATH}/{self}"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return (self.end_at - timedelta(days=1)).date()

    @property
    def start_at(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end_at(self) -> datetime:
        """The first moment that is not in it any more."""
        return self.next.start_at

    @property
    def next(self) -> "StatementMonth":
        """The month after."""
        return StatementMonth(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> "StatementMonth":
        """The month before."""
        return StatementMonth(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def days_text(self) -> str:
        """From when to when: "1 Nov 2026 to 30 Nov 2026"."""
        return said("%(first)s to %(last)s", first=day_text(self.first_day), last=day_text(self.last_day))


def month_of(moment: datetime) -> StatementMonth:
    """The month in whose books a moment is."""
    at = moment.astimezone(UTC)
    return StatementMonth(at.year, at.month)


def month_named(name: str, *, now: datetime) -> StatementMonth | None:
    """The month of this name, or None: it is no month, or still to come."""
    month = month_read(name)
    return month if month and month <= month_of(now) else None


def month_read(name: str) -> StatementMonth | None:
    """The month of this name, or None: it is no month, or one whose end cannot be written."""
    found = _NAME.fullmatch(name)
    if found is None or not MINYEAR <= int(found[1]) < MAXYEAR or not 1 <= int(found[2]) <= 12:
        return None
    return StatementMonth(int(found[1]), int(found[2]))


def months_between(first: datetime, last: datetime) -> list[StatementMonth]:
    """Every month from the first moment's to the last's, oldest first."""
    months = [month_of(first)]
    while months[-1] < month_of(last):
        months.append(months[-1].next)
    return months
