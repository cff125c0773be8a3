"""Decides how long something that a provider publishes is believed before it is asked for again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from app.accounts.errors import ProviderSilent

KEPT_SECONDS = 3600.0
PAUSE_SECONDS = 5.0  # after silence, so that a provider that is away does not hold up everybody in turn

Found = TypeVar("Found")
Ticks = Callable[[], float]


class Kept(Generic[Found]):
    """One thing of a provider's, kept for an hour and no longer; whoever asks meanwhile waits for the one who fetches."""

    def __init__(self, fetch: Callable[[], Awaitable[Found]], ticks: Ticks = time.monotonic) -> None:
        self._fetch = fetch
        self._ticks = ticks
        self._found: tuple[float, Found] | None = None
        self._silent: tuple[float, ProviderSilent] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self, *, no_older_than_seconds: float = KEPT_SECONDS) -> Found:
        """What the provider published, as of so many seconds ago at most.

        Raises: ProviderSilent: it does not answer now, or did not a moment ago.
        """
        async with self._one_at_a_time:
            now = self._ticks()
            if self._found is not None and now - self._found[0] < no_older_than_seconds:
                return self._found[1]
            if self._silent is not None and now - self._silent[0] < PAUSE_SECONDS:
                raise ProviderSilent(self._silent[1].why)
            try:
                fresh = await self._fetch()
            except ProviderSilent as error:
                self._silent = (now, error)
                raise
            self._found = (now, fresh)
            return fresh
