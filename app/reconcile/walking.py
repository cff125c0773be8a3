"""Goes through one of Stripe's lists, oldest first, and lets the cursor follow behind what is committed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from app.reconcile.cursors import ListName, move
from app.reconcile.running import Run

BATCH = 100


class Made(Protocol):
    """What stands in a list of Stripe's."""

    @property
    def created_at(self) -> datetime | None:
        """When it was made, if that is said."""


Each = TypeVar("Each", bound=Made)


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
