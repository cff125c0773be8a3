"""Whether balances and movements still come to the same, so cheaply that it can be asked all day. Changes nothing.

Posted rows never change, so what they come to is remembered; what is young, or does not count yet, is read each time.
In memory: each process counts for itself. Only who gets round the guards of the database can make a difference.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.database import row
from app.ids import lowest_id

# A row is stored within seconds of its id; longer for machines whose clocks differ.
YOUNG = timedelta(minutes=10)
COUNT_ANEW_AFTER = timedelta(hours=1)
PART_ROWS = 20_000  # so that no statement takes long, however long the ledger is

_PART = """
SELECT max(id) AS up_to, coalesce(sum(amount) FILTER (WHERE status = 'completed'), 0)::bigint AS credits,
       coalesce(array_agg(id) FILTER (WHERE status <> 'completed'), '{}') AS waiting
  FROM (SELECT id, amount, status FROM credit_transactions
         WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3) part"""

_DIFFERENCE = """
SELECT (SELECT coalesce(sum(credit_balance), 0) FROM users)
     - (SELECT coalesce(sum(amount), 0) FROM credit_transactions
         WHERE status = 'completed' AND (id > $1 OR id = ANY ($2))) AS credits"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the posted rows come to whose id is not above `up_to`, but for those that waited for their money then."""

    begun_at: datetime
    up_to: str = ""
    credits: int = 0
    waiting: tuple[str, ...] = ()


class Drift:
    """How far the balances of all people together are from their movements."""

    def __init__(self) -> None:
        self._counted: Counted | None = None

    async def credits(self, now: datetime) -> int:
        """Balances less movements; 0 is the norm. A difference is told only after everything was counted anew."""
        known = self._counted
        is_fresh = known is not None and now - known.begun_at < COUNT_ANEW_AFTER
        if known is not None and is_fresh and await self._difference(known, now) == 0:
            return 0
        return await self._difference(Counted(now), now)

    async def _difference(self, known: Counted, now: datetime) -> int:
        known = self._counted = await _counted_on(known, lowest_id("ctx", now - YOUNG))
        found = await row(_DIFFERENCE, known.up_to, list(known.waiting))
        return 0 if found is None else int(found["credits"]) - known.credits


async def _counted_on(known: Counted, young: str) -> Counted:
    while True:
        part = await row(_PART, known.up_to, young, PART_ROWS)
        if part is None or part["up_to"] is None:
            return known
        waiting = (*known.waiting, *part["waiting"])
        known = Counted(known.begun_at, part["up_to"], known.credits + part["credits"], waiting)
