"""Has the books compared again and again for as long as the application lives."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.reconcile.reconcile import reconcile
from app.reconcile.step import Means

TASK_NAME = "reconcile"
log = structlog.get_logger("app.reconcile")


@asynccontextmanager
async def comparing(means: Means, *, every_seconds: float) -> AsyncIterator[None]:
    """Compare at each full interval of the clock while the block runs, beside it; 0 is never.

    So the workers of all machines meet, and one of them works. Whatever goes wrong is logged, and tried again with
    the next interval. The end of the block does not wait for a comparison: its next run goes on from there.
    """
    if every_seconds == 0:
        yield
        return
    ticking = asyncio.create_task(_tick(means, every_seconds), name=TASK_NAME)
    try:
        yield
    finally:
        ticking.cancel()
        await asyncio.wait([ticking])


async def _tick(means: Means, every_seconds: float) -> None:
    while True:
        await asyncio.sleep(every_seconds - time.time() % every_seconds)
        try:
            await reconcile(means)
        except Exception as error:
            log.error("reconcile_failed", exc_info=error)
