"""What `tx()` promises beyond a transaction: nothing fails in silence, and nothing joins in silence."""

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from app.database import DB, row, tx
from tests.factories import make_user


async def test_a_database_error_that_was_swallowed_inside_is_raised_at_the_end(pool: None) -> None:
    """Else the commit would be a rollback, and the caller would answer that all is well."""
    alice = await make_user()
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        async with tx():
            await row("UPDATE users SET name = 'Changed' WHERE clerk_user_id = $1", alice)
            with pytest.raises(asyncpg.DivisionByZeroError):
                await row("SELECT 1 / 0")
    found = await row("SELECT name FROM users WHERE clerk_user_id = $1", alice)
    assert found is not None
    assert found["name"] != "Changed"


async def test_a_transaction_inside_another_is_refused(pool: None) -> None:
    """What a use case has committed stays committed, whoever calls it."""
    with pytest.raises(TransactionError):
        async with tx():
            async with tx():
                pytest.fail("it joined the surrounding one")


async def test_after_a_failure_the_next_statement_is_on_its_own(pool: None) -> None:
    for _ in range(2):
        with pytest.raises(LookupError):
            async with tx():
                raise LookupError
        assert DB.current_transaction.get() is None
        assert await row("SELECT 1") is not None


async def test_a_statement_is_planned_once_on_a_connection_whoever_asks(pool: None) -> None:
    """A plan for each person takes longer than the page that is read by it."""
    async with tx():
        for _ in range(8):  # on five PostgreSQL would make up its mind
            await row("SELECT 'planned once' FROM users WHERE clerk_user_id = $1", await make_user())
        found = await row(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%planned once%'"
            " ORDER BY prepare_time LIMIT 1"
        )
    assert found is not None
    assert (found["generic_plans"], found["custom_plans"]) == (8, 0)
