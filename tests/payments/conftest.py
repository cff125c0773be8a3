"""The gateway at a real sandbox that a module's tests share; each begins without faults."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.checkout.till import Till, open_till


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_till() -> AsyncIterator[Till]:
    async with open_till() as opened:
        yield opened


@pytest.fixture
def till(shared_till: Till) -> Till:
    shared_till.sandbox.state.faults.clear()
    return shared_till
