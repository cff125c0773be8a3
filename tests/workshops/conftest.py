"""The application at the till of all tests."""

import pytest
import pytest_asyncio

from tests.checkout.till import Till
from tests.factories import make_user
from tests.workshops.site import Browser, Site, site_with


@pytest.fixture(scope="session")
def shared_site(shared_till: Till) -> Site:
    return site_with(shared_till)


@pytest.fixture
def site(shared_site: Site, till: Till) -> Site:
    """The application with the paywall on and no cutoff."""
    return shared_site


@pytest_asyncio.fixture(loop_scope="session")
async def user(pool: None) -> str:
    return await make_user()


@pytest_asyncio.fixture(loop_scope="session")
async def alice(site: Site, user: str) -> Browser:
    """The browser of `user`."""
    return await site.browser(user)
