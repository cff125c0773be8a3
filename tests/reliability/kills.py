"""Kills the server while people buy and unlock, restarts it at once, and has the books judged when all is over.

A kill counts only if it hit work: the server is halted, looked at, and killed only then; else it goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

import asyncpg

from app.catalog.packs import load_catalog
from app.checkout.prices import push_catalog
from app.database import pool
from app.payments.stripe_gateway import stripe_gateway
from app.settings import PACKS_FILE
from tests.checkout.till import settings_for
from tests.conftest import beside_other_pools
from tests.databases import Database, fresh_database
from tests.oracle import Findings, Told, judged, paid_sessions
from tests.reliability.installation import Installation, Server
from tests.reliability.people import Customer, Heard, customers

PRODUCT = "app.asgi:create_app"
LONGEST_HUNT_SECONDS = 60.0
LONGEST_LULL_SECONDS = 600.0  # between two kills, on a busy machine
SPARE_WORKSHOPS = 400  # who finds too few credits takes another one next time

_LOOK = """
SELECT count(*) AS transactions, count(backend_xid) AS writing,
       (SELECT count(*) FROM stripe_events WHERE state = 'received') AS events,
       (SELECT count(*) FROM stripe_events e JOIN purchases p ON p.stripe_session_id = e.object_id
         WHERE e.state = 'done' AND p.status IN ('started', 'open')) AS marked_only,
       (SELECT count(*) FROM credit_transactions t JOIN purchases p ON p.id = t.purchase_id
         WHERE t.type = 'purchase' AND t.status = 'completed' AND p.status <> 'paid') AS applied_only
  FROM pg_stat_activity                             -- the application's own; nobody else says its name meanwhile
 WHERE datname = current_database() AND application_name = 'billing' AND xact_start IS NOT NULL"""


@dataclass(frozen=True)
class Look:
    """What a halted server was at. `marked_only` and `applied_only` are halves that nobody may ever see."""

    requests: int
    transactions: int
    writing: int
    events: int
    marked_only: int
    applied_only: int

    @property
    def is_work(self) -> bool:
        """Somebody waits for an answer, or an event was taken in and is not done."""
        return self.requests + self.events > 0


INSIDE = "with a transaction open"
Aim: TypeAlias = Callable[[Look], bool]
PLACES: dict[str, Aim] = {
    "inside work": lambda seen: seen.is_work,
    INSIDE: lambda seen: seen.transactions > 0,
    "with rows written and not committed": lambda seen: seen.writing > 0,
}


@dataclass(frozen=True)
class Plan:
    """One run: so many kills at random points of so many purchases and unlocks, by so many people; one seed.

    `aim` replaces the places, which take turns.
    """

    kills: int
    people: int
    seed: int
    operations: int = 10
    factory: str = PRODUCT
    aim: Aim | None = None
    debits: float = 0.15  # of all payments, by bank debit: two events each

    def points(self) -> list[int]:
        """After how many operations each kill is due."""
        chance = Random(self.seed)
        return sorted(chance.randrange(self.operations) for _ in range(self.kills))


@dataclass(frozen=True)
class Outcome:
    """What happened, and what is wrong. `halves_seen` counts the halves that any look has met."""

    plan: Plan
    hits: tuple[Look, ...]
    halves_seen: int
    heard: Heard
    told: Told
    findings: Findings

    @property
    def hits_by_place(self) -> dict[str, int]:
        """How many of the kills hit each of the places."""
        return {place: sum(map(aim, self.hits)) for place, aim in PLACES.items()}

    @property
    def inside_transactions(self) -> float:
        """Which part of the kills hit an open transaction."""
        return self.hits_by_place[INSIDE] / len(self.hits)

    def __str__(self) -> str:
        places = ", ".join(f"{number} {place}" for place, number in self.hits_by_place.items())
        wrong = self.findings
        return (
            f"C01, {self.plan.factory}: {len(self.hits)} kills -9 ({places}) during {self.heard.operations} "
            f"purchases and unlocks; {len(self.told.paid)} payments, {len(self.told.unlocked)} unlocks, {self.heard.unanswered} presses without an answer; "
            f"{len(wrong.lost)} payments lost, {len(wrong.doubled)} doubled, "
            f"{len(wrong.unlocks)} unlocks lost or doubled, {self.halves_seen} halves seen; seed {self.plan.seed}"
        )


async def carried_out(plan: Plan, here: Installation) -> Outcome:
    """Run the plan to its end, deliver what Stripe still has to say, and judge while the server lives."""
    database = fresh_database()
    await _stock(here)
    async with AsyncExitStack() as stack:
        async with _books_of(database):
            each = plan.operations // plan.people + SPARE_WORKSHOPS
            made = customers(plan.people, plan.seed, here.addresses, debits=plan.debits, workshops_each=each)
            crowd, heard = await stack.enter_async_context(made)
        await here.server.start(plan.factory, database.app_url)
        stack.push_async_callback(here.server.end)
        killer = Killer(plan, here.server, database, heard)
        hits = await _hunted(killer, crowd)
        events = await here.stripe.deliver_everything()
        told = Told(paid_sessions(await here.stripe.checkout_sessions()), heard.unlocked, events)
        async with _books_of(database):
            return Outcome(plan, hits, killer.halves_seen, heard, told, await judged(told))


@asynccontextmanager
async def _books_of(database: Database) -> AsyncIterator[None]:
    """A pool of our own, never open while a look is taken: it has the same name as the product's."""
    with beside_other_pools():
        async with pool(database.app_url):
            yield


