"""Decides which rows of the history are asked for, from what stands in the address. Pure: no table, no page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from urllib.parse import urlencode

from app.ledger.rules import Kind, Status
from app.transactions.months import StatementMonth, month_read
from app.web.manner import manner
from app.web.words import marked, said

KINDS: Mapping[str, str] = {
    Kind.PURCHASE: marked("Purchase"),
    Kind.CONSUMPTION: marked("Unlock"),
    Kind.REFUND: marked("Refund"),
    Kind.GRANT: marked("Grant"),
    Kind.REVERSAL: marked("Given back"),
    Kind.ADJUSTMENT: marked("Adjustment"),
}
STATUSES: Mapping[str, str] = {
    Status.COMPLETED: marked("Counted"),
    Status.PENDING: marked("Settling"),
    Status.FAILED: marked("Failed"),
}
LABELS: Mapping[str, str] = {
    "type": marked("Kind"),
    "status": marked("Status"),
    "workshop": marked("Workshop"),
    "from": marked("From"),
    "to": marked("To"),
    "month": marked("Month"),
    "q": marked("Text"),
}
LONGEST_TEXT = 200
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a row must be to be shown; None asks for nothing.

    Days are the reader's, both included; the month is one of the books, by UTC.
    """

    kind: str | None = None
    status: str | None = None
    workshop_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    month: StatementMonth | None = None
    text: str | None = None

    @property
    def are_set(self) -> bool:
        """True when anything is asked for."""
        return self != NO_FILTERS

    @property
    def first_at(self) -> datetime | None:
        """The earliest moment that matches."""
        return manner().first_moment(self.first_day) if self.first_day else None

    @property
    def last_at(self) -> datetime | None:
        """The latest moment that matches; moments are stored in whole microseconds."""
        return manner().last_moment(self.last_day) if self.last_day else None

    def query(self, **more: str) -> str:
        """The filters as the query of an address, in one fixed order."""
        values = {name: getattr(self, field) for name, field in FIELDS.items()} | more
        return urlencode({name: value for name, value in values.items() if value})


NO_FILTERS = Filters()
FIELDS = dict(
    zip(
        ("type", "status", "workshop", "from", "to", "month", "q"),
        [f.name for f in fields(Filters)],
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters that could be read, what was typed, and what was wrong with it: field → sentence."""

    filters: Filters
    typed: Mapping[str, str]
    problems: Mapping[str, str]


def asked(query: Mapping[str, str]) -> Asked:
    """Read the filters of an address; a field that cannot be read is a problem and filters nothing."""
    typed = {name: query.get(name, "").strip() for name in FIELDS}
    problems = _problems(typed)
    usable = {name: text for name, text in typed.items() if text and name not in problems}
    filters = Filters(
        kind=usable.get("type"),
        status=usable.get("status"),
        workshop_id=usable.get("workshop"),
        first_day=_day(usable.get("from")),
        last_day=_day(usable.get("to")),
        month=month_read(usable.get("month", "")),
        text=usable.get("q"),
    )
    if filters.first_day and filters.last_day and filters.first_day > filters.last_day:
        problems["to"] = said("The last day lies before the first.")
        filters = replace(filters, last_day=None)
    return Asked(filters, typed, problems)


def _problems(typed: Mapping[str, str]) -> dict[str, str]:
    problems = {name: _unreadable(text) for name, text in typed.items()}
    problems |= {name: problems[name] or _bad_day(typed[name]) for name in ("from", "to")}
    problems["month"] = problems["month"] or _bad_month(typed["month"])
    for name, known in (("type", KINDS), ("status", STATUSES)):
        if typed[name] and typed[name] not in known:
            problems[name] = said("Choose one of the list.")
    return {name: problem for name, problem in problems.items() if problem}


def _unreadable(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return said("Use at most %(number)s characters.", number=LONGEST_TEXT)
    if any(character < " " or "\ud800" <= character <= "\udfff" for character in text):
        return said("This text holds a character that cannot be searched for.")
    return ""


def _bad_day(text: str) -> str:
    if not text:
        return ""
    try:
        return (
            "" if _DAY.fullmatch(text) and date.fromisoformat(text) else said("Write the day as 2026-01-31.")
        )
    except ValueError:
        return said("There is no such day. Write it as 2026-01-31.")


def _bad_month(text: str) -> str:
    return said("Write the month as 2026-01.") if text and month_read(text) is None else ""


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
