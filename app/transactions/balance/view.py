"""Decides how a balance is explained: in a sentence, as a line over time, and for any day. Knows nothing of HTTP or SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from app.ledger.statement import Standing
from app.transactions.asking import asked
from app.transactions.balance.chart import BalanceChart, Figure, balance_chart
from app.transactions.balance.explaining import Sentence, balance_sentence
from app.transactions.balance.reading import DayEnd, Life
from app.transactions.months import StatementMonth, month_of
from app.transactions.rows import LedgerRow, ledger_row
from app.web.filters import balance_text, day_text, figure, zone_text
from app.web.manner import manner
from app.web.words import marked, said

PATH = "/balance"
TO_COME = marked("That day is still to come.")


@dataclass(frozen=True, slots=True)
class LifeView:
    """The balance now, and how it came to be."""

    number_text: str
    unit_text: str
    is_owed: bool
    sentence: Sentence
    chart: BalanceChart | None


@dataclass(frozen=True, slots=True)
class DayAnswer:
    """The balance when a day ended, explained, with the row that had made it so; none before the first."""

    heading: str
    balance_text: str
    is_owed: bool
    sentence: Sentence
    made_by: LedgerRow | None


@dataclass(frozen=True, slots=True)
class DayAsked:
    """The day in the form, as typed; `day` is set when it can be answered, else `problem` where one was typed."""

    typed: str
    day: date | None = None
    problem: str = ""

    @property
    def href(self) -> str:
        """The address of the answer."""
        return f"{PATH}?{urlencode({'on': str(self.day)})}" if self.day else PATH


@dataclass(frozen=True, slots=True)
class BalanceView:
    """The page; a fragment is only the part about a day, and has no `life`."""

    life: LifeView | None
    asked: DayAsked
    answer: DayAnswer | None


def day_asked(typed: str, *, now: datetime) -> DayAsked:
    """Read the day that stands in the address."""
    wanted = asked({"to": typed})
    day, problem = wanted.filters.last_day, wanted.problems.get("to", "")
    if day is not None and day > manner().local(now).date():
        return DayAsked(typed, problem=said(TO_COME))
    return DayAsked(typed, day, problem)


def day_answer(end: DayEnd, *, now: datetime) -> DayAnswer:
    """What a day's end is said to be."""
    balance_credits = end.sums.balance_credits
    is_over = end.day < manner().local(now).date()
    heading = marked("When %(day)s ended (%(zone)s)") if is_over else marked("%(day)s, so far (%(zone)s)")
    return DayAnswer(
        heading=said(heading, day=day_text(end.day), zone=zone_text()),
        balance_text=balance_text(balance_credits),
        is_owed=balance_credits < 0,
        sentence=balance_sentence(end.sums, last_day=end.day),
        made_by=ledger_row(end.made_by) if end.made_by else None,
    )


def life_view(life: Life, *, now: datetime) -> LifeView:
    """The balance now, with its sentence and its line."""
    number_text, _, unit_text = balance_text(life.sums.balance_credits).partition(" ")
    return LifeView(
        number_text=number_text,
        unit_text=unit_text,
        is_owed=life.sums.balance_credits < 0,
        sentence=balance_sentence(life.sums),
        chart=_chart(life, now) if life.changes else None,
    )


def _chart(life: Life, now: datetime) -> BalanceChart:
    return balance_chart(
        life.changes,
        start=life.changes[0].at,
        end=now,
        title=said("Balance over time"),
        figures=month_figures(life.months, now=now),
    )


def month_figures(months: Sequence[tuple[StatementMonth, Standing]], *, now: datetime) -> list[Figure]:
    """One figure a month, newest first, each leading to its statement."""
    return [
        Figure(
            said("%(month)s, so far", month=month.label) if month == month_of(now) else month.label,
            figure(ended.balance_credits),
            month.href,
        )
        for month, ended in reversed(months)
    ]
