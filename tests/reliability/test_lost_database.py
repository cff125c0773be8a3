"""The database stops, loses connections, or runs out of them: people wait a moment, and nothing is half done.

The product is a real application with a pool of its own; what is at risk is a real server.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from random import Random

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app import database
from app.database import rows, tx
from app.ids import new_id
from app.passing import PASSING
from app.schema.roles import role_of
from tests.checkout.till import Till
from tests.databases import Server, execute, fresh_database
from tests.factories import make_user
from tests.migrating import migrated
from tests.oracle import left_open
from tests.proof import IS_PROOF, chosen_seed
from tests.reliability.bad_day import (
    all_idle,
    busy,
    fill_pool,
    hold,
    idle,
    more_refusals,
    more_unlocks,
    site_at,
    until_served,
)
from tests.reliability.clusters import Cluster, own_cluster
from tests.webhooks.site import event_of, signature
from tests.workshops.site import Site

RESTARTS = 20 if IS_PROOF else 1
TERMINATIONS = 200 if IS_PROOF else 12
FAILED_COMMITS = 100
WELL_OR_AWAY = {200, 303, 503}


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: Server, till: Till) -> AsyncIterator[Site]:
    async with site_at(fresh_database(), till) as opened:
        yield opened


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster() as started:
        yield started


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_a_database_that_stops_at_once_is_found_again_without_restarting_the_product(
    cluster: Cluster, till: Till
) -> None:
    """C07: 503 with Retry-After meanwhile, back in a moment, the pool as full as before, no acknowledged unlock lost."""
    await migrated(cluster.database())
    seed, longest = chosen_seed(), 0.0
    chance = Random(seed)
    async with site_at(cluster.database(), till) as site:
        async with busy(site) as day:
            for _ in range(RESTARTS):
                await more_unlocks(day)
                await asyncio.sleep(chance.uniform(0, 0.05))
                await cluster.stop_at_once()
                await more_refusals(day)
                cluster.postgres.start()
                longest = max(longest, await until_served(site))
            await more_unlocks(day)
        await fill_pool()
        assert all_idle()
    assert set(day.statuses) <= WELL_OR_AWAY, day.statuses
    assert day.retry_after_missing == 0
    if IS_PROOF:
        print(
            f"C07: {RESTARTS} stops -m immediate under load: {len(day.unlocked)} unlocks acknowledged, 0 lost; "
            f"{day.statuses[503]} answers 503, 0 others; back after {longest:.2f} s at the longest; seed {seed}"
        )


_VICTIM = """
SELECT pid, pg_terminate_backend(pid) AS is_killed
  FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'billing'
   AND (xact_start IS NOT NULL OR state = 'active')
 ORDER BY random() LIMIT 1"""


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_backends_terminated_inside_their_transactions_leak_nothing(server: Server, till: Till) -> None:
    """C08: only a backend that was at work counts."""
    target, killed = fresh_database(), 0
    killer = await asyncpg.connect(target.superuser_url)
    try:
        async with site_at(target, till) as site:
            async with busy(site) as day, asyncio.timeout(300):
                while killed < TERMINATIONS:
                    killed += sum(each["is_killed"] for each in await killer.fetch(_VICTIM))
                    await asyncio.sleep(0.02)
                await more_unlocks(day)
            await fill_pool()
            assert all_idle()
    finally:
        await killer.close()
    assert set(day.statuses) <= WELL_OR_AWAY, day.statuses
    if IS_PROOF:
        print(f"C08: {killed} backends terminated at work, {day.statuses[503]} answers 503, pool whole")


async def test_with_every_connection_held_people_are_told_within_seconds_and_stripe_comes_again(
    site: Site,
) -> None:
    """O09, C09: pages and webhooks end within the acquire timeout, and nobody new is sent here."""
    alice = await make_user()
    browser = await site.browser(alice)
    holds = [asyncio.create_task(hold(seconds=4.5)) for _ in range(database.POOL_SIZE)]
    while idle():
        await asyncio.sleep(0)
    began = time.monotonic()
    async with site.nobody() as http:
        asked = (browser.get("/dashboard"), http.get("/readyz"), delivered(http))
        page, ready, webhook = await asyncio.gather(*asked)
    assert time.monotonic() - began < database.ACQUIRE_SECONDS + 1.2
    assert (page.status_code, ready.status_code, webhook.status_code) == (503, 503, 503)
    assert "retry-after" in page.headers
    assert "retry-after" in webhook.headers
    assert "Nothing was half done" in page.text
    await asyncio.gather(*holds)
    assert all_idle()
    assert (await browser.get("/dashboard")).status_code == 200


async def delivered(http: httpx.AsyncClient) -> httpx.Response:
    """A signed webhook about nothing of ours."""
    body = httpx.Request("POST", "http://x", json=event_of("cs_test_x", event_id=new_id("evt"))).content
    headers = {"content-type": "application/json", "stripe-signature": signature(body)}
    return await http.post("/webhooks/stripe", content=body, headers=headers)


async def test_a_hundred_failed_commits_leave_the_pool_whole(server: Server, till: Till) -> None:
    """C10: rules that are checked last, and connections that die right before COMMIT."""
    target = fresh_database()
    await execute(
        target.owner_url,
        "CREATE SCHEMA tried",
        "CREATE TABLE tried.once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
        f"GRANT ALL ON SCHEMA tried TO {role_of(target.app_url)}",
        f"GRANT ALL ON tried.once TO {role_of(target.app_url)}",
    )
    killer = await asyncpg.connect(target.superuser_url)
    try:
        async with site_at(target, till):
            for number in range(FAILED_COMMITS):
                with pytest.raises(asyncpg.UniqueViolationError if number % 4 else PASSING):
                    async with tx():
                        await rows("INSERT INTO tried.once VALUES (1), ($1)", 1 if number % 4 else 2)
                        if not number % 4:
                            [own] = await rows("SELECT pg_backend_pid() AS pid")
                            await killer.execute("SELECT pg_terminate_backend($1, 1000)", own["pid"])
            await fill_pool()
            assert all_idle()
            assert await left_open() == ()
            assert await rows("SELECT * FROM tried.once") == []
    finally:
        await killer.close()
