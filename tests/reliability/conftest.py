"""What the reliability tests share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.checkout.till import Till, open_till


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def till(pool: None) -> AsyncIterator[Till]:
    """Nobody delivers its webhooks: the tests bring them."""
    async with open_till() as opened:
        yield opened
