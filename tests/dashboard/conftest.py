"""The application for the pages of this feature."""

import pytest
from litestar import Litestar

from tests.transactions.signed_in import reading_app


@pytest.fixture(scope="session")
def app(pool: None) -> Litestar:
    return reading_app()
