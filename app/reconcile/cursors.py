"""How far each of Stripe's lists is reconciled, from where the next run looks, and the walk that moves the cursor.

A cursor is the moment of the newest object that was seen to, so a run that finds nothing new moves none. It waits at
what a person has to see to, so that every run names that again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from app.database import row
from app.payments.gateway import Change, CheckoutSession, Dispute, Refund
from app.reconcile.ours import oldest_at
from app.reconcile.step import Run

ListName = Literal["sessions", "refunds", "disputes", "changes"]
Each = TypeVar("Each", bound=CheckoutSession | Refund | Dispute | Change)

OVERLAPS = {
    "sessions": timedelta(hours=49),  # a page lives for a day, after a request that may take a day to succeed
    "refunds": timedelta(days=35),  # a bank may send one back for a month
    "disputes": timedelta(hours=49),  # an open one is read again whatever its age
    "changes": timedelta(
        hours=49
    ),  # by the moment of the change: whatever became of older ones is among them
}
WAITS_AT_MOST = timedelta(days=35)
BATCH = 100

_MOVE = """
INSERT INTO reconcile_cursors (name, reached_at) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET reached_at = excluded.reached_at, updated_at = clock_timestamp()
 WHERE reconcile_cursors.reached_at < excluded.reached_at"""


@dataclass(frozen=True, slots=True)
class Window:
    """From which moment to list; what is older than `reached_at` was seen to before, if it has not changed since."""

    since_at: datetime
    reached_at: datetime | None

    def is_new(self, created_at: datetime | None) -> bool:
        """True for what no run has seen to, and for what may have been made in the cursor's own second since."""
        return created_at is None or self.reached_at is None or created_at >= self.reached_at


async def window_of(name: ListName, *, asked_at: datetime | None, now: datetime) -> Window:
    """Some way back from the cursor, at first from the first purchase of all; or from earlier if asked.

    Never from later: a gap would stay one for good. Asked for, all counts as new.
    """
    found = await row("SELECT reached_at FROM reconcile_cursors WHERE name = $1", name)
    if found is None:
        first_at = (await oldest_at() or now) - OVERLAPS[name]
        return Window(min(first_at, asked_at or first_at), None)
    usual_at = found["reached_at"] - OVERLAPS[name]
    return (
        Window(usual_at, found["reached_at"]) if asked_at is None else Window(min(usual_at, asked_at), None)
    )


async def oldest_first(newest_first: AsyncIterator[Each]) -> list[Each]:
    """All of a list, so that a cursor can follow."""
    return [each async for each in newest_first][::-1]


async def walk(
    run: Run,
    name: ListName,
    found: list[Each],
    look: Callable[[list[Each]], Awaitable[None]],
    *,
    held_at: datetime | None = None,
) -> None:
    """Look at everything in batches. The cursor stays behind the first batch with something for a person in it."""
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        before = len(run.report.differences)
        await look(batch)
        if len(run.report.differences) > before:
            held_at = held_at or batch[0].created_at
        newest_at = batch[-1].created_at
        if newest_at is not None and not run.report.dry_run:
            await move(name, newest_at, held_at=held_at)


async def move(name: ListName, newest_at: datetime, *, held_at: datetime | None) -> None:
    """All up to the newest is seen to, and committed; what holds the cursor back does so for some weeks.

    Repeat: nothing; a cursor never goes back.
    """
    reached_at = newest_at if held_at is None else max(min(newest_at, held_at), newest_at - WAITS_AT_MOST)
    await row(_MOVE, name, reached_at)