async def _stock(here: Installation) -> None:
    await here.stripe.reset()
    async with stripe_gateway(settings_for(here.stripe.url)) as gateway:
        await push_catalog(gateway, load_catalog(PACKS_FILE))


async def _hunted(killer: "Killer", crowd: list[Customer]) -> tuple[Look, ...]:
    """The people live until the last kill and the last operation; then each finishes their errand."""
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for customer in crowd:
            group.create_task(customer.live(is_over))
        hits = await killer.all_kills()
        await killer.until(killer.plan.operations)
        is_over.set()
    return hits


class Killer:
    """Chooses its moments by the seed, and strikes only where there is work."""

    def __init__(self, plan: Plan, server: Server, database: Database, heard: Heard) -> None:
        self.halves_seen = 0
        self.plan, self._server, self._database, self._heard = plan, server, database, heard
        self._chance = Random(plan.seed)

    async def all_kills(self) -> tuple[Look, ...]:
        """Kill and restart as often as planned; what each hit."""
        watch = await asyncpg.connect(self._database.superuser_url)
        try:
            points = enumerate(self.plan.points())
            return tuple([await self._one_kill(watch, number, point) for number, point in points])
        finally:
            await watch.close()

    async def until(self, operations: int) -> None:
        """Until so many purchases and unlocks came through."""
        async with asyncio.timeout(LONGEST_LULL_SECONDS):
            while self._heard.operations < operations:
                await asyncio.sleep(0.002)

    async def _one_kill(self, watch: asyncpg.Connection, number: int, point: int) -> Look:
        aim = self.plan.aim or list(PLACES.values())[number % len(PLACES)]
        await self.until(point)
        async with asyncio.timeout(LONGEST_HUNT_SECONDS):
            while True:
                self._server.halt()
                seen = await self._look(watch)
                if aim(seen):
                    await self._server.kill()
                    await self._server.start(self.plan.factory, self._database.app_url)
                    return seen
                self._server.go_on()
                await asyncio.sleep(self._chance.uniform(0, 0.02))

    async def _look(self, watch: asyncpg.Connection) -> Look:
        [found] = await watch.fetch(_LOOK)
        seen = Look(self._heard.in_flight, **found)
        self.halves_seen += seen.marked_only + seen.applied_only
        return seen
