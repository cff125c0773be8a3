"""A webhook endpoint on a real port that keeps what it gets and answers what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import stripe

DEADLINE_SECONDS = 10.0


@dataclass(frozen=True)
class Letter:
    """One webhook as it came."""

    body: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def type(self) -> str:
        return str(self.event["type"])


@dataclass
class Receiver:
    """Letters in the order they came; `statuses` are used up first, then it is 200."""

    secret: str
    url: str = ""
    letters: list[Letter] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for(self, count: int, event_type: str | None = None) -> list[Letter]:
        """The letters of a type, once there are so many."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(found := self.of(event_type)) < count:
                self.came.clear()
                await self.came.wait()
        return found

    def empty(self) -> None:
        self.letters.clear()
        self.statuses.clear()

    def of(self, event_type: str | None = None) -> list[Letter]:
        return [letter for letter in self.letters if event_type in (None, letter.type.removeprefix("v1."))]

    def types(self) -> list[str]:
        return [letter.type for letter in self.letters]

    def verified(self, letter: Letter) -> stripe.Event:
        """The event, if the SDK believes its signature."""
        event: stripe.Event = stripe.Webhook.construct_event(letter.body, letter.signature, self.secret)
        return event

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
            self.letters.append(Letter(body, headers["stripe-signature"]))
            status = self.statuses.pop(0) if self.statuses else 200
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
            self.came.set()
        finally:
            writer.close()


@asynccontextmanager
async def listening(secret: str) -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(secret)
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks"
    async with server:
        yield receiver
