"""The application for the pages of this feature, and a ledger that is long."""

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from app.transactions.history import PAGE_ROWS
from tests.factories import make_user
from tests.transactions.signed_in import reading_app, signed_in

MANY_ROWS = 10_002


@pytest.fixture(scope="session")
def app(pool: None) -> Litestar:
    return reading_app()


@pytest_asyncio.fixture(loop_scope="session")
async def alice(pool: None) -> str:
    return await make_user()


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Litestar, alice: str) -> httpx.AsyncClient:
    """Alice's browser."""
    return await signed_in(app, alice)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def many_rows(pool: None, superuser_url: str) -> str:
    """A person with many rows among people with a page of them: written by someone who may switch the guards off."""
    user_id = await make_user()
    made = await asyncpg.connect(superuser_url)
    try:
        async with made.transaction():
            await made.execute("SET LOCAL session_replication_role = replica")
            others = [(each["id"], PAGE_ROWS) for each in await made.fetch(OTHERS)]
            for statement in (MANY, WORKSHOPS):
                await made.executemany(statement, [(user_id, MANY_ROWS), *others])
            await made.execute("ANALYZE")
    finally:
        await made.close()
    return user_id


OTHERS = """
INSERT INTO users (id, clerk_user_id, email)
SELECT 'usr_other_' || n, 'usr_other_' || n, n || '@example.test' FROM generate_series(1, 300) n RETURNING id"""

WORKSHOPS = """
INSERT INTO workshops (id, clerk_user_id, title) SELECT $1 || '_' || n, $1, 'Workshop' FROM generate_series(1, $2::int) n"""

MANY = """
WITH entered AS (
INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at,
                                 description, idempotency_key, actor)
SELECT 'ctx_' || $1 || '_' || n, $1, CASE WHEN n % 2 = 1 THEN 'grant' ELSE 'adjustment' END, 'completed',
       CASE WHEN n % 2 = 1 THEN 1 ELSE -1 END, (n + 1) % 2, n % 2, n, timestamptz '2026-01-01' + n * interval '1 minute',
       'Row ' || n, 'grant:' || $1 || ':' || n, 'system'
  FROM generate_series(1, $2::int) n
)
UPDATE users SET ledger_seq = $2, credit_balance = $2 % 2 WHERE clerk_user_id = $1"""
