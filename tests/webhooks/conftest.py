"""The application that takes webhooks in, one for each module."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.webhooks.site import Site, open_site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_site(database_url: str, pool: None) -> AsyncIterator[Site]:
    async with open_site(database_url) as opened:
        yield opened


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """The site of the module, with no fault left switched on."""
    shared_site.till.sandbox.state.faults.clear()
    yield shared_site
    shared_site.till.sandbox.state.faults.clear()
