"""A sandbox for each test, the SDK pointed at it, and something that listens for its webhooks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from stripe import StripeClient

from tests.sandbox.clients import sdk
from tests.sandbox.receiver import Receiver, listening
from tests.sandbox.shop import SECRET, Shop, open_shop
from tests.sandbox_server import RunningSandbox, running_sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def listener() -> AsyncIterator[Receiver]:
    async with listening(SECRET) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_sandbox(listener: Receiver) -> AsyncIterator[RunningSandbox]:
    """Forwards to `receiver`, retries a hundred times as fast as Stripe, and holds no redirect."""
    options: Any = {"webhook_secret": SECRET, "time_scale": 100.0, "hold_redirect_seconds": 0.0}
    async with running_sandbox(forward_to=listener.url, **options) as running:
        yield running


@pytest.fixture
def receiver(listener: Receiver) -> Receiver:
    """What listens for the webhooks of `sandbox`, with an empty letter box."""
    listener.empty()
    return listener


@pytest_asyncio.fixture
async def sandbox(one_sandbox: RunningSandbox, receiver: Receiver) -> AsyncIterator[RunningSandbox]:
    """The sandbox as new; nothing of one test is still under way in the next."""
    one_sandbox.state.reset()
    yield one_sandbox
    await one_sandbox.quiet()
    assert not one_sandbox.state.unimplemented


@pytest_asyncio.fixture
async def stripe(sandbox: RunningSandbox) -> AsyncIterator[StripeClient]:
    async with sdk(sandbox.url) as client:
        yield client


@pytest_asyncio.fixture
async def shop(stripe: StripeClient) -> Shop:
    """One product with one price, ready to be sold."""
    return await open_shop(stripe)
