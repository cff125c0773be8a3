"""What a comparison reads of our own side every few minutes is found by an index, however much there is."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app.reconcile import ours
from tests.databases import Database

PAID = 5_000
_BUYER = "INSERT INTO users (id, clerk_user_id, email) VALUES ('many', 'many', 'many@example.test')"
_BOUGHT = """
INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id, base_url,
       status, paid_at, created_at)
SELECT 'pur_' || n, 'many', 'single-flight', 'Single Flight', 1, 7900, 'usd', 'price_1', 'https://x.test', 'paid', now(),
       now() - make_interval(hours => n)
  FROM generate_series(1, $1) AS n"""


@pytest_asyncio.fixture(loop_scope="session")
async def long_books(own_database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Years of sales, for as long as the test looks at them."""
    connection = await asyncpg.connect(own_database.owner_url)
    undone = connection.transaction()
    await undone.start()
    await connection.execute(_BUYER)
    await connection.execute(_BOUGHT, PAID)
    await connection.execute("ANALYZE purchases")
    yield connection
    await undone.rollback()
    await connection.close()


@pytest.mark.parametrize(
    ("asked", "indexes"),
    [
        (ours.UNSETTLED, ("purchases_unsettled", "purchases_refused")),
        (ours.CREDITED_SINCE, ("purchases_since",)),
        (ours.OLDEST, ("purchases_since",)),
    ],
)
async def test_nothing_is_read_that_is_not_looked_for(
    long_books: asyncpg.Connection, asked: str, indexes: tuple[str, ...]
) -> None:
    since_two_days = asked.replace("$1", "now() - interval '2 days'")
    plan = "\n".join(each[0] for each in await long_books.fetch(f"EXPLAIN (COSTS off) {since_two_days}"))
    assert "Seq Scan on purchases" not in plan, plan
    assert all(each in plan for each in indexes), plan
