"""What every test can ask for: a migrated database, the pool, a transaction that is rolled back, a till, a browser."""

import gc
import os
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from typing import Any, cast

import asyncpg
import pytest
import pytest_asyncio
from asyncpg.pool import PoolConnectionProxy
from playwright.sync_api import Browser, Playwright, sync_playwright
from stripe import HTTPClient
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from app.database import DB
from app.database import pool as database_pool
from tests import stripe_judges
from tests.browser_finding import found_browser, launch_arguments
from tests.checkout.till import Till, open_till
from tests.databases import Database, Server, fresh_database, memory, running_server
from tests.judging import pytest_runtest_call
from tests.oracle import Findings, books_of, left_open

__all__ = ["pytest_runtest_call"]
os.environ.setdefault("TMPDIR", memory() or tempfile.gettempdir())
tempfile.tempdir = None  # it is looked up anew, here and in every program that a test starts
NO_BROWSER = "no browser found: install Chromium or set TEST_BROWSER to one"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which browser is used where one is needed, or why none is; likewise of what judges the sandbox."""
    terminalreporter.write_line(f"browser: {found_browser('') or NO_BROWSER}")
    terminalreporter.write_line(f"stripe: {stripe_judges.said()}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What cannot be divided and takes long goes first, so that no worker is left with it at the end."""
    items.sort(key=_place)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded here stays: looking for rubbish in it, now and during the tests, finds none and takes long."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def _place(item: pytest.Item) -> int:
    """Browser tests at the running product, the folders that start programs, other browser tests, everything else."""
    if needs_browser(item):
        return 0 if item.path.parent.name == "browser" else 2
    return 1 if item.path.parent.name in ("cli", "reconcile", "reliability") else 3


def needs_browser(item: pytest.Item) -> bool:
    return "playwright" in getattr(item, "fixturenames", ())


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests share a worker and its fixtures. Browser tests come in three parts, each with one browser: together
    they would take one worker longer than everything else takes the others.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if "[chromium" not in nodeid or file.endswith("/test_every_page.py"):
            return file
        return "browser" if file.startswith("tests/browser/") else "browser elsewhere"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its tries Stripe's library waits for half a second and more, which proves nothing but in a storm."""
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def database(server: Server) -> Database:
    """The database that most tests share."""
    return fresh_database()


@pytest.fixture(scope="session")
def database_url(database: Database) -> str:
    return database.app_url


@pytest.fixture(scope="session")
def owner_url(database: Database) -> str:
    return database.owner_url


@pytest.fixture(scope="session")
def superuser_url(database: Database) -> str:
    return database.superuser_url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(database_url: str) -> AsyncIterator[None]:
    """The application's own pool, as the application's role; when all tests are over, everybody's books are judged."""
    with beside_other_pools():
        async with database_pool(database_url):
            yield
            assert (await books_of(None), await left_open()) == (Findings(), ())


@contextmanager
def beside_other_pools() -> Iterator[None]:
    """Lets an application or a module open a pool of its own; the former one is back afterwards."""
    former = DB.pool, DB.config
    DB.pool = None
    try:
        yield
    finally:
        DB.pool, DB.config = former


class OneConnection:
    """Stands in for the pool: everyone gets the test's connection, each in a savepoint of their own."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self.connection = connection

    @asynccontextmanager
    async def acquire(self, *, timeout: float | None = None) -> AsyncIterator[PoolConnectionProxy]:
        async with self.connection.transaction():
            yield self.connection


@pytest_asyncio.fixture(loop_scope="session")
async def rolled_back(pool: None) -> AsyncIterator[None]:
    """Nothing the test writes remains. It has one connection, so no `gather`, and `now()` stands still in it."""
    real = DB.pool
    assert real is not None
    async with real.acquire() as connection:
        outer = connection.transaction()
        await outer.start()
        DB.pool = cast(asyncpg.Pool, OneConnection(connection))
        try:
            yield
        finally:
            DB.pool = real
            await outer.rollback()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_till(pool: None) -> AsyncIterator[Till]:
    async with open_till() as opened:
        yield opened


@pytest.fixture
def till(shared_till: Till) -> Iterator[Till]:
    """The till of all tests that need none of their own, with no fault left switched on."""
    shared_till.sandbox.state.faults.clear()
    yield shared_till
    shared_till.sandbox.state.faults.clear()


_opened = ExitStack()
_is_last = pytest.StashKey[bool]()


@cache
def _started() -> Playwright:
    return _opened.enter_context(sync_playwright())


@cache
def _launched(program: str) -> Browser:
    return _opened.enter_context(_started().chromium.launch(executable_path=program, args=launch_arguments()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    item.config.stash[_is_last] = not (nextitem and needs_browser(nextitem))


@pytest.fixture(scope="module")
def playwright(pytestconfig: pytest.Config) -> Iterator[Playwright]:
    """In place of the plugin's, which lasts as long as the run. It ends before whatever needs no browser, and before what
    the run shares: its event loop keeps asynchronous tests from theirs.
    """
    yield _started()
    if pytestconfig.stash[_is_last]:
        _opened.close()
        _started.cache_clear()
        _launched.cache_clear()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Browser:
    """One for all browser tests that follow each other; each test opens contexts of its own."""
    program = found_browser(playwright.chromium.executable_path)
    if program is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    return _launched(program)


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC"}
