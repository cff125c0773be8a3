"""Everything one running sandbox consists of. Decides nothing."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from app.sandbox import objects
from app.sandbox.change import API_VERSION, Cause, Change
from app.sandbox.clock import Clock
from app.sandbox.faults import Faults
from app.sandbox.moves.timers import run_due
from app.sandbox.options import SandboxOptions
from app.sandbox.store import Store, Wanted


class World:
    """One sandbox: its objects, its clock, its switches, and the bell that wakes the outbox."""

    def __init__(
        self, options: SandboxOptions, *, webhook_transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.webhook_transport = webhook_transport  # a test hands in its application instead of a port
        self.options = options
        self.clock = Clock(options.time_scale)
        self.store = Store(options.database)
        self.faults = Faults()
        self.hold_redirect_seconds = options.hold_redirect_seconds
        self.unimplemented: Counter[str] = Counter()
        self.in_flight: set[str] = set()
        self.bell = asyncio.Event()
        self.delivered = asyncio.Event()
        self.closing = asyncio.Event()
        self._set_up()

    @contextmanager
    def change(self, cause: Cause | None = None) -> Iterator[Change]:
        """One transaction; nobody may await inside. Afterwards the outbox looks for new work."""
        with self.store.write():
            yield Change(self.store, self.clock, self.options.public_url, cause or Cause())
        self.bell.set()

    async def next_delivery(self) -> None:
        """Wait until a delivery ends, well or not. Check what you wait for again: it may not be yours."""
        self.delivered.clear()
        await self.delivered.wait()

    def close(self) -> None:
        """Let go of everybody who waits, so that the server can stop at once."""
        self.closing.set()
        self.bell.set()
        self.delivered.set()

    def advance(self, seconds: float) -> int:
        """Move the clock, make every move that falls due on the way, and say how many there were."""
        self.clock.advance(seconds)
        with self.change() as change:
            return run_due(change)

    def reset(self) -> None:
        """Back to the first moment: no objects, no faults, the real time."""
        with self.store.write():
            self.store.forget_everything()
        self.faults.clear()
        self.unimplemented.clear()
        self.clock = Clock(self.options.time_scale)
        self.hold_redirect_seconds = self.options.hold_redirect_seconds
        self._set_up()

    def _set_up(self) -> None:
        # Calls that a stopped sandbox never answered are over; their keys may be used again.
        self.store.run("DELETE FROM idempotency WHERE status IS NULL")
        with self.change() as change:
            self._forward(change)

    def _forward(self, change: Change) -> None:
        """The endpoint named by the options exists from the start, and an earlier one no longer."""
        for earlier in self.store.newest(Wanted("webhook_endpoint", {"description": FORWARDING})):
            if earlier["url"] == self.options.forward_to:
                change.remember(earlier["id"], secret=self.options.webhook_secret)
                return
            self.store.delete(earlier["id"])
        if self.options.forward_to is None:
            return
        wanted = {"url": self.options.forward_to, "enabled_events": ["*"], "description": FORWARDING}
        endpoint = objects.webhook_endpoint(wanted, API_VERSION, change.now)
        change.add(endpoint, secret=self.options.webhook_secret)


FORWARDING = "Forwarding, set up at the start"
