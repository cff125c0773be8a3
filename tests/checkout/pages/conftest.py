"""One product and one sandbox for all tests of the pages of buying; each test brings people of its own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.checkout.pages.site import Browser, Site, running_site
from tests.factories import make_user
from tests.sandbox_server import RunningSandbox, running_sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand_in() -> AsyncIterator[RunningSandbox]:
    async with running_sandbox(hold_redirect_seconds=0.0) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_site(pool: None, database_url: str, stand_in: RunningSandbox) -> AsyncIterator[Site]:
    async with running_site(database_url, stand_in) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def site(shared_site: Site) -> AsyncIterator[Site]:
    """Every test begins and ends with a sandbox that behaves."""
    shared_site.sandbox.state.faults.clear()
    yield shared_site
    shared_site.sandbox.state.faults.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def alice_id(site: Site) -> str:
    return await make_user()


@pytest_asyncio.fixture(loop_scope="session")
async def alice(site: Site, alice_id: str) -> Browser:
    return await site.browser_of(alice_id)


@pytest_asyncio.fixture(loop_scope="session")
async def bob(site: Site) -> Browser:
    return await site.browser_of(await make_user(name="Bob"))
