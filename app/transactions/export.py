"""Reads all rows that the filters let through, batch by batch, as they stand in a file. Knows no HTTP.

Between two batches no connection is held, however slowly somebody takes the file: rows that count never change, so
whoever remembers where the ledger ended reads the same rows later.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.database import row, rows, tx
from app.errors import NotFound
from app.transactions.asking import Filters
from app.transactions.csv_rows import HEAD, NOTED_SELECTED, SELECTED, movement_lines
from app.transactions.history import ALONG, LOOKED_UP, NOTED_OF, Stored
from app.transactions.matching import ALL, Condition, matching

BATCH_ROWS = 1_000

BEGINNING = """
SELECT coalesce(u.ledger_seq, 0) AS ledger_seq, t.posted_at AS first_at
  FROM users u LEFT JOIN credit_transactions t ON t.clerk_user_id = u.clerk_user_id AND t.seq = 1
 WHERE u.clerk_user_id = $1"""

UNCOUNTED = f"""
SELECT {SELECTED} {LOOKED_UP}
 WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND {{condition}}
 ORDER BY t.created_at DESC, t.id DESC"""

NOTED = f"SELECT {NOTED_SELECTED} {NOTED_OF} ORDER BY r.recorded_at DESC, r.id DESC"

COUNTED = f"""
SELECT {SELECTED}, t.seq
  FROM (
SELECT * FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq < $2 AND {{condition}}
 ORDER BY t.seq DESC LIMIT $3) t {ALONG}
 ORDER BY t.seq DESC"""


@dataclass(frozen=True, slots=True)
class Export:
    """A file of rows: the days it covers, and its text, piece by piece."""

    first_day: date
    last_day: date
    pieces: AsyncIterator[str]

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return f"transactions-{self.first_day}-to-{self.last_day}.csv"


async def export(user_id: str, filters: Filters, *, now: datetime, batch_rows: int = BATCH_ROWS) -> Export:
    """All rows that match, as they stand now, newest first.

    Shape: those that do not count, then of a whole ledger the money that moved no credit, then the counted ones.
    Inside: a read-only tx of its own for what may still change; it is over when the file begins.
    Raises: NotFound: there is no such person.
    """
    asked, asked_later = (matching(filters, now=now, after=own) for own in (1, 3))
    async with tx(isolation="repeatable_read", readonly=True):
        beginning = await row(BEGINNING, user_id)
        if beginning is None:
            raise NotFound("person")
        sql = UNCOUNTED.format(condition=asked.uncounted.sql)
        uncounted = await rows(sql, user_id, *asked.uncounted.values)
        noted = await rows(NOTED, user_id) if asked.counted == ALL else []
    today, month = now.astimezone(UTC).date(), filters.month
    first_asked = filters.first_day or (month.first_day if month else None)
    last_asked = filters.last_day or (month.last_day if month else None)
    began = beginning["first_at"].date() if beginning["first_at"] else today
    return Export(
        first_day=first_asked or min(began, last_asked or today),
        last_day=last_asked or max(today, first_asked or today),
        pieces=_pieces(
            [*uncounted, *noted], _counted(user_id, asked_later.counted, beginning["ledger_seq"], batch_rows)
        ),
    )


async def _pieces(
    unchained: Sequence[Stored], counted: AsyncIterator[Sequence[Stored]]
) -> AsyncIterator[str]:
    yield HEAD + movement_lines(unchained)
    async for batch in counted:
        yield movement_lines(batch)


async def _counted(
    user_id: str, asked: Condition, last_seq: int, batch_rows: int
) -> AsyncIterator[Sequence[Stored]]:
    """What counted when the file began, by batches; what is posted meanwhile is not in it."""
    sql, before = COUNTED.format(condition=asked.sql), last_seq + 1
    while before:
        found = await rows(sql, user_id, before, batch_rows, *asked.values)
        yield found
        before = found[-1]["seq"] if len(found) == batch_rows else 0
