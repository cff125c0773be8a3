"""Reads what a balance is made of, now and when any day ended, and how it came to be. Writes nothing; knows no page."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from app.database import row, rows, tx
from app.errors import NotFound
from app.ledger.statement import Standing, balance_of, balances_before
from app.transactions.balance.chart import Change
from app.transactions.balance.explaining import Sums
from app.transactions.history import LOOKED_UP, MONEY, MOVEMENT, Stored
from app.transactions.matching import A_MOMENT
from app.transactions.months import StatementMonth, months_between
from app.web.manner import manner

DRAWN_DAYS = 1_000  # the newest; who has more sees since when the line runs

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
# Of one UTC day's rows the last stands for all.
DAYS = """
SELECT DISTINCT ON (day) posted_at, balance_after
  FROM (SELECT t.posted_at, t.balance_after, t.seq, date_trunc('day', t.posted_at, 'UTC') AS day
          FROM credit_transactions t WHERE t.clerk_user_id = $1 AND t.seq > $2) moved
 ORDER BY day DESC, seq DESC LIMIT $3"""
MADE_BY = f"SELECT {MOVEMENT}, {MONEY} {LOOKED_UP} WHERE t.clerk_user_id = $1 AND t.seq = $2"


@dataclass(frozen=True, slots=True)
class Life:
    """A balance from its first row until now.

    `changes` are those of the newest days, from zero on if they are all; `months` are all there were, each with the
    balance when it ended. Nothing of it is there for a person without counted rows.
    """

    sums: Sums
    changes: Sequence[Change]
    months: Sequence[tuple[StatementMonth, Standing]]
    is_whole: bool


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
        changes = await changes_after(user_id, 0)
        months = await months_of(user_id, now=now)
    is_whole = len(changes) < DRAWN_DAYS
    if first is not None and is_whole:
        changes.insert(0, Change(first["posted_at"], 0))
    return Life(sums, changes, months, is_whole)


async def changes_after(user_id: str, ledger_seq: int) -> list[Change]:
    """How the balance changed after this row, day by day, oldest first; of long ones only the newest `DRAWN_DAYS`."""
    found = await rows(DAYS, user_id, ledger_seq, DRAWN_DAYS)
    return [Change(each["posted_at"], each["balance_after"]) for each in reversed(found)]


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


async def _sums(user_id: str, ledger_seq: int, *, pending_credits: int = 0) -> Sums:
    found = await row(f"{SUMS} AND t.seq <= $2", user_id, ledger_seq)
    if found is None:
        raise NotFound("person")
    named = {field.name: found[field.name] for field in fields(Sums) if field.name != "pending"}
    return Sums(**named, pending=pending_credits)
