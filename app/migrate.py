"""Brings a database to the newest schema, all or nothing, whoever else tries at the same moment.

The DDL is written by hand in `piccolo_migrations/`; what Piccolo generated beside it only tells auto-migration
what the tables look like, so that a column added to a table without a migration is noticed.
"""

import asyncio
import contextlib
import io
from collections.abc import Sequence

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration
from piccolo.columns import Column

from app.database import DB, tx
from app.errors import BillingError
from app.schema.adoption import unrecorded
from app.schema.comparison import compared, live, recorded_by_migration
from app.schema.on_record import applied, missing
from app.schema.roles import grant, role_of

LOCK_SECONDS = 2
LOCK_TRIES = 10
LOCK_PAUSE_SECONDS = 1.0
HELD_UP = (
    "somebody reads or writes these tables for so long that they could not be changed. Nothing was changed; end that "
    "session (pg_stat_activity names it) or migrate at a calmer time"
)


class MigrationFailed(BillingError):
    """The schema was left as it was; the message says why and what to do."""


class WrittenInSql(MigrationManager):
    """A migration whose statements are all written out; the tables added to it are a description only."""

    async def run(self, backwards: bool = False) -> None:  # noqa: FBT001, FBT002 (Piccolo's signature)
        """Run the statements in the transaction that `migrate` has opened."""
        if backwards:
            raise MigrationFailed("migrations only go forwards: restore a backup instead")
        for statement in self.raw:
            await statement()


def written_in_sql(migration_id: str, description: str, statements: Sequence[str]) -> WrittenInSql:
    """A migration of these statements, in this order."""
    manager = WrittenInSql(migration_id=migration_id, app_name="billing", description=description)

    async def up() -> None:
        for statement in statements:
            await DB.run_ddl(statement)

    manager.add_raw(up)
    return manager


def describe(manager: WrittenInSql, class_name: str, tablename: str, **columns: Column) -> None:
    """Tell auto-migration what a table looks like after this migration; runs nothing."""
    for name, column in columns.items():
        column._meta.name = name
    manager.add_table(class_name, tablename, columns=list(columns.values()))


def describe_added(manager: WrittenInSql, class_name: str, tablename: str, **columns: Column) -> None:
    """Tell auto-migration which columns this migration adds to a table that is there; runs nothing."""
    for name, column in columns.items():
        column._meta.name = name
        manager.add_columns.append(AddColumnClass(column, class_name, tablename, schema=None))


async def migrate(application_dsn: str) -> list[str]:
    """Run what is missing and repeat the grants to the application's role, in one transaction.

    Who reads or writes a table for long holds the migration up, and it would hold up everybody behind it: it lets go
    after two seconds, waits a moment and begins again.
    Shape: the ids of the migrations that ran now, oldest first.
    Inside: transactions of its own, over a pool that the owner's role opened; several at once wait for each other.
    Raises: MigrationFailed: nothing was changed.
    """
    for _ in range(LOCK_TRIES - 1):
        try:
            return await _migrated(application_dsn)
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
    try:
        return await _migrated(application_dsn)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationFailed(HELD_UP) from error


async def record(application_dsn: str) -> tuple[list[str], list[str]]:
    """Put migrations that were applied by hand on record, then migrate: the ids recorded, and those that ran.

    Inside: transactions of its own, as `migrate`. Repeat: records nothing, runs nothing.
    Raises: MigrationFailed: one of them is there only in part, or what is on record is not as it should be; nothing
      was changed.
    """
    async with tx():
        await _wait_for_other_migrators()
        found = await unrecorded(await missing())
        if found.partly:
            raise MigrationFailed(str(found))
        if differences := await _differences_but_for(found.absent):
            raise MigrationFailed("Nothing was recorded, the schema differs:\n" + "\n".join(differences))
        await Migration.create_table(if_not_exists=True)
        for each in found.by_hand:
            await Migration.insert(Migration(name=each, app_name="billing"))
    return list(found.by_hand), await migrate(application_dsn)


async def _differences_but_for(absent: Sequence[str]) -> list[str]:
    effects = recorded_by_migration().items()
    wanted = {name: text for each, made in effects if each not in absent for name, text in made.items()}
    return compared(await live(), wanted)


async def _migrated(application_dsn: str) -> list[str]:
    async with tx():
        await _wait_for_other_migrators()
        await DB.run_ddl(
            f"SELECT set_config('lock_timeout', '{LOCK_SECONDS}s', true), set_config('statement_timeout', '0', true)"
        )
        before = await applied()
        await _run_missing()
        await grant(role_of(application_dsn))
        return sorted(await applied() - before)


async def _wait_for_other_migrators() -> None:
    await DB.run_ddl("SET LOCAL lock_timeout = '30s'")
    await DB.run_ddl("SELECT pg_advisory_xact_lock(hashtext('billing migrate'))")


async def _run_missing() -> None:
    found = await unrecorded(await missing())
    if found.is_ahead:
        raise MigrationFailed(str(found))
    with contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints its progress
        result = await run_forwards("billing")
    if not result.success:
        raise MigrationFailed(result.message or "Piccolo gave no reason")
