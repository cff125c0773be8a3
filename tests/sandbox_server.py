"""A sandbox for a test: in this process, in the running loop, on a free port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from app.sandbox.options import SandboxOptions
from app.sandbox.server import LOOPBACK, EmbeddedServer
from app.sandbox.store import Document
from app.sandbox.switches import deliveries_of
from app.sandbox.world import World

DEADLINE_SECONDS = 10.0


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that answers at `url`; `state` is its inside, for switches and for a look at what it did."""

    url: str
    state: World

    def fault(self, side: str, kind: str, *, match: str = "*", times: int = 1, seconds: float = 5.0) -> None:
        """Switch a fault on for the next `times` matches."""
        self.state.faults.add(side, kind, match=match, times=times, seconds=seconds)

    def advance(self, seconds: float) -> int:
        """Move the clock and make every move that falls due."""
        return self.state.advance(seconds)

    def deliveries(self, event_type: str | None = None) -> list[Document]:
        """Every delivery with its attempts, of one type if asked."""
        return [found for found in deliveries_of(self.state) if event_type in (None, found["type"])]

    def stored(self, kind: str, object_id: str) -> Document:
        """One object as the API would show it."""
        found = self.state.store.get(kind, object_id)
        assert found is not None, f"no {kind} {object_id}"
        return found

    def tamper(self, kind: str, object_id: str, **changes: Any) -> None:
        """Make an object say something that Stripe never said; no event tells of it."""
        with self.state.change() as change:
            change.save(change.load(kind, object_id) | changes)

    def tell(self, event_type: str, kind: str, object_id: str) -> str:
        """Send an event about an object as it is now, whether or not anything happened; its id."""
        with self.state.change() as change:
            return change.emit(event_type, change.load(kind, object_id))

    async def quiet(self) -> None:
        """Wait until no delivery is due or under way."""
        async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE_SECONDS) as http:
            (await http.post(f"{self.url}/_test/quiet")).raise_for_status()

    async def pay(self, session_id: str, **fields: str) -> httpx.Response:
        """Send the payment page's form as a buyer; without fields it pays. Redirects are not followed."""
        async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE_SECONDS + 5) as http:
            return await http.post(f"{self.url}/c/pay/{session_id}/complete", data=fields)


@asynccontextmanager
async def running_sandbox(
    *, webhook_transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> AsyncIterator[RunningSandbox]:
    """A sandbox that lives as long as the block; `options` are those of SandboxOptions but `public_url`.

    With `webhook_transport` (say, httpx.ASGITransport(app)) webhooks reach an application that has no port.
    """
    with socket.socket() as reserved:
        # The server may share a port that asks for it, so nobody can take this one before it does.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((LOOPBACK, 0))
        port = reserved.getsockname()[1]
        url = f"http://{LOOPBACK}:{port}"
        world = World(SandboxOptions(public_url=url, **options), webhook_transport=webhook_transport)
        server = EmbeddedServer(world, LOOPBACK, port)
        serving = asyncio.create_task(server.serve())
        try:
            await _until_it_answers(url, serving)
            yield RunningSandbox(url, world)
            assert not world.unimplemented, f"the sandbox does not answer {dict(world.unimplemented)}"
        finally:
            server.stop()
            await serving


async def _until_it_answers(url: str, serving: asyncio.Task[None]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), httpx.AsyncClient(trust_env=False) as http:
        while not serving.done():
            try:
                await http.get(f"{url}/healthz")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.005)
        await serving
