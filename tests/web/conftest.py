"""The small site, and browsers of Alice's and of nobody's."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from tests.web.small_site import HTTPS, client_of, small_site


@pytest.fixture(scope="session")
def site() -> Litestar:
    return small_site()


@pytest.fixture(scope="session")
def https_site() -> Litestar:
    return small_site(HTTPS)


@pytest_asyncio.fixture(loop_scope="session")
async def nobody(site: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(site) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def alice(site: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(site, who="alice") as client:
        yield client
