"""From nothing, and from a host's own tables, to the schema on record; and every difference from it has a name."""

import asyncio
from contextlib import ExitStack

import asyncpg
import pytest
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.new import AutoMigrationManager
from piccolo.conf.apps import Finder

from app import database, migrate
from app.schema import comparison, on_record, roles
from tests.conftest import beside_other_pools
from tests.databases import empty_database, execute, fresh_database
from tests.migrating import HOST_BEFORE_BILLING, differences_in, live_in, migrated, migrated_up_to, value_in

PURCHASE = """
INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id, base_url,
                       status, paid_at, updated_at, amount_refunded_cents)
VALUES ('{0}', 'u', 'p', 'P', 3, 14900, 'usd', 'price', 'x', '{1}', now() - interval '1 year', now() - interval '1 year', {2})"""
MOVEMENT = """
WITH moved AS (
  UPDATE users SET credit_balance = credit_balance + {2}, ledger_seq = coalesce(ledger_seq, 0) + 1,
         last_posted_at = now() - interval '1 year'
  RETURNING credit_balance, ledger_seq, last_posted_at)
INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at,
                                 description, idempotency_key, actor, purchase_id, returned_cents)
SELECT '{0}{1}', 'u', '{1}', 'completed', {2}, credit_balance - {2}, credit_balance, ledger_seq, last_posted_at, 'x',
       '{0}{1}', 'stripe', '{0}', {3} FROM moved"""
UNTOLD_MONEY = (
    "INSERT INTO users (id, clerk_user_id, email) VALUES ('u', 'u', 'u@example.test')",
    PURCHASE.format("none", "paid", 4900),
    PURCHASE.format("some", "paid", 5050),
    PURCHASE.format("more", "paid", 4900),
    PURCHASE.format("whole", "paid", 5000),
    PURCHASE.format("refused", "refused", 14900),
    MOVEMENT.format("some", "refund", -1, 5000),
    MOVEMENT.format("more", "refund", -1, 5000),
    MOVEMENT.format("whole", "refund", -1, 5000),
)


async def test_an_empty_database_becomes_the_schema_on_record_and_a_second_run_does_nothing(
    server: object,
) -> None:
    target = empty_database()
    assert await migrated(target) == on_record.known()
    assert await migrated(target) == []
    assert await differences_in(target) == []


async def test_the_schema_on_record_is_what_each_migration_makes_and_none_changes_what_another_made(
    server: object,
) -> None:
    """SCHM-06: `piccolo_migrations/schema.json` is rewritten when a migration is added, and reviewed with it."""
    target, before = empty_database(), dict[str, str]()
    for migration, made in comparison.recorded_by_migration().items():
        await migrated_up_to(target, migration)
        now = await live_in(target)
        assert now == before | made, migration
        before = now
    assert on_record.known() == _ids_that_piccolo_finds()


def _ids_that_piccolo_finds() -> list[str]:
    manager = BaseMigrationManager()
    folder = Finder().get_app_config("billing").resolved_migrations_folder_path
    return sorted(manager.get_migration_ids(manager.get_migration_modules(folder)))


async def test_the_tables_in_the_code_are_the_tables_of_the_migrations() -> None:
    app = Finder().get_app_config("billing")
    statements = await AutoMigrationManager().get_alter_statements(app)
    assert [text for group in statements for text in group.statements] == []


async def test_all_fifteen_public_columns_are_there(pool: None) -> None:
    """SCHM-01, SCHM-05, SCHM-08"""
    assert await comparison.contract_columns() == (15, 15)


