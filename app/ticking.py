"""Has work done again and again for as long as the application lives, beside everything else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger("app.ticking")


@asynccontextmanager
async def ticking(
    name: str, work: Callable[[], Awaitable[object]], *, every_seconds: float
) -> AsyncIterator[None]:
    """Do the work at each full interval of the clock while the block runs; 0 is never.

    So the workers of all machines meet, and one of them works. Whatever goes wrong is logged, and tried again with
    the next interval. The end of the block does not wait for work under way, which is stopped where it is.
    """
    if every_seconds == 0:
        yield
        return
    task = asyncio.create_task(_tick(name, work, every_seconds), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _tick(name: str, work: Callable[[], Awaitable[object]], every_seconds: float) -> None:
    while True:
        await asyncio.sleep(every_seconds - time.time() % every_seconds)
        try:
            await work()
        except Exception as error:
            log.error(f"{name}_failed", exc_info=error)
