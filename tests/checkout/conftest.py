"""The till at which the tests of buying pay."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.checkout.till import Till, open_till


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_till(pool: None) -> AsyncIterator[Till]:
    async with open_till() as opened:
        yield opened


@pytest.fixture
def till(shared_till: Till) -> Iterator[Till]:
    """The till of all tests, with no fault left switched on."""
    shared_till.sandbox.state.faults.clear()
    yield shared_till
    shared_till.sandbox.state.faults.clear()