async def test_a_hosts_own_tables_are_accepted_and_keep_their_rows(server: object) -> None:
    target = empty_database()
    await execute(target.owner_url, HOST_BEFORE_BILLING)
    await migrated(target)
    assert await differences_in(target) == []
    connection = await asyncpg.connect(target.app_url)
    try:
        person = await connection.fetchrow("SELECT * FROM users")
        workshop = await connection.fetchrow("SELECT * FROM workshops")
    finally:
        await connection.close()
    assert person is not None
    assert workshop is not None
    assert (person["credit_balance"], person["onboarding_complete"], person["plan_tier"]) == (
        0,
        False,
        "free",
    )
    assert (workshop["title"], workshop["status"], workshop["credit_consumed_at"]) == (
        "Before billing",
        "draft",
        None,
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE users DROP COLUMN email", "users.email"),
        ("ALTER TABLE workshops ALTER deleted_at TYPE text", "workshops.deleted_at"),
        ("ALTER TABLE users DROP CONSTRAINT users_clerk_user_id_key", "clerk_user_id is not unique"),
    ],
)
async def test_a_hosts_table_that_will_not_do_is_refused_by_name_and_nothing_is_changed(
    server: object, change: str, named: str
) -> None:
    target = empty_database()
    await execute(target.owner_url, HOST_BEFORE_BILLING, change)
    with pytest.raises(asyncpg.RaiseError, match=named):
        await migrated(target)
    connection = await asyncpg.connect(target.owner_url)
    try:
        assert await connection.fetchval("SELECT to_regclass('credit_transactions')") is None
        assert await connection.fetchval("SELECT count(*) FROM users") == 1
    finally:
        await connection.close()


DAMAGE = [
    (
        "DROP TRIGGER ledger_append_only ON credit_transactions",
        "trigger credit_transactions.ledger_append_only",
    ),
    ("ALTER TABLE users DISABLE TRIGGER ledger_seq_steps", "trigger users.ledger_seq_steps"),
    ("ALTER TABLE credit_transactions DROP CONSTRAINT adds_up", "constraint credit_transactions.adds_up"),
    ("ALTER TABLE users DROP CONSTRAINT balance_is_posted", "constraint users.balance_is_posted"),
    ("DROP INDEX uncounted_of_user", "index credit_transactions.uncounted_of_user"),
    ("ALTER TABLE users ALTER credit_balance DROP DEFAULT", "column users.credit_balance"),
    (
        "ALTER TABLE credit_transactions ALTER created_at SET DEFAULT now()",
        "column credit_transactions.created_at",
    ),
    ("ALTER TABLE users DROP COLUMN plan_tier", "column users.plan_tier"),
    (
        "CREATE OR REPLACE FUNCTION ledger_row_is_last() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "function ledger_row_is_last",
    ),
]


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
async def test_whatever_is_dropped_or_weakened_is_named(server: object, damage: str, named: str) -> None:
    """SCHM-08"""
    target = fresh_database()
    await execute(target.owner_url, damage)
    found = await differences_in(target)
    assert any(line.startswith(named) for line in found), found


async def test_the_applications_role_is_weak_and_a_single_role_is_said_to_be_weaker(server: object) -> None:
    target = fresh_database()
    with beside_other_pools():
        async with database.pool(target.app_url):
            assert await roles.weaknesses() == []
    with beside_other_pools():
        async with database.pool(target.owner_url):
            [said] = await roles.weaknesses()
    assert "owner of the ledger" in said


async def test_a_migration_waits_for_another_and_then_has_nothing_to_do(server: object) -> None:
    target = empty_database()
    rival = await asyncpg.connect(target.owner_url)
    with ExitStack() as stack:
        stack.enter_context(beside_other_pools())
        async with database.pool(target.owner_url):
            async with rival.transaction():
                await rival.execute("SELECT pg_advisory_xact_lock(hashtext('billing migrate'))")
                waiting = asyncio.create_task(migrate.migrate(target.app_url))
                async with asyncio.timeout(5):
                    while not await rival.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                        await asyncio.sleep(0.01)
                assert not waiting.done()
            assert await waiting == on_record.known()
    await rival.close()


async def test_money_that_nothing_told_of_is_noted_with_the_migration_and_leaves_closed_months_alone(
    server: object,
) -> None:
    """STMT-02: on purchases of before, told in part, whole and not at all; nobody's clock is ahead of the rows."""
    target = empty_database()
    known = on_record.known()
    await migrated_up_to(target, known[known.index("2026-11-28T00:00:00:000013") - 1])
    await execute(target.owner_url, *UNTOLD_MONEY)
    await migrated(target)
    noted = "SELECT string_agg(purchase_id || ' ' || returned_cents, ', ' ORDER BY id) FROM returns_without_credits"
    assert await value_in(target.owner_url, noted) == "more -100, none 4900, some 50"
    late = "SELECT count(*) FROM returns_without_credits WHERE recorded_at < now() - interval '1 hour'"
    assert await value_in(target.owner_url, late) == 0
