"""The databases of a test run: one PostgreSQL, one migrated template, cheap copies. Knows no table.

Tests never read DATABASE_URL. TEST_DATABASE_URL (a superuser's) points them at another server.
"""

import asyncio
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from app.cli.local.postgres import APPLICATION, OWNER, SUPERUSER, LocalPostgres
from app.database import pool
from app.migrate import migrate

Made = TypeVar("Made")
_TEMPLATE = "billing_template"
_ROOM_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Database:
    """One database and the three ways in: as the application, as its owner, and as someone who may do anything."""

    name: str
    app_url: str
    owner_url: str
    superuser_url: str


@dataclass(frozen=True)
class Server:
    """A PostgreSQL where tests may make databases; `address` gives the URL of a role's door to one of them."""

    address: Callable[[str, str], str]
    app_role: str
    owner_role: str
    superuser: str

    def database(self, name: str) -> Database:
        return Database(
            name=name,
            app_url=self.address(self.app_role, name),
            owner_url=self.address(self.owner_role, name),
            superuser_url=self.address(self.superuser, name),
        )


@contextmanager
def running_server() -> Iterator[Server]:
    """The server of this run, with the migrated template in it; every database it made goes with it."""
    given = os.environ.get("TEST_DATABASE_URL")
    with _given_server(given) if given else _own_server() as server:
        template = _create(server, _TEMPLATE)
        _migrate(template)
        try:
            _Current.server = server
            yield server
        finally:
            _Current.server = None


def memory() -> str | None:
    """Where memory can be used as a disk: with room, and open to programs, as PostgreSQL's may have to lie there.

    There no test waits for a disk to flush. Tests end programs and never the machine, so they prove the same.
    """
    place = "/dev/shm"
    with suppress(OSError):
        found = os.statvfs(place)
        if found.f_bavail * found.f_frsize >= _ROOM_BYTES and not found.f_flag & os.ST_NOEXEC:
            return place
    return None


def fresh_database() -> Database:
    """A migrated, empty database of one's own, for tests that commit what others must not see.

    May be called anywhere, from a running event loop too: about 0.1 s.
    """
    return _create(_server(), f"billing_{secrets.token_hex(6)}", template=_TEMPLATE)


def empty_database() -> Database:
    """A database without any table, for tests of the migrations themselves."""
    return _create(_server(), f"billing_{secrets.token_hex(6)}")


class _Current:
    server: Server | None = None


def _server() -> Server:
    if _Current.server is None:
        raise RuntimeError("ask for the fixture `server` first")
    return _Current.server


@contextmanager
def _own_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="billing-tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root PostgreSQL runs as nobody, who has to get in
        with LocalPostgres(Path(folder) / "data") as postgres:
            yield Server(postgres.url, APPLICATION, OWNER, SUPERUSER)


@contextmanager
def _given_server(url: str) -> Iterator[Server]:
    """Roles with names and passwords of this run alone, as the server may be anyone's."""
    run, password = secrets.token_hex(4), secrets.token_urlsafe(24)
    parts = urlsplit(url)

    def address(role: str, database: str) -> str:
        place = parts.netloc.rpartition("@")[2]
        account = parts.netloc.rpartition("@")[0] if role == superuser else f"{role}:{quote(password)}"
        return urlunsplit(parts._replace(netloc=f"{account}@{place}", path=f"/{database}"))

    superuser = parts.username or SUPERUSER
    server = Server(address, f"billing_app_{run}", f"billing_owner_{run}", superuser)
    make = [
        f"CREATE ROLE {role} LOGIN PASSWORD '{password}'" for role in (server.app_role, server.owner_role)
    ]
    _in_thread(execute(url, *make))
    try:
        yield server
    finally:
        _in_thread(_drop_all_of(server, url))


def _create(server: Server, name: str, *, template: str = "template1") -> Database:
    maintenance = server.address(server.superuser, "postgres")
    _in_thread(execute(maintenance, f"CREATE DATABASE {name} OWNER {server.owner_role} TEMPLATE {template}"))
    return server.database(name)


def _migrate(database: Database) -> None:
    async def as_owner() -> None:
        async with pool(database.owner_url):
            await migrate(database.app_url)

    _in_thread(as_owner())


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _drop_all_of(server: Server, url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        owned = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = $1"
        for row in await connection.fetch(owned, server.owner_role):
            await connection.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")
        await connection.execute(f"DROP ROLE {server.app_role}, {server.owner_role}")
    finally:
        await connection.close()


def _in_thread(work: Coroutine[Any, Any, Made]) -> Made:
    """Run it on an event loop of its own, so that synchronous, asynchronous and browser tests ask alike."""
    made: list[Made] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            made.append(asyncio.run(work))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]
