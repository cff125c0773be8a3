"""Decides how a month of the books reads, and the list of months. Knows nothing of HTTP or SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.ledger.rules import Kind, Status
from app.ledger.statement import Standing
from app.transactions.asking import Filters
from app.transactions.balance.chart import Figure
from app.transactions.balance.view import month_figures
from app.transactions.months import StatementMonth
from app.transactions.rows import LedgerRow, ledger_row
from app.transactions.statements.statement import Returned, Statement
from app.transactions.totals import Money
from app.transactions.view import address
from app.web.filters import change, day_text, figure, moment_text, money
from app.web.words import counted, marked, said

PARTS = (
    (Kind.PURCHASE, marked("Bought")),
    (Kind.GRANT, marked("Granted")),
    (Kind.CONSUMPTION, marked("Used")),
    (Kind.REFUND, marked("Taken back")),
    (Kind.REVERSAL, marked("Given back")),
    (Kind.ADJUSTMENT, marked("Adjusted")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a statement; where it is not zero, `href` leads to the rows that add up to it."""

    label: str
    text: str
    href: str = ""


NOWHERE = Line("", "")


@dataclass(frozen=True, slots=True)
class StatementView:
    """A month on paper. `note` is set where the page does not hold all of its rows; the file does."""

    title: str
    days_text: str
    state: str
    name: str
    email: str
    opening: Line
    parts: tuple[Line, ...]
    closing: Line
    money: tuple[Line, ...]
    count_text: str
    rows: tuple[LedgerRow, ...]
    waiting: tuple[LedgerRow, ...]
    change_text: str
    money_text: str
    note: str
    csv_href: str
    older: Line
    newer: Line


@dataclass(frozen=True, slots=True)
class MonthsView:
    """All months that have a statement, newest first, each with the balance it ended with."""

    months: tuple[Figure, ...]


def months_view(months: Sequence[tuple[StatementMonth, Standing]], *, now: datetime) -> MonthsView:
    """The list of statements."""
    return MonthsView(tuple(month_figures(months, now=now)))


def statement_view(statement: Statement, *, now: datetime) -> StatementView:
    """The page of one month."""
    month, shown = statement.month, len(statement.movements)
    change_credits = sum(statement.credits.values())
    sums = [money(each.paid_cents + each.returned_cents, each.currency) for each in statement.moved]
    is_cut = shown < statement.row_count
    return StatementView(
        title=said("Statement for %(month)s", month=month.label),
        days_text=month.days_text,
        state="" if statement.is_over else said("So far, as of %(moment)s UTC", moment=moment_text(now)),
        name=statement.name,
        email=statement.email,
        opening=_balance(
            said("Opening balance, %(day)s", day=day_text(month.first_day)), statement.opening.balance_credits
        ),
        parts=tuple(_part(month, kind, said(label), statement.credits[kind]) for kind, label in PARTS),
        closing=_balance(_closing_label(statement), statement.closing.balance_credits),
        money=tuple(_money_lines(statement)),
        count_text=_count_text(statement.row_count),
        rows=tuple(map(ledger_row, statement.movements)),
        waiting=tuple(map(ledger_row, statement.waiting)),
        change_text=change(change_credits),
        money_text=", ".join(sums),
        note=said("The page holds the first %(number)s rows; the CSV holds all.", number=figure(shown))
        if is_cut
        else "",
        csv_href=f"{month.href}.csv",
        older=_way(month.before) if statement.opening.ledger_seq else NOWHERE,
        newer=_way(month.next) if statement.is_over else NOWHERE,
    )


def _way(month: StatementMonth) -> Line:
    return Line("", month.label, month.href)


def _balance(label: str, balance_credits: int) -> Line:
    return Line(
        said("%(label)s, owed", label=label) if balance_credits < 0 else label, figure(balance_credits)
    )


def _part(month: StatementMonth, kind: Kind, label: str, change_credits: int) -> Line:
    return Line(label, change(change_credits), _rows(month, kind) if change_credits else "")


def _rows(month: StatementMonth, kind: str) -> str:
    return address(Filters(kind, Status.COMPLETED, month=month))


def _closing_label(statement: Statement) -> str:
    if statement.is_over:
        return said("Closing balance, %(day)s", day=day_text(statement.month.last_day))
    return said("Balance so far")


def _money_lines(statement: Statement) -> list[Line]:
    """What was paid and returned in each currency, and what of that moved no credit.

    Rows of one kind and one currency add up to a figure of theirs; where there is more in it, it leads nowhere.
    """
    every, back = statement.money or [Money("usd", 0, 0)], statement.returning
    paid_in = Kind.PURCHASE if len(every) == 1 else ""
    returned_in = "".join(back) if len(every) == len(back) == 1 and not statement.noted else ""
    lines = []
    for each in every:
        lines.append(_sum_line(said("Paid"), each.paid_cents, each.currency, statement.month, paid_in))
        lines.append(
            _sum_line(said("Returned"), each.returned_cents, each.currency, statement.month, returned_in)
        )
        lines += [_noted_line(note) for note in statement.noted if note.currency == each.currency]
    return lines


def _sum_line(label: str, cents: int, currency: str, month: StatementMonth, kind: str) -> Line:
    if not cents:
        return Line(label, said("None"))
    return Line(label, money(cents, currency), _rows(month, kind) if kind else "")


def _noted_line(note: Returned) -> Line:
    day = day_text(note.recorded_at.astimezone(UTC).date())
    label = said("Of that without credits: %(pack)s, %(day)s", pack=note.pack_name, day=day)
    return Line(label, money(-note.returned_cents, note.currency), f"/purchases/{note.purchase_id}")


def _count_text(count: int) -> str:
    if not count:
        return said("No movements.")
    return counted("%(num)s row, in order.", "%(num)s rows, in order.", count, num=figure(count))
