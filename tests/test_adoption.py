"""Migrations that were applied by hand: recognised by the live schema, told apart from half ones, put on record. SCHM-07."""

import pytest

from app import database, migrate
from app.cli.checks.check import look_at_schema
from app.cli.checks.findings import Findings
from app.schema import on_record
from tests.conftest import beside_other_pools
from tests.databases import Database, empty_database, execute, fresh_database
from tests.migrating import (
    HOST_BEFORE_BILLING,
    differences_in,
    migrated,
    migrated_up_to,
    recorded_in,
    value_in,
)

FIRST, SECOND, THIRD, *LATER = on_record.known()
ON_RECORD = "SELECT string_agg(name, ' ' ORDER BY name) FROM migration WHERE app_name = 'billing'"


async def checked(target: Database) -> list[str]:
    """What `billing check` says of the schema, with what to do."""
    findings = Findings()
    with beside_other_pools():
        async with database.pool(target.app_url):
            await look_at_schema(findings)
    return [str(found) for found in findings.wrong]


@pytest.mark.parametrize("forgotten", [[FIRST, SECOND, THIRD], [SECOND, THIRD], [THIRD], [SECOND]])
async def test_what_was_applied_by_hand_is_named_with_the_way_to_record_it(
    server: object, forgotten: list[str]
) -> None:
    target = fresh_database()
    names = ", ".join(f"'{each}'" for each in forgotten)
    await execute(target.owner_url, f"DELETE FROM migration WHERE name IN ({names})")
    with pytest.raises(migrate.MigrationFailed, match="billing migrate --record") as told:
        await migrated(target)
    assert all(each in str(told.value) for each in forgotten)
    assert "already exists" not in str(told.value)
    [found] = await checked(target)
    assert "billing migrate --record" in found
    assert await recorded_in(target) == (forgotten, [])
    assert await value_in(target.owner_url, ON_RECORD) == " ".join(on_record.known())
    assert await checked(target) == await differences_in(target) == []
    assert await migrated(target) == []


async def test_without_any_record_at_all_it_is_the_same(server: object) -> None:
    target = fresh_database()
    await execute(target.owner_url, "DROP TABLE migration")
    assert await recorded_in(target) == (on_record.known(), [])


async def test_only_the_truly_missing_ones_run_afterwards(server: object) -> None:
    target = empty_database()
    await migrated_up_to(target, SECOND)
    await execute(target.owner_url, "DELETE FROM migration")
    with pytest.raises(migrate.MigrationFailed) as told:
        await migrated(target)
    assert SECOND in str(told.value)
    assert THIRD not in str(told.value)
    assert await recorded_in(target) == ([FIRST, SECOND], [THIRD, *LATER])
    assert await differences_in(target) == []


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("DROP TABLE reconcile_cursors", "reconcile_cursors"),
        ("ALTER TABLE credit_transactions DROP CONSTRAINT money_goes_back", "money_goes_back"),
        ("DROP INDEX purchases_unsettled", "purchases_unsettled"),
        ("ALTER TABLE purchases ALTER returns_seen DROP NOT NULL", "purchases.returns_seen"),
        ("ALTER TABLE purchases DROP COLUMN disputed_at", "purchases.disputed_at"),
    ],
)
async def test_what_is_there_only_in_part_is_refused_with_every_difference(
    server: object, part: str, named: str
) -> None:
    target = fresh_database()
    await execute(target.owner_url, f"DELETE FROM migration WHERE name = '{THIRD}'", part)
    for attempt in (migrated, recorded_in):
        with pytest.raises(migrate.MigrationFailed, match="only in part") as told:
            await attempt(target)
        assert named in str(told.value)
    assert await value_in(target.owner_url, ON_RECORD) == " ".join((FIRST, SECOND, *LATER))
    assert any(named in line for line in await checked(target))


async def test_nothing_is_recorded_beside_a_recorded_migration_that_was_damaged(server: object) -> None:
    target = fresh_database()
    damage = "ALTER TABLE credit_transactions DROP CONSTRAINT adds_up"
    await execute(target.owner_url, f"DELETE FROM migration WHERE name = '{THIRD}'", damage)
    with pytest.raises(migrate.MigrationFailed, match="adds_up"):
        await recorded_in(target)
    assert await value_in(target.owner_url, ON_RECORD) == " ".join((FIRST, SECOND, *LATER))


async def test_a_hosts_own_tables_are_not_taken_for_a_migration_by_hand(server: object) -> None:
    target = empty_database()
    await execute(target.owner_url, HOST_BEFORE_BILLING)
    assert await recorded_in(target) == ([], on_record.known())


async def test_a_hosts_table_under_a_name_of_ours_is_told_and_kept(server: object) -> None:
    target = empty_database()
    await execute(target.owner_url, "CREATE TABLE sessions (id text PRIMARY KEY, colour text)")
    with pytest.raises(migrate.MigrationFailed, match="only in part"):
        await migrated(target)
    assert await value_in(target.owner_url, "SELECT to_regclass('purchases')") is None
