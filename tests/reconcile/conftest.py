"""A till and a database for each test alone: a comparison looks at all there is."""

from collections.abc import AsyncIterator

import pytest_asyncio

from app.database import pool
from tests.checkout.till import Till, open_till
from tests.conftest import beside_other_pools
from tests.databases import Server, fresh_database


@pytest_asyncio.fixture(loop_scope="session")
async def till(server: Server) -> AsyncIterator[Till]:
    with beside_other_pools():
        async with pool(fresh_database().app_url), open_till(time_scale=1.0) as opened:
            yield opened
