"""The application at the till of all tests."""

import pytest

from tests.checkout.till import Till
from tests.workshops.site import Site, site_with


@pytest.fixture(scope="session")
def shared_site(shared_till: Till) -> Site:
    return site_with(shared_till)


@pytest.fixture
def site(shared_site: Site, till: Till) -> Site:
    """The application with the paywall on and no cutoff."""
    return shared_site
