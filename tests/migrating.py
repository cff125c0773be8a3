"""What tests of the migrations do to a database: migrate it as its owner, damage it, compare it."""

import contextlib
import io

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from app import database, migrate
from app.schema import comparison
from tests.conftest import beside_other_pools
from tests.databases import Database

HOST_BEFORE_BILLING = """
CREATE TABLE users (id varchar(40) PRIMARY KEY, clerk_user_id varchar(80) UNIQUE NOT NULL, email varchar NOT NULL,
  nickname text, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE workshops (id text PRIMARY KEY, clerk_user_id text NOT NULL, title text NOT NULL,
  status text NOT NULL CHECK (status <> 'lost'),
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
INSERT INTO users (id, clerk_user_id, email) VALUES ('1', 'user_clerk_1', 'old@example.test');
INSERT INTO workshops (id, clerk_user_id, title, status) VALUES ('w1', 'user_clerk_1', 'Before billing', 'draft');
"""


async def migrated(target: Database) -> list[str]:
    """Run the migrations there, as the owner; returns what ran."""
    with beside_other_pools():
        async with database.pool(target.owner_url):
            return await migrate.migrate(target.app_url)


async def migrated_up_to(target: Database, migration: str) -> None:
    """Only the older ones, with no grants: as the statements of these migrations by themselves would."""
    with beside_other_pools():
        async with database.pool(target.owner_url):
            async with database.tx():
                with contextlib.redirect_stdout(io.StringIO()):
                    assert (await run_forwards("billing", migration)).success


async def recorded_in(target: Database) -> tuple[list[str], list[str]]:
    """Put on record what was applied by hand, and migrate: the ids of both."""
    with beside_other_pools():
        async with database.pool(target.owner_url):
            return await migrate.record(target.app_url)


async def live_in(target: Database) -> dict[str, str]:
    with beside_other_pools():
        async with database.pool(target.owner_url):
            return await comparison.live()


async def differences_in(target: Database) -> list[str]:
    with beside_other_pools():
        async with database.pool(target.app_url):
            return await comparison.differences()


async def value_in(url: str, question: str, *values: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()
