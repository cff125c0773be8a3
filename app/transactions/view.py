"""Decides what the history page says, from the rows it is given. Knows nothing of HTTP or SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.transactions.asking import KINDS, LABELS, STATUSES, Asked, Filters
from app.transactions.cursor import NEWEST, Cursor
from app.transactions.history import MOST_TOTALLED, HistoryPage, NamedWorkshop, Stored, Totals
from app.transactions.rows import LedgerRow, ledger_row
from app.web.filters import change, day_text, figure, money, month_text
from app.web.manner import manner

PATH = "/transactions"

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Month:
    """The rows of one month of the reader's, under its name."""

    name: str
    rows: tuple[LedgerRow, ...]


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
    in_words: str = ""
    note: str = ""
    newest_href: str = ""
    older_href: str = ""
    problems: tuple[str, ...] = ()
    is_empty: bool = False
    is_filtered: bool = False


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The filters as typed, with their choices and what was wrong with them: field → sentence."""

    typed: Mapping[str, str]
    problems: Mapping[str, str]
    kinds: tuple[Option, ...]
    statuses: tuple[Option, ...]
    workshops: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The history page. A fragment shows `rows` alone."""

    form: FilterForm
    rows: Rows


def refused(asked: Asked, workshops: Sequence[NamedWorkshop]) -> HistoryView:
    """The page when a filter could not be read: the form as it was typed, and no rows."""
    problems = tuple(f"{LABELS[name]}: {problem}" for name, problem in asked.problems.items())
    return HistoryView(filter_form(asked, workshops), Rows(problems=problems, is_filtered=True))


def history_view(
    asked: Asked, found: HistoryPage, workshops: Sequence[NamedWorkshop], *, start: Cursor, note: str = ""
) -> HistoryView:
    """The page of the rows that were found."""
    counted = [each for each in found.movements if each["seq"] is not None]
    uncounted = [each for each in found.movements if each["seq"] is None]
    filters = asked.filters
    shown = Rows(
        uncounted=tuple(map(ledger_row, uncounted)),
        months=tuple(_months(counted)),
        sums=_sums(found.totals) if counted else None,
        count_text=count_text(found.totals, is_filtered=filters.are_set),
        in_words=_in_words(filters, workshops),
        note=note,
        newest_href="" if start == NEWEST else address(filters),
        older_href=address(filters, before=str(found.next)) if found.next else "",
        is_empty=not found.movements,
        is_filtered=filters.are_set,
    )
    return HistoryView(filter_form(asked, workshops), shown)


def address(filters: Filters, **more: str) -> str:
    """The address of the history with these filters, in one fixed form."""
    query = filters.query(**more)
    return f"{PATH}?{query}" if query else PATH


def filter_form(asked: Asked, workshops: Sequence[NamedWorkshop]) -> FilterForm:
    """The form; a workshop that is asked for and not listed keeps its place in it."""
    choices = [
        (each.workshop_id, each.title + (" (deleted)" if each.is_deleted else "")) for each in workshops
    ]
    chosen = asked.typed["workshop"]
    if chosen and chosen not in dict(choices):
        choices.append((chosen, "Another workshop"))
    return FilterForm(
        typed=asked.typed,
        problems=asked.problems,
        kinds=(("", "All kinds"), *KINDS.items()),
        statuses=(("", "Any status"), *STATUSES.items()),
        workshops=(("", "All workshops"), *choices),
    )


def count_text(totals: Totals, *, is_filtered: bool) -> str:
    """How many rows there are, as a sentence."""
    if not totals.are_complete:
        return f"More than {figure(MOST_TOTALLED)} rows. Narrow them down to see what they add up to."
    rows = "1 row" if totals.found_rows == 1 else f"{figure(totals.found_rows)} rows"
    if not is_filtered:
        return f"{rows}, newest first."
    return f"{rows} {'matches' if totals.found_rows == 1 else 'match'} these filters."


def _months(counted: Iterable[Stored]) -> Iterable[Month]:
    reader = manner()
    for month, rows in groupby(counted, key=lambda each: reader.local(each["at"]).date().replace(day=1)):
        yield Month(month_text(month), tuple(ledger_row(each, says_year=False) for each in rows))


def _sums(totals: Totals) -> Sums | None:
    if not totals.are_complete:
        return None
    counted = (
        "1 counted row" if totals.counted_rows == 1 else f"all {figure(totals.counted_rows)} counted rows"
    )
    return Sums(
        label=f"Total of {counted}",
        change_text=change(totals.added_credits + totals.taken_credits),
        money_text=", ".join(
            money(each.paid_cents + each.returned_cents, each.currency) for each in totals.money
        ),
        in_words=_sums_in_words(totals),
    )


def _sums_in_words(totals: Totals) -> str:
    moved = ((totals.added_credits, "added"), (totals.taken_credits, "used or taken back"))
    credits_said = [f"{change(sum_credits)} {what}" for sum_credits, what in moved if sum_credits]
    paid = [f"{money(each.paid_cents, each.currency)} paid" for each in totals.money if each.paid_cents]
    returned = [
        f"{money(-each.returned_cents, each.currency)} returned"
        for each in totals.money
        if each.returned_cents
    ]
    money_said = [*paid, *returned]
    return f"Credits: {', '.join(credits_said)}." + (
        f" Money: {', '.join(money_said)}." if money_said else ""
    )


def _in_words(filters: Filters, workshops: Sequence[NamedWorkshop]) -> str:
    titles = {each.workshop_id: each.title for each in workshops}
    said = {
        "kind": KINDS[filters.kind] if filters.kind else "",
        "status": STATUSES[filters.status] if filters.status else "",
        "workshop": f"“{titles.get(filters.workshop_id, 'another')}”" if filters.workshop_id else "",
        "from": day_text(filters.first_day) if filters.first_day else "",
        "to": day_text(filters.last_day) if filters.last_day else "",
        "text": f"“{filters.text}”" if filters.text else "",
    }
    return ", ".join(f"{what} {words}" for what, words in said.items() if words)
