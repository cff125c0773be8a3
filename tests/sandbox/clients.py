"""The real SDK, pointed at a sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import stripe


@asynccontextmanager
async def sdk(
    url: str, *, retries: int = 0, timeout_seconds: float = 4.0
) -> AsyncIterator[stripe.StripeClient]:
    """A client for the running loop whose every address is the sandbox's."""
    http = stripe.HTTPXClient(timeout=httpx.Timeout(timeout_seconds, connect=2.0))
    bases: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), url)
    try:
        yield stripe.StripeClient(
            "sk_test_sandbox", http_client=http, base_addresses=bases, max_network_retries=retries
        )
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it without annotations
