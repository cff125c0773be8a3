"""Migrations while others work, and migrators that die: nobody waits for long, and another run finishes. SCHM-06."""

import asyncio
from functools import partial

import asyncpg
import pytest

from app import database, migrate
from app.database import rows
from app.schema import comparison, on_record
from tests.checkout.till import balance_of, open_till
from tests.conftest import beside_other_pools
from tests.databases import Database, Server, empty_database, execute, fresh_database
from tests.factories import make_user, make_workshop
from tests.migrating import HOST_BEFORE_BILLING, differences_in, migrated, migrated_up_to, value_in
from tests.mortality import Moment, is_survived
from tests.proof import IS_PROOF

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
_, SECOND, *LATER = on_record.known()
STRIDE = 1 if IS_PROOF else 9
MOST_TRIPS = 400
LONGEST_STANDSTILL_SECONDS = 2.0


async def until_it_waits(watch: asyncpg.Connection) -> None:
    """Until somebody in this database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    async with asyncio.timeout(10):
        while not await watch.fetchval(f"{waiting} WHERE NOT granted AND datname = current_database()"):
            await asyncio.sleep(0.005)


@pytest.mark.proof
async def test_a_migration_behind_a_long_reader_lets_go_and_comes_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O02, SCHM-06: who comes behind it stands still for no longer than the lock timeout."""
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 1)
    monkeypatch.setattr(migrate, "LOCK_PAUSE_SECONDS", 0.1)
    target = empty_database()
    await migrated_up_to(target, SECOND)
    reader, passer = await asyncpg.connect(target.owner_url), await asyncpg.connect(target.owner_url)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT * FROM credit_transactions")
            migrating = asyncio.create_task(migrated(target))
            await until_it_waits(passer)
            async with asyncio.timeout(LONGEST_STANDSTILL_SECONDS):  # behind the migration, in the queue
                await passer.fetch("SELECT * FROM credit_transactions")
            assert not migrating.done()
        assert await migrating == LATER
    finally:
        await reader.close()
        await passer.close()
    assert await differences_in(target) == []


async def test_a_reader_that_never_ends_stops_the_migration_with_words(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O02: nothing was changed, and it says what to do."""
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(migrate, "LOCK_PAUSE_SECONDS", 0)
    target = empty_database()
    await migrated_up_to(target, SECOND)
    reader = await asyncpg.connect(target.owner_url)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT * FROM credit_transactions")
            with pytest.raises(migrate.MigrationFailed, match="pg_stat_activity"):
                await migrated(target)
            assert await reader.fetchval("SELECT to_regclass('reconcile_cursors')") is None
    finally:
        await reader.close()


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("host", [(), (HOST_BEFORE_BILLING,)], ids=["empty", "adopted"])
async def test_a_migration_killed_at_any_step_leaves_nothing_and_the_next_converges(
    server: Server, moment: Moment, host: tuple[str, ...]
) -> None:
    """O03, SCHM-06: SIGKILL around its round trips."""
    target = empty_database()
    await execute(target.owner_url, *host)
    kills = 0
    for trip in range(1, MOST_TRIPS, STRIDE):
        work = partial(migrate.migrate, target.app_url)
        if await is_survived(work, target.owner_url, moment=moment, trip=trip):
            break
        kills += 1
        is_there = await value_in(target.owner_url, "SELECT to_regclass('credit_transactions')")
        if is_there:  # killed right after the COMMIT
            break
    assert kills > 40 // STRIDE, "premise: it was killed on its way"
    await migrated(target)
    assert await differences_in(target) == []
    invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    assert await value_in(target.owner_url, invalid) == 0
    if IS_PROOF:
        print(f"O03: {kills} migrations killed {moment} a round trip, all converged")


AHEAD = (
    "ALTER TABLE users ADD COLUMN of_tomorrow text",
    "ALTER TABLE purchases ADD COLUMN of_tomorrow integer NOT NULL DEFAULT 0",
    "ALTER TABLE credit_transactions ADD COLUMN of_tomorrow integer",
    "CREATE TABLE things_of_tomorrow (id text PRIMARY KEY)",
    "CREATE INDEX users_of_tomorrow ON users (of_tomorrow)",
    "INSERT INTO migration (name, app_name) VALUES ('2099-01-01T00:00:00:000001', 'billing')",
)


async def test_this_version_works_on_the_schema_of_the_next_one(server: Server) -> None:
    """O01, O04: additions do not disturb who does not know them: it is ready, sells, unlocks and migrates nothing."""
    target = fresh_database()
    await execute(target.owner_url, *AHEAD)
    with beside_other_pools():
        async with database.pool(target.app_url), open_till() as till:
            assert await on_record.missing() == await comparison.differences() == []
            alice = await make_user()
            workshop = await make_workshop(user_id=alice)
            started = await till.bought(alice, "serial-entrepreneur", intent_workshop_id=workshop)
            await till.fulfil(started)
            [opened] = await rows("SELECT credit_consumed_at FROM workshops WHERE id = $1", workshop)
            assert (await balance_of(alice), opened["credit_consumed_at"] is not None) == (2, True)
    assert await migrated(target) == []


async def test_readers_and_writers_of_a_host_go_on_while_billing_is_added(server: Server) -> None:
    """SCHM-06: no statement of theirs fails, and old rows get the defaults."""
    target = empty_database()
    await execute(target.owner_url, HOST_BEFORE_BILLING)
    is_over = asyncio.Event()
    lived = asyncio.create_task(_hosts_day(target, is_over))
    assert await migrated(target) == on_record.known()
    is_over.set()
    written = await lived
    counted = "SELECT count(*) FROM users WHERE credit_balance = 0 AND ledger_seq IS NULL"
    assert await value_in(target.owner_url, counted) == written + 1


async def _hosts_day(target: Database, is_over: asyncio.Event) -> int:
    """What the host's own code does all day, in its own words; how many rows it wrote."""
    connection = await asyncpg.connect(target.owner_url)
    written = 0
    try:
        while not is_over.is_set() or not written:
            values = f"('h{written}', 'host_{written}', 'h@example.test')"
            await connection.execute(f"INSERT INTO users (id, clerk_user_id, email) VALUES {values}")
            assert await connection.fetchval("SELECT title FROM workshops") == "Before billing"
            written += 1
    finally:
        await connection.close()
    return written
