"""The way to PostgreSQL: the engine, its pool, and `tx()`, the only way to open a transaction.

Knows no table. Importing it opens nothing; `pool()` is entered by the application, a command or a test run.
"""

import asyncio
import functools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from app.passing import UNDONE_FOR_A_RIVAL

os.environ.setdefault("PICCOLO_CONF", "app.piccolo_conf")  # migrations look for the engine there

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy
Isolation: TypeAlias = Literal["read_committed", "repeatable_read", "serializable"]
Given = ParamSpec("Given")
Found = TypeVar("Found")

POOL_SIZE = 8
ACQUIRE_SECONDS = 3.0
LIMITS = {
    "application_name": "billing",
    "timezone": "UTC",
    "lock_timeout": "2s",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    # One plan a statement and connection. Where few people have most of the rows, a plan for each one looks better, and
    # making it takes longer than a page of rows. So statements are written to be read the same way for everybody.
    "plan_cache_mode": "force_generic_plan",
}
TRIES_IN_ALL = 3
LONGEST_PAUSE_SECONDS = 0.05


class BillingEngine(PostgresEngine):
    """Piccolo's engine, but importing it opens nothing: the address comes later, from `configure`."""

    def __init__(self) -> None:
        super().__init__(config={})

    async def check_version(self) -> None:
        """Piccolo only prints a warning here, at import time and over a connection of its own."""

    async def prep_database(self) -> None:
        """We need no extension; Piccolo would create one at every start."""

    def configure(self, dsn: str, **connect: object) -> None:
        """Set the address; `connect` takes any keyword of `asyncpg.connect`."""
        self.config = {"dsn": dsn, **connect}


class Plain(asyncpg.Connection):
    """A connection that is not asked to reset itself each time it goes back to the pool: half of all round trips.

    Nobody may leave anything on it: settings and locks are LOCAL to a transaction.
    An open transaction is rolled back all the same.
    """

    def get_reset_query(self) -> str:
        """Nothing."""
        return ""


DB = BillingEngine()
_jitter = random.SystemRandom()


@asynccontextmanager
async def pool(dsn: str, *, max_size: int = POOL_SIZE) -> AsyncIterator[None]:
    """Open the connection pool for as long as the block runs; inside a block for the same address, use that one.

    Raises: RuntimeError: a pool to another database is open.
    """
    if DB.pool is not None:
        if DB.config.get("dsn") != dsn:
            raise RuntimeError("a pool to another database is open")
        yield
        return
    DB.configure(dsn, command_timeout=10, server_settings=LIMITS, connection_class=Plain)
    await DB.start_connection_pool(min_size=1, max_size=max_size)
    try:
        yield
    finally:
        await DB.close_connection_pool()


@asynccontextmanager
async def tx(
    *, isolation: Isolation | None = None, readonly: bool = False
) -> AsyncIterator[PostgresTransaction]:
    """Everything the block sends to the database is one transaction; an exception undoes all of it.

    Piccolo's own transaction loses a pool connection whenever COMMIT fails, and joins a surrounding one in
    silence; ours does neither.
    Raises: TransactionError: a transaction is already open (a use case calls no other use case).
    """
    current = PostgresTransaction(DB, allow_nested=False)
    async with _acquired() as connection:
        async with connection.transaction(isolation=isolation, readonly=readonly):
            current.connection = connection
            token = DB.current_transaction.set(current)
            try:
                yield current
                if not readonly:  # raises, too, if an earlier database error was swallowed inside
                    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            finally:
                DB.current_transaction.reset(token)


def repeated_if_undone(
    work: Callable[Given, Awaitable[Found]],
) -> Callable[Given, Coroutine[Any, Any, Found]]:
    """Does the work again, three times at most, when the database undid its transaction for a rival's sake.

    Inside: `work` opens its transaction itself, and asks nobody but the database.
    """

    @functools.wraps(work)
    async def repeated(*values: Given.args, **named: Given.kwargs) -> Found:
        for _ in range(TRIES_IN_ALL - 1):
            try:
                return await work(*values, **named)
            except UNDONE_FOR_A_RIVAL:
                await asyncio.sleep(_jitter.uniform(0, LONGEST_PAUSE_SECONDS))  # so that rivals part
        return await work(*values, **named)

    return repeated


@asynccontextmanager
async def connection() -> AsyncIterator[Connection]:
    """The connection of the surrounding `tx()`, or one from the pool for a single statement."""
    current = DB.current_transaction.get()
    if current is not None:
        yield current.connection
        return
    async with _acquired() as fresh:
        yield fresh


async def rows(sql: str, *values: object) -> list[asyncpg.Record]:
    """What one hand-written statement returns; inside `tx()` it is part of that transaction."""
    async with connection() as current:
        found: list[asyncpg.Record] = await current.fetch(sql, *values)
        return found


async def row(sql: str, *values: object) -> asyncpg.Record | None:
    """The first row of `rows`, or None."""
    async with connection() as current:
        return await current.fetchrow(sql, *values)


@asynccontextmanager
async def only_one(name: str) -> AsyncIterator[bool]:
    """True for one holder of this name at a time, over all processes and machines; False for the others, at once.

    The lock belongs to a connection of its own: one more to count, and a holder that dies gives it up.
    Inside: a pool. Not behind a pooler that shares connections between transactions.
    """
    holder = await asyncpg.connect(**DB.config, timeout=ACQUIRE_SECONDS)
    try:
        yield bool(await holder.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", f"billing {name}"))
    finally:
        await holder.close(timeout=ACQUIRE_SECONDS)


@asynccontextmanager
async def _acquired() -> AsyncIterator[Connection]:
    """A connection of the pool. Raises: TimeoutError. ConnectionError: there is no way to the database."""
    async with AsyncExitStack() as held:
        try:
            fresh = await held.enter_async_context(_pool().acquire(timeout=ACQUIRE_SECONDS))
        except TimeoutError:
            raise
        except OSError as error:  # no socket file, no such host, no route: not every one is a ConnectionError
            raise ConnectionError("there is no way to the database") from error
        yield fresh


def _pool() -> asyncpg.Pool:
    if DB.pool is None:
        raise RuntimeError("no pool: enter database.pool() first")
    return DB.pool
