"""Reads a month of a person's books: what it began with, what moved, what it ended with. Writes nothing; knows no page.

A month that is over never reads differently again: it is cut out of the chain between two of its numbers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database import row, rows, tx
from app.errors import NotFound
from app.ledger.rules import Kind
from app.ledger.statement import Standing, balances_before
from app.transactions.history import JOINED, LOOKED_UP, MONEY, MOVEMENT, NOTED_OF, Stored
from app.transactions.months import StatementMonth, month_of
from app.transactions.totals import Money

SHOWN_ROWS = 1_000

PERSON = "SELECT name, email FROM users WHERE clerk_user_id = $1"
MOVED = f"""
SELECT type, currency, count(*) AS count, sum(amount)::bigint AS credits, coalesce(sum(money_cents), 0)::bigint AS cents
  FROM (SELECT t.type, t.amount, p.currency, {MONEY} {JOINED}
         WHERE t.clerk_user_id = $1 AND t.seq > $2 AND t.seq <= $3) moved
 GROUP BY type, currency ORDER BY currency, type"""
ROWS = f"""
SELECT {MOVEMENT}, {MONEY} {LOOKED_UP}
 WHERE t.clerk_user_id = $1 AND t.seq > $2 AND t.seq <= $3
 ORDER BY t.seq LIMIT $4"""
WAIT = "t.clerk_user_id = $1 AND t.seq IS NULL AND t.status = 'pending' ORDER BY t.created_at, t.id"
WAITING = f"SELECT {MOVEMENT}, {MONEY} {LOOKED_UP} WHERE {WAIT}"
IN_MONTH = f"""{NOTED_OF} AND r.recorded_at >= $2 AND r.recorded_at < $3
 ORDER BY r.recorded_at, r.id"""
NOTED = f"SELECT r.purchase_id, p.pack_name, p.currency, r.recorded_at, r.returned_cents {IN_MONTH}"


@dataclass(frozen=True, slots=True)
class Returned:
    """Money of a purchase that moved no credit. Units: minor units of `currency`, negative if it came back."""

    purchase_id: str
    pack_name: str
    currency: str
    recorded_at: datetime
    returned_cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One month.

    `credits` are by kind and signed as the balance felt them. `movements` are oldest first, at most `SHOWN_ROWS` of
    `row_count`; `moved` is the money that these rows say, of which `returning` are the kinds of row that carry what
    went back. `noted` is the money that moved no credit; `money` is both. `waiting` stands only in the month that is
    not over: no row counts it yet.
    """

    month: StatementMonth
    is_over: bool
    name: str
    email: str
    opening: Standing
    closing: Standing
    credits: Mapping[str, int]
    money: Sequence[Money]
    row_count: int
    movements: Sequence[Stored]
    waiting: Sequence[Stored]
    moved: Sequence[Money]
    noted: Sequence[Returned]
    returning: frozenset[str]


async def statement_of(user_id: str, month: StatementMonth, *, now: datetime) -> Statement:
    """The statement of one month, all of it of one moment.

    Inside: a read-only tx of its own.
    Raises: NotFound: there is no such person.
    """
    is_over = month < month_of(now)
    async with tx(isolation="repeatable_read", readonly=True):
        person = await row(PERSON, user_id)
        if person is None:
            raise NotFound("person")
        opening, closing = await balances_before(user_id, [month.start_at, month.end_at])
        moved = await rows(MOVED, user_id, opening.ledger_seq, closing.ledger_seq)
        movements = await rows(ROWS, user_id, opening.ledger_seq, closing.ledger_seq, SHOWN_ROWS)
        waiting = [] if is_over else await rows(WAITING, user_id)
        noted = [Returned(**each) for each in await rows(NOTED, user_id, month.start_at, month.end_at)]
    return Statement(
        month=month,
        is_over=is_over,
        name=person["name"],
        email=person["email"],
        opening=opening,
        closing=closing,
        credits=_credits(moved),
        money=_money(moved, noted),
        row_count=sum(each["count"] for each in moved),
        movements=movements,
        waiting=waiting,
        moved=_money(moved),
        noted=noted,
        returning=frozenset(
            each["type"] for each in moved if each["type"] != Kind.PURCHASE and each["cents"]
        ),
    )


def _credits(moved: Sequence[Stored]) -> Mapping[str, int]:
    credits: Counter[str] = Counter({kind.value: 0 for kind in Kind})
    for each in moved:
        credits[each["type"]] += each["credits"]
    return credits


def _money(moved: Sequence[Stored], noted: Sequence[Returned] = ()) -> list[Money]:
    paid: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for each in moved:
        if each["currency"] is not None:
            (paid if each["type"] == Kind.PURCHASE else returned)[each["currency"]] += each["cents"]
    for note in noted:
        returned[note.currency] -= note.returned_cents
    return [Money(currency, paid[currency], returned[currency]) for currency in sorted({*paid, *returned})]
