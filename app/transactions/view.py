"""Decides what the history page says, from the rows it is given. Knows nothing of HTTP or SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from urllib.parse import parse_qsl

from app.transactions.asking import FIELDS, KINDS, LABELS, STATUSES, Asked, Filters
from app.transactions.cursor import NEWEST, Cursor
from app.transactions.history import MOST_ADDED, HistoryPage, Stored
from app.transactions.rows import LedgerRow, ledger_row
from app.transactions.totals import Money, Totals
from app.transactions.workshop_choices import MOST_CHOICES, NamedWorkshop
from app.web.filters import change, day_text, figure, money, month_text, weekday_text
from app.web.manner import manner
from app.web.security import path_and_query
from app.web.words import counted, marked, said

PATH = "/transactions"
CSV_PATH = "/transactions.csv"

UNKNOWN_WORKSHOP = marked("Another workshop")
NOT_ADDED_UP = marked(
    "What was added, used and paid is not added up here for more than %(most)s rows. "
    "Filters narrow them down; the CSV file has all of them."
)

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Day:
    """The counted rows of one day of the reader's."""

    day: date
    name: str
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """The days of one month, under its name."""

    name: str
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class Active:
    """A filter that is set: what it asks for, and the address without it."""

    label: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What all matching rows add up to, as text; rows that do not count are in none of it."""

    label: str
    change_text: str
    money_text: str
    in_words: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The part below the filters: what is shown, how much of it, and the way on."""

    uncounted: tuple[LedgerRow, ...] = ()
    months: tuple[Month, ...] = ()
    sums: Sums | None = None
    count_text: str = ""
    active: tuple[Active, ...] = ()
    csv_href: str = ""
    note: str = ""
    newest_href: str = ""
    older_href: str = ""
    problems: tuple[str, ...] = ()
    is_empty: bool = False
    is_filtered: bool = False

    @property
    def spoken(self) -> str:
        """What has just changed, for those who do not see it."""
        return f"{self.count_text}." if self.count_text else " ".join(self.problems)


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The filters as typed, with their choices and what was wrong with them: field → sentence."""

    typed: Mapping[str, str]
    problems: Mapping[str, str]
    kinds: tuple[Option, ...]
    statuses: tuple[Option, ...]
    workshops: tuple[Option, ...]
    has_older_workshops: bool

    @property
    def is_used(self) -> bool:
        """True when something was typed: where there is little room, the form then stands open."""
        return any(self.typed.values())


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The history page. A fragment shows `rows` alone, so only a whole page makes the form."""

    asked: Asked
    workshops: Sequence[NamedWorkshop]
    rows: Rows

    @property
    def form(self) -> FilterForm:
        """The filters as they were asked for."""
        return filter_form(self.asked, self.workshops)


def refused(asked: Asked, workshops: Sequence[NamedWorkshop]) -> HistoryView:
    """The page when a filter could not be read: the form as it was typed, and no rows."""
    problems = tuple(f"{said(LABELS[name])}: {problem}" for name, problem in asked.problems.items())
    return HistoryView(asked, workshops, Rows(problems=problems, is_filtered=True))


def history_view(
    asked: Asked, found: HistoryPage, workshops: Sequence[NamedWorkshop], *, start: Cursor, note: str = ""
) -> HistoryView:
    """The page of the rows that were found."""
    posted = [each for each in found.movements if each["seq"] is not None]
    uncounted = [each for each in found.movements if each["seq"] is None]
    filters = asked.filters
    shown = Rows(
        uncounted=tuple(map(ledger_row, uncounted)),
        months=tuple(_months(posted)),
        sums=_sums(found.totals) if posted else None,
        count_text=count_text(found.totals, is_filtered=filters.are_set),
        active=tuple(_active(filters, workshops)),
        csv_href=_with_query(CSV_PATH, filters.query()) if found.movements else "",
        note=note,
        newest_href="" if start == NEWEST else address(filters),
        older_href=address(filters, before=str(found.next)) if found.next else "",
        is_empty=not found.movements,
        is_filtered=filters.are_set,
    )
    return HistoryView(asked, workshops, shown)


def address(filters: Filters, **more: str) -> str:
    """The address of the history with these filters, in one fixed form."""
    return _with_query(PATH, filters.query(**more))


def address_change(shown_url: str, wanted: str) -> dict[str, str]:
    """The header that brings an address into the address bar of htmx's page, which shows another.

    The same address is not entered twice, and a search that is typed on takes the place of its beginning: Back leaves
    the search, not its last letter.
    """
    shown = path_and_query(shown_url)
    if shown == wanted:
        return {"HX-Push-Url": "false"}
    before, after = (dict(parse_qsl(address.partition("?")[2])) for address in (shown, wanted))
    is_typed_on = bool(before.pop("q", "")) and bool(after.pop("q", "")) and before == after
    return {"HX-Replace-Url" if is_typed_on else "HX-Push-Url": wanted}


