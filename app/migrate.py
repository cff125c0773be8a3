"""Brings a database to the newest schema, all or nothing, whoever else tries at the same moment.

The DDL is written by hand in `piccolo_migrations/`; what Piccolo generated beside it only tells auto-migration
what the tables look like, so that a column added to a table without a migration is noticed.
"""

import contextlib
import io
from collections.abc import Sequence
from urllib.parse import urlsplit

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.columns import Column
from piccolo.conf.apps import Finder

from app.database import DB, rows, tx
from app.errors import BillingError

LEDGER_COLUMNS_TO_SETTLE = "status, seq, balance_before, balance_after, posted_at"
ALREADY_THERE = (
    asyncpg.DuplicateTableError,
    asyncpg.DuplicateColumnError,
    asyncpg.DuplicateObjectError,
    asyncpg.DuplicateFunctionError,
)
APPLICATION_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT INSERT, UPDATE ON users, workshops, workshop_steps, purchases, stripe_events, identities,"
    " sign_in_links, sessions, reconcile_cursors TO {role}",
    "GRANT DELETE ON sign_in_links, sessions TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON credit_transactions FROM {role}",
    "GRANT INSERT ON credit_transactions TO {role}",
    f"GRANT UPDATE ({LEDGER_COLUMNS_TO_SETTLE}) ON credit_transactions TO {{role}}",
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

    Shape: the ids of the migrations that ran now, oldest first.
    Inside: a tx of its own, over a pool that the owner's role opened; several at once wait for each other.
    Raises: MigrationFailed: nothing was changed.
    """
    async with tx():
        await DB.run_ddl("SET LOCAL lock_timeout = '30s'")  # waiting for another migrator is fine
        await DB.run_ddl("SELECT pg_advisory_xact_lock(hashtext('billing migrate'))")
        await DB.run_ddl(
            "SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '0', true)"
        )
        before = await applied()
        await _run_missing()
        await _grant(role_of(application_dsn))
        return sorted(await applied() - before)


async def _run_missing() -> None:
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints its progress
            result = await run_forwards("billing")
    except ALREADY_THERE as error:
        raise MigrationFailed(_ahead(error)) from error
    if not result.success:
        raise MigrationFailed(result.message or "Piccolo gave no reason")


def _ahead(error: asyncpg.PostgresError) -> str:
    return (
        f"the schema is ahead of the record of migrations ({error}): parts of it were applied by hand. "
        "Nothing was changed; `billing check` names the differences"
    )


async def applied() -> set[str]:
    """The ids of the migrations that this database has on record."""
    if (await rows("SELECT to_regclass('migration') AS tracker"))[0]["tracker"] is None:
        return set()
    return {found["name"] for found in await rows("SELECT name FROM migration WHERE app_name = 'billing'")}


def known() -> list[str]:
    """The ids of the migrations that this version of the product brings, oldest first."""
    manager = BaseMigrationManager()
    folder = Finder().get_app_config("billing").resolved_migrations_folder_path
    return sorted(manager.get_migration_ids(manager.get_migration_modules(folder)))


async def missing() -> list[str]:
    """The ids of the migrations still to run, oldest first."""
    done = await applied()
    return [migration for migration in known() if migration not in done]


def role_of(dsn: str) -> str:
    """The database role that a connection with this address gets."""
    return urlsplit(dsn).username or "postgres"


async def _grant(role: str) -> None:
    [owner] = await rows("SELECT current_user AS name")
    if role == owner["name"]:
        return  # one role for everything: `billing check` says what is weaker then
    for statement in APPLICATION_GRANTS:
        await DB.run_ddl(statement.format(role='"' + role.replace('"', '""') + '"'))
