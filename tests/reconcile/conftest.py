"""A till and empty books for each test alone: a comparison looks at all there is."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app.database import pool
from app.schema.comparison import TABLES
from tests.checkout.till import Till, open_till
from tests.conftest import beside_other_pools
from tests.databases import Database, Server, fresh_database


@pytest.fixture(scope="session")
def own_database(server: Server) -> Database:
    """One for all these tests: making a database takes longer than emptying one."""
    return fresh_database()


@pytest_asyncio.fixture(loop_scope="session")
async def empty_books(own_database: Database) -> str:
    """The application's way into a database without a row; emptying a ledger takes someone who may do anything."""
    connection = await asyncpg.connect(own_database.superuser_url)
    await connection.execute("SET session_replication_role = replica")
    for table in TABLES:
        await connection.execute(f"DELETE FROM {table}")
    await connection.close()
    return own_database.app_url


@pytest_asyncio.fixture(loop_scope="session")
async def till(empty_books: str) -> AsyncIterator[Till]:
    with beside_other_pools():
        async with pool(empty_books), open_till(time_scale=1.0) as opened:
            yield opened