def filter_form(asked: Asked, workshops: Sequence[NamedWorkshop]) -> FilterForm:
    """The form; a workshop that is asked for and not known keeps its place in it."""
    choices = [
        (each.workshop_id, said("%(title)s (deleted)", title=each.title) if each.is_deleted else each.title)
        for each in workshops
    ]
    chosen = asked.typed["workshop"]
    if chosen and chosen not in dict(choices):
        choices.append((chosen, said(UNKNOWN_WORKSHOP)))
    return FilterForm(
        typed=asked.typed,
        problems=asked.problems,
        kinds=(("", said("All kinds")), *_said_of(KINDS)),
        statuses=(("", said("Any status")), *_said_of(STATUSES)),
        workshops=(("", said("All workshops")), *choices),
        has_older_workshops=len(workshops) >= MOST_CHOICES,
    )


def count_text(totals: Totals, *, is_filtered: bool) -> str:
    """How many rows there are, as a sentence."""
    number, written = totals.found_rows, figure(totals.found_rows)
    if not is_filtered:
        return counted("%(num)s row, newest first", "%(num)s rows, newest first", number, num=written)
    return counted(
        "%(num)s row matches these filters", "%(num)s rows match these filters", number, num=written
    )


def _months(posted: Iterable[Stored]) -> Iterable[Month]:
    for month, days in groupby(_days(posted), lambda each: each.day.replace(day=1)):
        yield Month(month_text(month), tuple(days))


def _days(posted: Iterable[Stored]) -> Iterable[Day]:
    reader = manner()
    for day, rows in groupby(posted, key=lambda each: reader.local(each["at"]).date()):
        yield Day(day, weekday_text(day), tuple(ledger_row(each, says_day=False) for each in rows))


def _sums(totals: Totals) -> Sums:
    money_text = ", ".join(
        money(each.paid_cents + each.returned_cents, each.currency) for each in totals.sums.money
    )
    return Sums(
        label=counted(
            "Total of %(num)s counted row",
            "Total of all %(num)s counted rows",
            totals.counted_rows,
            num=figure(totals.counted_rows),
        ),
        change_text=change(totals.change_credits),
        money_text=money_text,
        in_words=_sums_in_words(totals)
        if totals.are_complete
        else said(NOT_ADDED_UP, most=figure(MOST_ADDED)),
    )


def _sums_in_words(totals: Totals) -> str:
    moved = (
        (totals.sums.added_credits, marked("%(credits)s added")),
        (totals.sums.taken_credits, marked("%(credits)s used or taken back")),
    )
    credits_said = [said(what, credits=change(sum_credits)) for sum_credits, what in moved if sum_credits]
    paid = [
        said("%(sum)s paid", sum=money(each.paid_cents, each.currency))
        for each in totals.money
        if each.paid_cents
    ]
    returned = [
        said("%(sum)s returned", sum=money(-each.returned_cents, each.currency))
        for each in totals.money
        if each.returned_cents
    ]
    money_said = [*paid, *returned, *map(_noted_in_words, totals.noted)]
    moved_said = said("Credits: %(list)s.", list=", ".join(credits_said))
    return (
        f"{moved_said} {said('Money: %(list)s.', list=', '.join(money_said))}" if money_said else moved_said
    )


def _active(filters: Filters, workshops: Sequence[NamedWorkshop]) -> Iterable[Active]:
    titles = {each.workshop_id: each.title for each in workshops}
    words_of = {
        "type": said(KINDS[filters.kind]) if filters.kind else "",
        "status": said(STATUSES[filters.status]) if filters.status else "",
        "workshop": f"“{titles.get(filters.workshop_id, said(UNKNOWN_WORKSHOP))}”"
        if filters.workshop_id
        else "",
        "from": day_text(filters.first_day) if filters.first_day else "",
        "to": day_text(filters.last_day) if filters.last_day else "",
        "month": said("%(month)s (UTC)", month=filters.month.label) if filters.month else "",
        "q": f"“{filters.text}”" if filters.text else "",
    }
    for name, words in words_of.items():
        if words:
            without = replace(filters, **{FIELDS[name]: None})
            yield Active(said(LABELS[name]).lower(), words, address(without))


def _said_of(words: Mapping[str, str]) -> Iterable[Option]:
    return ((name, said(word)) for name, word in words.items())


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _noted_in_words(noted: Money) -> str:
    if noted.returned_cents < 0:
        return said("%(sum)s of it without credits", sum=money(-noted.returned_cents, noted.currency))
    return said("%(sum)s came back without credits", sum=money(noted.returned_cents, noted.currency))
