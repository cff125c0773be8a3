"""The application, its till, and Alice and Bob with a browser each."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.checkout.till import Till, open_till
from tests.workshops.site import Site, site_with


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def workshops_till(pool: None) -> AsyncIterator[Till]:
    async with open_till() as opened:
        yield opened


@pytest.fixture
def till(workshops_till: Till) -> Iterator[Till]:
    """The till of these tests, with no fault left switched on."""
    workshops_till.sandbox.state.faults.clear()
    yield workshops_till
    workshops_till.sandbox.state.faults.clear()


@pytest.fixture(scope="session")
def shared_site(workshops_till: Till) -> Site:
    return site_with(workshops_till)


@pytest.fixture
def site(shared_site: Site, till: Till) -> Site:
    """The application with the paywall on and no cutoff."""
    return shared_site
