"""Decides how long one request of ours may wait for Stripe in all, however many calls it makes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STRIPE_SECONDS = 8.0
_ends_at: ContextVar[float | None] = ContextVar("stripe_ends_at", default=None)


@contextmanager
def one_deadline(seconds: float = STRIPE_SECONDS) -> Iterator[None]:
    """All calls to Stripe in this block, retries included, end together. An outer block's deadline stands."""
    if _ends_at.get() is not None:
        yield
        return
    token = _ends_at.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def until_deadline() -> asyncio.Timeout:
    """The time limit of one call: what the surrounding block has left, or all of it."""
    ends_at = _ends_at.get()
    return asyncio.timeout_at(
        ends_at if ends_at is not None else asyncio.get_running_loop().time() + STRIPE_SECONDS
    )
