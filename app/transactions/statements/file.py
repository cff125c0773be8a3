"""Reads a month's rows as they stand in a file, batch by batch: those of its page, in the same order. Knows no HTTP.

Between two batches no connection is held; the rows are those between two numbers of the chain, so they stay the same.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from app.database import rows, tx
from app.ledger.statement import balances_before
from app.transactions.csv_rows import HEAD, NOTED_SELECTED, SELECTED, movement_lines
from app.transactions.history import ALONG, LOOKED_UP, Stored
from app.transactions.months import StatementMonth, month_of
from app.transactions.statements.statement import IN_MONTH, WAIT

BATCH_ROWS = 1_000

WAITING = f"SELECT {SELECTED} {LOOKED_UP} WHERE {WAIT}"
NOTED = f"SELECT {NOTED_SELECTED} {IN_MONTH}"
COUNTED = f"""
SELECT {SELECTED}, t.seq
  FROM (
SELECT * FROM credit_transactions
 WHERE clerk_user_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4) t {ALONG}
 ORDER BY t.seq"""


async def statement_file(
    user_id: str, month: StatementMonth, *, now: datetime, batch_rows: int = BATCH_ROWS
) -> AsyncIterator[str]:
    """The pieces of the file; what has no place in the chain comes first.

    Shape: in the month that is not over, what does not count yet; then money that moved no credit; then the rows.
    Inside: a read-only tx of its own for what may still change; it is over when the file begins.
    Raises: NotFound: there is no such person.
    """
    async with tx(isolation="repeatable_read", readonly=True):
        opening, closing = await balances_before(user_id, [month.start_at, month.end_at])
        waiting = [] if month < month_of(now) else await rows(WAITING, user_id)
        noted = await rows(NOTED, user_id, month.start_at, month.end_at)
    return _pieces([*waiting, *noted], _counted(user_id, opening.ledger_seq, closing.ledger_seq, batch_rows))


async def _pieces(
    unchained: Sequence[Stored], counted: AsyncIterator[Sequence[Stored]]
) -> AsyncIterator[str]:
    yield HEAD + movement_lines(unchained)
    async for batch in counted:
        yield movement_lines(batch)


async def _counted(user_id: str, after: int, last: int, batch_rows: int) -> AsyncIterator[Sequence[Stored]]:
    while after < last:
        found = await rows(COUNTED, user_id, after, last, batch_rows)
        yield found
        after = found[-1]["seq"]
