"""What the reliability tests share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.checkout.till import Till, open_till


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def till(pool: None) -> AsyncIterator[Till]:
    """Nobody delivers its webhooks: the tests bring them."""
    async with open_till() as opened:
        yield opened


@pytest.fixture
def short_pauses() -> None:
    """None here: how long somebody waits for an answer is told of a product as it is."""
