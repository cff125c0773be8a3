"""An application alive for as long as a test needs it, whichever task the test's fixtures run in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar


@asynccontextmanager
async def alive(app: Litestar) -> AsyncIterator[None]:
    """Its lifespan begins and ends in one task, as it must."""
    started, stop = asyncio.get_running_loop().create_future(), asyncio.Event()
    living = asyncio.create_task(_live(app, started, stop))
    await started
    try:
        yield
    finally:
        stop.set()
        await living


async def _live(app: Litestar, started: asyncio.Future[None], stop: asyncio.Event) -> None:
    try:
        async with app.lifespan():
            started.set_result(None)
            await stop.wait()
    except BaseException as error:
        if not started.done():
            started.set_exception(error)
        raise
