"""Decides how figures and moments are written for the person who reads them: the locale's formats and the time zone.

A request has one manner, from its first line to its last. Outside of requests, and in everything that is stored, it is
the plain one. Knows no table and no page.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

LOCALES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "ja": "日本語"}
NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Canada/", "Mexico/", "Brazil/", "Chile/")


@dataclass(frozen=True, slots=True)
class Manner:
    """How one person reads figures and moments."""

    locale: str = "en"
    zone: str = "UTC"

    def local(self, at: datetime) -> datetime:
        """The same moment on this person's clock."""
        return at.astimezone(clock_of(self.zone))

    def first_moment(self, day: date) -> datetime:
        """The moment at which this day begins for this person."""
        return datetime.combine(day, time.min, self._clock_on(day))

    def last_moment(self, day: date) -> datetime:
        """The last microsecond of this day; where an hour before midnight comes twice, of the second."""
        return datetime.combine(day, time.max.replace(fold=1), self._clock_on(day))

    def _clock_on(self, day: date) -> tzinfo:
        return (
            UTC if day.year in (MINYEAR, MAXYEAR) else clock_of(self.zone)
        )  # else beyond what can be written


PLAIN = Manner()
_manner: ContextVar[Manner] = ContextVar("manner", default=PLAIN)


def manner() -> Manner:
    """The manner of the request that is being answered, or the plain one."""
    return _manner.get()


def manner_of(locale: str | None, zone: str | None) -> Manner:
    """The manner that a person chose once; what was not chosen, or is not known here any more, is as in the plain one."""
    return Manner(
        locale if locale and locale in LOCALES else PLAIN.locale,
        zone if zone and is_zone(zone) else PLAIN.zone,
    )


def write_as_the_books() -> None:
    """From here to the end of the request, moments are written in UTC, as the books go; figures stay the reader's."""
    _manner.set(replace(_manner.get(), zone=PLAIN.zone))


@contextmanager
def written_as(chosen: Manner) -> Iterator[None]:
    """Everything that is written inside the block is written in this manner."""
    token = _manner.set(chosen)
    try:
        yield
    finally:
        _manner.reset(token)


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The zones to choose from: UTC, then the places of the IANA list, in the order of the alphabet."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(NO_PLACES))
    return ("UTC", *places)


@lru_cache(maxsize=64)
def is_zone(name: str) -> bool:
    """True for a name of the list, spelled as it is there."""
    return name in zones()


def zone_named(typed: str) -> str | None:
    """The zone that is meant: its IANA name, or its place alone where only one has that name; capitals do not matter."""
    wanted = "_".join(typed.split()).casefold()
    for name in zones():
        if name.casefold() == wanted:
            return name
    found = [name for name in zones() if name.rpartition("/")[2].casefold() == wanted]
    return found[0] if len(found) == 1 else None


def place_of(zone: str) -> str:
    """The place in a zone's name: "Buenos Aires"."""
    return zone.rpartition("/")[2].replace("_", " ")


@lru_cache(maxsize=64)
def clock_of(zone: str) -> tzinfo:
    """The clock of a zone of the list."""
    return UTC if zone == "UTC" else ZoneInfo(zone)
