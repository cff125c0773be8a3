"""The process is killed before and after each round trip of an unlock: all of it is there, or nothing."""

import asyncio
import os
import signal
from typing import Any

import asyncpg
import pytest

from app.database import DB
from tests.factories import make_user
from tests.workshops.stories import (
    Stored,
    at_gate,
    balance_of,
    consumptions_of,
    findings_of,
    stored,
    unlocked,
)

ENDED_WELL = 0
MOST_TRIPS = 40


# From Python 3.12 on a fork beside threads is warned of; the child opens a loop and a connection of its own.
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_killed_unlock_is_whole_or_nothing_and_a_retry_makes_it_whole(
    pool: None, database_url: str, moment: str
) -> None:
    """CRED-02, C01: row, balance, stamp and step, at each of the round trips to the database."""
    for trip in range(1, MOST_TRIPS):
        alice = await make_user(balance_credits=2)
        workshop = await at_gate(alice)
        untouched = await stored(workshop)
        status = await asyncio.to_thread(
            os.waitpid, _unlock_and_die(database_url, alice, workshop, moment, trip), 0
        )
        await _require_whole_or_nothing(alice, workshop, untouched)
        await unlocked(alice, workshop)
        assert (await balance_of(alice), await consumptions_of(alice)) == (1, [workshop])
        assert (await stored(workshop)).current_step == "reframe"
        assert await findings_of(alice) == []
        if status[1] == ENDED_WELL:
            assert trip > 5  # premise: it was killed at each of the trips before
            return
    raise AssertionError("the unlock never ended")


async def _require_whole_or_nothing(user_id: str, workshop_id: str, untouched: Stored) -> None:
    after = await stored(workshop_id)
    if after.is_unlocked:
        assert (await balance_of(user_id), await consumptions_of(user_id)) == (1, [workshop_id])
        assert (after.current_step, after.statuses["journey-mapping"]) == ("reframe", "completed")
    else:
        assert (await balance_of(user_id), await consumptions_of(user_id)) == (2, [])
        assert after == untouched


def _unlock_and_die(database_url: str, user_id: str, workshop_id: str, moment: str, trip: int) -> int:
    """A child process that unlocks and is killed at that round trip; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        asyncio.run(_unlock(database_url, user_id, workshop_id, moment, trip))
        os._exit(ENDED_WELL)
    finally:
        os._exit(1)


async def _unlock(database_url: str, user_id: str, workshop_id: str, moment: str, trip: int) -> None:
    Mortal.trips_left, Mortal.moment = MOST_TRIPS, moment
    DB.pool = await asyncpg.create_pool(database_url, min_size=1, max_size=1, connection_class=Mortal)
    Mortal.trips_left = trip
    await unlocked(user_id, workshop_id)


class Mortal(asyncpg.Connection):
    """A connection that ends its process at one of its round trips; BEGIN and COMMIT count."""

    trips_left = MOST_TRIPS
    moment = "before"

    async def execute(self, *arguments: Any, **options: Any) -> str:
        self._die_if("before")
        answer: str = await super().execute(*arguments, **options)
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

    def _die_if(self, moment: str) -> None:
        if type(self).trips_left == 1 and type(self).moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)
