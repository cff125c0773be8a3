"""The databases that tests are given: separate, migrated, entered as the application's role."""

import asyncpg

from app.database import row, tx
from tests.databases import Database, empty_database, fresh_database


async def test_the_pool_is_the_applications_role_and_owns_nothing(pool: None) -> None:
    found = await row(
        "SELECT current_user AS me, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'users'"
    )
    assert found is not None
    assert found["me"] != found["owner"]


async def test_what_one_fresh_database_holds_the_next_does_not(server: object) -> None:
    first, second = fresh_database(), fresh_database()
    await _execute(first.owner_url, "CREATE TABLE only_here (id integer)")
    assert await _has_table(first, "only_here")
    assert not await _has_table(second, "only_here")
    assert await _has_table(second, "credit_transactions")


async def test_an_empty_database_has_no_table(server: object) -> None:
    assert not await _has_table(empty_database(), "users")


async def test_a_transaction_of_the_product_may_fail_inside_a_rolled_back_test(rolled_back: None) -> None:
    async with tx():
        await row("CREATE TEMP TABLE seen (id integer)")
    try:
        async with tx():
            await row("INSERT INTO seen VALUES (1)")
            raise LookupError
    except LookupError:
        pass
    found = await row("SELECT count(*) FROM seen")
    assert found is not None
    assert found["count"] == 0


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _has_table(database: Database, name: str) -> bool:
    connection = await asyncpg.connect(database.owner_url)
    try:
        return await connection.fetchval("SELECT to_regclass($1)", name) is not None
    finally:
        await connection.close()
