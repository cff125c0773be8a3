"""The application at the till of all tests, and Alice who has one of everything."""

import pytest
import pytest_asyncio

from app.accounts.providers.configured import Providers
from tests.checkout.till import Till
from tests.surface.people import OPERATOR, Owner, owner
from tests.workshops.site import Site, site_with


@pytest.fixture(scope="session")
def shared_site(shared_till: Till) -> Site:
    site = site_with(shared_till, sign_in=("demo", "email"), operators=(OPERATOR,))
    site.app.state.providers = Providers(None, None)
    return site


@pytest.fixture
def site(shared_site: Site, till: Till) -> Site:
    return shared_site


@pytest_asyncio.fixture(loop_scope="session")
async def alice(site: Site) -> Owner:
    return await owner(site)
