"""A backup is worth what its restore is: the same ledger in a fresh server, and what Stripe knows since is made good."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from app import database
from app.database import rows
from app.reconcile.report import Difference, Mended
from app.schema import comparison, on_record, roles
from tests.checkout.till import Till, balance_of, open_till, unlock_for_a_credit
from tests.conftest import beside_other_pools
from tests.databases import Database, Server, execute, fresh_database
from tests.factories import make_user, make_workshop
from tests.migrating import value_in
from tests.oracle import Findings, Told, books_of, judged, paid_sessions
from tests.reconcile.books import compared, every_write, found, kinds
from tests.reliability.clusters import Cluster, own_cluster

LEDGER = "SELECT t::text AS line FROM credit_transactions t ORDER BY clerk_user_id, seq, id"
BALANCES = "SELECT clerk_user_id || credit_balance || ledger_seq AS line FROM users ORDER BY 1"


@pytest.fixture(scope="module")
def fresh() -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="session")
async def source(server: Server) -> AsyncIterator[tuple[Database, Till]]:
    """A database in use, and the till that its people pay at."""
    there = fresh_database()
    with beside_other_pools():
        async with database.pool(there.app_url), open_till(time_scale=1.0) as till:
            yield there, till


async def ledger_hash() -> str:
    """One figure for every movement and every balance."""
    lines = [each["line"] for question in (LEDGER, BALANCES) for each in await rows(question)]
    return hashlib.sha256("\n".join(map(str, lines)).encode()).hexdigest()


def dumped(cluster: Cluster, there: Database) -> Path:
    file = cluster.postgres.data_dir / f"{there.name}.dump"
    file.touch()
    file.chmod(0o666)  # whoever PostgreSQL's programs run as writes it
    cluster.run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={there.superuser_url}")
    return file


async def restored(cluster: Cluster, file: Path, there: Database) -> Database:
    """The dump in a server that has never seen it, under the roles it names."""
    target = cluster.database(there.name)
    await execute(cluster.database("postgres").superuser_url, f"CREATE DATABASE {there.name}")
    for role in {roles.role_of(there.owner_url), roles.role_of(there.app_url)}:
        if not await value_in(target.superuser_url, "SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await execute(target.superuser_url, f"CREATE ROLE {role} LOGIN")
    cluster.run("pg_restore", "--exit-on-error", f"--dbname={target.superuser_url}", str(file))
    return target


@asynccontextmanager
async def open_at(target: Database) -> AsyncIterator[None]:
    with beside_other_pools():
        async with database.pool(target.app_url):
            yield


async def people_who_bought(till: Till) -> list[str]:
    people = [await make_user() for _ in range(3)]
    for person in people:
        await till.fulfil(await till.bought(person, "serial-entrepreneur"))
        await unlock_for_a_credit(person, await make_workshop(user_id=person))
    await till.start(people[0])
    return people


async def test_a_dump_restored_into_a_fresh_server_is_the_same_ledger(
    fresh: Cluster, source: tuple[Database, Till]
) -> None:
    """O05: one hash, every guard in place, the application's role as weak as before."""
    there, till = source
    await people_who_bought(till)
    before = await ledger_hash()
    target = await restored(fresh, dumped(fresh, there), there)
    async with open_at(target):
        assert await ledger_hash() == before
        assert await comparison.differences() == await on_record.missing() == []
        assert [line for line in await roles.weaknesses() if "fsync" not in line] == []
        told = Told(paid_sessions(till.made("checkout.session")))
        assert await judged(told) == Findings()


async def test_a_database_restored_to_before_stripes_truth_gets_the_gap_once(
    fresh: Cluster, source: tuple[Database, Till]
) -> None:
    """O06: what was begun before the backup and paid after it is credited again, once; what was begun after it is named.

    Stripe knows nothing of unlocks: those that are lost are listed by the log, which has a line for each.
    """
    there, till = source
    alice, bob, carol = await people_who_bought(till)
    begun = await till.start(bob)
    backup = dumped(fresh, there)
    lost = await make_workshop(user_id=alice)
    with structlog.testing.capture_logs() as log:
        await unlock_for_a_credit(alice, lost)
    assert (await till.pay(begun)).status_code == 303
    await till.fulfil(begun)
    late = await till.bought(carol)
    await till.fulfil(late)
    target = await restored(fresh, backup, there)
    async with open_at(target):
        told = [each["workshop_id"] for each in log if each["event"] == "workshop_unlocked"]
        kept = await rows("SELECT FROM credit_transactions WHERE workshop_id = ANY ($1)", told)
        assert (told, kept) == ([lost], [])
        first = await compared(till)
        assert found(first, begun.purchase_id) == [Mended.CREDITED]
        assert found(first, late.purchase_id) == [Difference.UNKNOWN_PURCHASE]
        assert len(first.mended) + len(first.differences) == 2
        assert [await balance_of(each) for each in (alice, bob, carol)] == [3, 4, 3]
        before = await every_write()
        second = await compared(till)
        assert (second.mended, kinds(second.differences)) == ([], [Difference.UNKNOWN_PURCHASE])
        assert await every_write() == before
        assert await books_of(None) == Findings()
