"""People who press all day at a product whose database has a bad one, and a close look at its pool.

Knows nothing of what goes wrong, or when.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from app import database
from app.database import DB, POOL_SIZE, row, rows, tx
from app.ids import new_id
from app.passing import PASSING
from tests.checkout.till import Till
from tests.conftest import beside_other_pools
from tests.databases import Database
from tests.factories import give, make_user
from tests.oracle import Findings, Told, judged
from tests.workshops.site import Browser, Site, site_with

PRESSERS = 4
CREDITS_EACH = 5_000
RECOVERY_SECONDS = 5.0


@dataclass
class Day:
    """What some people were told who press all the time. `unlocked` were acknowledged."""

    statuses: Counter[int] = field(default_factory=Counter)
    unlocked: list[str] = field(default_factory=list)
    retry_after_missing: int = 0
    is_over: bool = False

    def heard(self, answer: httpx.Response) -> None:
        """Count an answer."""
        self.statuses[answer.status_code] += 1
        self.retry_after_missing += answer.status_code == 503 and "retry-after" not in answer.headers


@dataclass(frozen=True)
class Presser:
    """Someone with enough credits who unlocks one workshop after another, and looks at the dashboard in between."""

    user: str
    browser: Browser
    day: Day

    async def live(self) -> None:
        """Press until the day is over; after a refusal the same button again."""
        wanted: str | None = None
        while not self.day.is_over:
            self.day.heard(await self.browser.get("/dashboard"))
            wanted = wanted or await self._workshop()
            if wanted and await self._is_unlocked(wanted):
                wanted = None
            await asyncio.sleep(0.001)  # where nobody listens, a refusal gives nobody else a turn

    async def _is_unlocked(self, workshop: str) -> bool:
        answer = await self.browser.post(f"/workshops/{workshop}/unlock")
        self.day.heard(answer)
        if answer.status_code == 303:
            self.day.unlocked.append(workshop)
        return answer.status_code == 303

    async def _workshop(self) -> str | None:
        """A new locked one, made aside from what is tried; None while the database is away."""
        workshop = new_id("ws")
        try:
            await row(
                "INSERT INTO workshops (id, clerk_user_id, title, current_step)"
                " VALUES ($1, $2, 'In stormy times', 'journey-mapping')",
                workshop,
                self.user,
            )
        except PASSING:
            return None
        return workshop


@asynccontextmanager
async def busy(site: Site) -> AsyncIterator[Day]:
    """People press as long as the block runs; afterwards everything they were told is compared with the books."""
    day = Day()
    pressers = []
    for _ in range(PRESSERS):
        user = await make_user()
        await give(user, CREDITS_EACH)
        pressers.append(Presser(user, await site.browser(user), day))
    async with asyncio.TaskGroup() as group:
        for presser in pressers:
            group.create_task(presser.live())
        try:
            yield day
        finally:
            day.is_over = True
    told = Told(unlocked=day.unlocked)
    assert await judged(told, people=[each.user for each in pressers]) == Findings()


async def more_unlocks(day: Day) -> None:
    """Until some more came through."""
    done = len(day.unlocked)
    async with asyncio.timeout(30):
        while len(day.unlocked) < done + PRESSERS:
            await asyncio.sleep(0.001)


async def more_refusals(day: Day) -> None:
    """Until some were told to come again."""
    refused = day.statuses[503]
    async with asyncio.timeout(30):
        while day.statuses[503] < refused + PRESSERS:
            await asyncio.sleep(0.001)


async def until_served(site: Site) -> float:
    """Press until it is ready again; the seconds that took."""
    began = time.monotonic()
    async with site.nobody() as http, asyncio.timeout(RECOVERY_SECONDS):
        while (await http.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
    return time.monotonic() - began


@asynccontextmanager
async def site_at(target: Database, till: Till) -> AsyncIterator[Site]:
    """The product on this database, its pool full."""
    with beside_other_pools():
        async with database.pool(target.app_url):
            await fill_pool()
            yield site_with(till)


async def fill_pool() -> None:
    """Every connection of the pool is there, and idle."""
    holds = [asyncio.create_task(hold(seconds=0.05)) for _ in range(POOL_SIZE)]
    await asyncio.gather(*holds)


async def hold(*, seconds: float) -> None:
    """Keep one connection for so long."""
    async with tx():
        await rows("SELECT pg_sleep($1)", seconds)


def idle() -> int:
    """Free connections of the pool."""
    assert DB.pool is not None
    return DB.pool.get_idle_size()


def all_idle() -> bool:
    """True when the pool is as full as it can be, and nobody holds any of it."""
    return idle() == POOL_SIZE
