"""The application for the pages of this feature."""

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from tests.factories import make_user
from tests.transactions.signed_in import reading_app, signed_in


@pytest.fixture(scope="session")
def app(pool: None) -> Litestar:
    return reading_app()


@pytest_asyncio.fixture(loop_scope="session")
async def alice(pool: None) -> str:
    return await make_user()


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Litestar, alice: str) -> httpx.AsyncClient:
    """Alice's browser."""
    return await signed_in(app, alice)
