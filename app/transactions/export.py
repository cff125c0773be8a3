"""Reads all rows that the filters let through, batch by batch, and decides how they stand in a file. Knows no HTTP.

Between two batches no connection is held, however slowly somebody takes the file: rows that count never change, so
whoever remembers where the ledger ended reads the same rows later.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from app.database import rows
from app.errors import NotFound
from app.transactions.asking import Filters
from app.transactions.cursor import NEWEST, Cursor
from app.transactions.history import LOOKED_UP, MONEY, MOVEMENT, NEWEST_FIRST, Stored, place_after
from app.transactions.matching import Matching, matching
from app.web.csv import csv_lines

BATCH_ROWS = 1_000
COLUMNS = (
    "time_utc",
    "type",
    "status",
    "description",
    "credits",
    "balance_after",
    "money_minor_units",
    "currency",
    "workshop",
    "transaction_id",
    "workshop_id",
    "purchase_id",
    "stripe_reference",
)

BATCH = f"""
WITH uncounted AS (
SELECT *
  FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND (t.created_at, t.id) < ($2, $3) AND {{uncounted}}
 ORDER BY t.created_at DESC, t.id DESC LIMIT {{rows}}
), counted AS (
SELECT *
  FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq < $4 AND {{counted}}
 ORDER BY t.seq DESC LIMIT {{rows}}
)
SELECT u.ledger_seq, u.first_at, page.*
  FROM (
SELECT coalesce(ledger_seq, 0) AS ledger_seq,
       (SELECT posted_at FROM credit_transactions WHERE clerk_user_id = $1 AND seq = 1) AS first_at
  FROM users WHERE clerk_user_id = $1) u LEFT JOIN (
SELECT {MOVEMENT}, {MONEY}, coalesce(p.payment_intent, t.stripe_session_id) AS stripe_reference
  FROM (SELECT * FROM uncounted UNION ALL SELECT * FROM counted) t {LOOKED_UP}) page ON true
 ORDER BY {NEWEST_FIRST}
 LIMIT {{rows}}"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and the place where the next begin, if any are left. `first_at` is when the ledger began."""

    movements: Sequence[Stored]
    next: Cursor | None
    first_at: datetime | None


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


async def export(user_id: str, filters: Filters, *, now: datetime) -> Export:
    """All rows that match, as they stand now: those that do not count first, then the counted ones, newest first.

    Raises: NotFound: there is no such person.
    """
    asked = matching(filters, now=now, after=4)
    first = await _batch(user_id, asked, NEWEST)
    today = now.astimezone(UTC).date()
    began = first.first_at.date() if first.first_at else today
    return Export(
        first_day=filters.first_day or min(began, filters.last_day or today),
        last_day=filters.last_day or max(today, filters.first_day or today),
        pieces=_pieces(user_id, asked, first),
    )


async def _pieces(user_id: str, asked: Matching, batch: Batch) -> AsyncIterator[str]:
    yield csv_lines([COLUMNS, *map(_cells, batch.movements)])
    while batch.next is not None:
        batch = await _batch(user_id, asked, batch.next)
        yield csv_lines(map(_cells, batch.movements))


async def _batch(user_id: str, asked: Matching, start: Cursor) -> Batch:
    sql = _batch_sql(asked.counted, asked.uncounted, BATCH_ROWS)
    found = await rows(sql, user_id, start.at, start.row_id, start.seq, *asked.values)
    if not found:
        raise NotFound("person")
    movements = [each for each in found if each["id"] is not None]
    return Batch(movements, _next(movements, found[0]["ledger_seq"]), found[0]["first_at"])


def _next(movements: Sequence[Stored], ledger_seq: int) -> Cursor | None:
    """Below the last row; rows that are posted while the file is read are not in it."""
    if len(movements) < BATCH_ROWS:
        return None
    place = place_after(movements[-1])
    return Cursor(place.at, place.row_id, min(place.seq, ledger_seq + 1))


@lru_cache(maxsize=128)
def _batch_sql(counted: str, uncounted: str, limit: int) -> str:
    return BATCH.format(counted=counted, uncounted=uncounted, rows=limit)


def _cells(movement: Stored) -> Sequence[str | int | None]:
    at: datetime = movement["at"]
    cents = movement["money_cents"]
    return (
        f"{at.isoformat()[:19]}Z",
        movement["type"],
        movement["status"],
        movement["description"],
        movement["amount"],
        None if movement["seq"] is None else movement["balance_after"],
        cents,
        None if cents is None else movement["currency"],
        movement["workshop_title"],
        movement["id"],
        movement["workshop_id"],
        movement["purchase_id"],
        movement["stripe_reference"],
    )
