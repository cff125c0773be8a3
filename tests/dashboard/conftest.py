"""The application for the pages of this feature."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from tests.checkout.till import Till, open_till
from tests.factories import make_user
from tests.transactions.signed_in import reading_app, signed_in


@pytest.fixture(scope="session")
def app(pool: None) -> Litestar:
    return reading_app()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def till(pool: None) -> AsyncIterator[Till]:
    async with open_till() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def alice(pool: None) -> str:
    return await make_user()


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Litestar, alice: str) -> httpx.AsyncClient:
    """Alice's browser."""
    return await signed_in(app, alice)
