"""Ends a process at one of its round trips to the database, as a power cut would. Knows nothing of what it was doing."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Literal, NoReturn, TypeAlias

import asyncpg

from app.database import DB, Plain

Moment: TypeAlias = Literal["before", "after"]
Work: TypeAlias = Callable[[], Coroutine[Any, Any, object]]

ENDED_WELL = 0
MOST_TRIPS = 40


async def is_survived(work: Work, database_url: str, *, moment: Moment, trip: int) -> bool:
    """Do the work in a process of its own that is killed at that round trip; True if it ended before it came so far.

    From Python 3.12 on a fork beside threads is warned of; the child opens a loop and a connection of its own.
    """
    child = os.fork()
    if not child:
        _live(work, database_url, moment, trip)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert status in (ENDED_WELL, signal.SIGKILL), "the work failed by itself"
    return status == ENDED_WELL


def _live(work: Work, database_url: str, moment: Moment, trip: int) -> NoReturn:
    try:
        asyncio.run(_with_mortal_pool(work, database_url, moment, trip))
        os._exit(ENDED_WELL)
    finally:
        os._exit(1)


async def _with_mortal_pool(work: Work, database_url: str, moment: Moment, trip: int) -> None:
    Mortal.trips_left, Mortal.moment = MOST_TRIPS, moment
    DB.pool = await asyncpg.create_pool(database_url, min_size=1, max_size=1, connection_class=Mortal)
    Mortal.trips_left = trip
    await work()


class Mortal(Plain):
    """A connection that ends its process at one of its round trips; BEGIN and COMMIT count."""

    trips_left = MOST_TRIPS
    moment: Moment = "before"

    async def execute(self, *arguments: Any, **options: Any) -> str:
        self._die_if("before")
        answer: str = await super().execute(*arguments, **options)
        self._live_on()
        return answer

    async def fetch(self, *arguments: Any, **options: Any) -> Any:
        self._die_if("before")
        answer = await super().fetch(*arguments, **options)
        self._live_on()
        return answer

    async def fetchrow(self, *arguments: Any, **options: Any) -> Any:
        self._die_if("before")
        answer = await super().fetchrow(*arguments, **options)
        self._live_on()
        return answer

    def _live_on(self) -> None:
        self._die_if("after")
        type(self).trips_left -= 1

    def _die_if(self, moment: Moment) -> None:
        if type(self).trips_left == 1 and type(self).moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)
