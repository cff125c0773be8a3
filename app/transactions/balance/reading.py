"""Reads what a balance is made of, now and when any day ended, and how it came to be. Writes nothing; knows no page."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from app.database import row, rows, tx
from app.errors import NotFound
from app.ledger.statement import Standing, balance_of, balances_before
from app.transactions.balance.chart import WIDTH, Change, drawn_from
from app.transactions.balance.explaining import Sums
from app.transactions.history import LOOKED_UP, MONEY, MOVEMENT, Stored
from app.transactions.matching import A_MOMENT
from app.transactions.months import StatementMonth, months_between
from app.web.manner import manner

STRETCHES = 2 * WIDTH  # of a line: as many as can be told apart on a wide page, and no more rows than that

# By kind, what all counted rows of a person add up to.
SUMS = """
SELECT coalesce(sum(t.amount) FILTER (WHERE t.type = 'purchase'), 0)::bigint AS purchase,
       coalesce(sum(t.amount) FILTER (WHERE t.type = 'grant'), 0)::bigint AS grant,
       coalesce(sum(t.amount) FILTER (WHERE t.type = 'consumption'), 0)::bigint AS consumption,
       coalesce(sum(t.amount) FILTER (WHERE t.type = 'refund'), 0)::bigint AS refund,
       coalesce(sum(t.amount) FILTER (WHERE t.type = 'refund' AND t.reason = 'disputed'), 0)::bigint AS disputed,
       coalesce(sum(t.amount) FILTER (WHERE t.type = 'reversal'), 0)::bigint AS reversal,
       coalesce(sum(t.amount) FILTER (WHERE t.type = 'adjustment'), 0)::bigint AS adjustment
  FROM credit_transactions t WHERE t.clerk_user_id = $1 AND t.seq IS NOT NULL"""
FIRST_AT = "SELECT posted_at FROM credit_transactions WHERE clerk_user_id = $1 AND seq = 1"
# Of one stretch's rows the last says where the line goes on, and the highest and lowest what it reached.
CHANGES = """
SELECT max(t.posted_at) AS posted_at, count(*) AS movements, max(t.balance_after) AS highest,
       min(t.balance_after) AS lowest, (array_agg(t.balance_after ORDER BY t.seq DESC))[1] AS balance_after
  FROM credit_transactions t WHERE t.clerk_user_id = $1 AND t.seq > $2
 GROUP BY width_bucket(extract(epoch FROM t.posted_at), extract(epoch FROM $3::timestamptz),
                       extract(epoch FROM $4::timestamptz), $5::integer)
 ORDER BY min(t.seq)"""
MADE_BY = f"SELECT {MOVEMENT}, {MONEY} {LOOKED_UP} WHERE t.clerk_user_id = $1 AND t.seq = $2"


@dataclass(frozen=True, slots=True)
class Life:
    """A balance from its first row until now.

    `changes` begin at zero; `months` are all there were, each with the balance when it ended. Nothing of it is there for
    a person without counted rows.
    """

    sums: Sums
    changes: Sequence[Change]
    months: Sequence[tuple[StatementMonth, Standing]]


@dataclass(frozen=True, slots=True)
class DayEnd:
    """How a balance stood when a day ended, and the row that had made it so, if any had."""

    day: date
    sums: Sums
    made_by: Stored | None


async def life_of(user_id: str, *, now: datetime) -> Life:
    """A person's balance over all the time.

    Inside: a read-only tx of its own, so that sentence, line and figures agree.
    """
    async with tx(isolation="repeatable_read", readonly=True):
        latest = await balance_of(user_id)
        sums = await _sums(user_id, latest.ledger_seq, pending_credits=latest.pending_credits)
        first = await row(FIRST_AT, user_id)
        changes = await _changes(user_id, first["posted_at"], now) if first else []
        months = await months_of(user_id, now=now)
    return Life(sums, changes, months)


async def changes_after(user_id: str, ledger_seq: int, *, start: datetime, end: datetime) -> list[Change]:
    """How the balance changed after this row, oldest first, as a line from `start` to `end` can show it."""
    found = await rows(CHANGES, user_id, ledger_seq, start, end, STRETCHES)
    return [_change(each) for each in found]


def _change(stretch: Stored) -> Change:
    between = (stretch["highest"], stretch["lowest"]) if stretch["movements"] > 1 else ()
    return Change(stretch["posted_at"], stretch["balance_after"], between, stretch["movements"])


async def months_of(user_id: str, *, now: datetime) -> list[tuple[StatementMonth, Standing]]:
    """The months from the first counted row's until now's, each with the balance when it ended.

    Inside: two statements; the caller's tx where they must agree with others.
    """
    first = await row(FIRST_AT, user_id)
    if first is None:
        return []
    months = months_between(first["posted_at"], max(now, first["posted_at"]))
    ends = await balances_before(user_id, [month.end_at for month in months])
    return list(zip(months, ends, strict=True))


async def day_end(user_id: str, day: date) -> DayEnd:
    """The balance when this day of the reader's ended.

    Inside: a read-only tx of its own.
    Raises: NotFound: there is no such person.
    """
    async with tx(isolation="repeatable_read", readonly=True):
        [stood] = await balances_before(user_id, [manner().last_moment(day) + A_MOMENT])
        sums = await _sums(user_id, stood.ledger_seq)
        made_by = await row(MADE_BY, user_id, stood.ledger_seq)
    return DayEnd(day, sums, made_by)


async def _changes(user_id: str, first_at: datetime, now: datetime) -> list[Change]:
    end = max(now, first_at)  # a row's clock may be ahead
    start = drawn_from(first_at, now=end)
    return [Change(start, 0), *await changes_after(user_id, 0, start=start, end=end)]


async def _sums(user_id: str, ledger_seq: int, *, pending_credits: int = 0) -> Sums:
    found = await row(f"{SUMS} AND t.seq <= $2", user_id, ledger_seq)
    if found is None:
        raise NotFound("person")
    named = {field.name: found[field.name] for field in fields(Sums) if field.name != "pending"}
    return Sums(**named, pending=pending_credits)
