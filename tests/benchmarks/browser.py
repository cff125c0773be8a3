"""A browser that costs next to nothing: it calls an application in this process and keeps what was sent."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from random import randrange
from typing import cast
from urllib.parse import urlencode

from litestar import Litestar
from litestar.types import HTTPReceiveMessage, HTTPScope, Message

HOST = b"127.0.0.1:8000"
FORM = "application/x-www-form-urlencoded"


class Browser:
    """One browser at one application, with its session if it has one; it can unpack gzip, as all browsers can."""

    def __init__(self, app: Litestar, *, session: str = "") -> None:
        self.app = app
        self.headers = [
            (b"host", HOST),
            (b"accept-encoding", b"gzip"),
            (b"cookie", f"session={session}".encode()),
        ]

    async def get(
        self, address: str, headers: Mapping[str, str] | None = None, *, status: int = 200
    ) -> bytes:
        """The body of a page, as it was sent."""
        return await self._asked(_scope(address, [*self.headers, *_encoded(headers or {})]), b"", status)

    async def post(self, address: str, fields: Mapping[str, str], *, cookie: str) -> bytes:
        """The page that answers a form; sent by a client whose address nobody has had."""
        body = urlencode(fields).encode()
        given = {"cookie": cookie, "content-type": FORM, "content-length": str(len(body))}
        scope = _scope(address, [self.headers[0], *_encoded(given)])
        client = (f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}", 1)
        return await self._asked(cast(HTTPScope, {**scope, "method": "POST", "client": client}), body, 200)

    async def _asked(self, scope: HTTPScope, body: bytes, status: int) -> bytes:
        sent: list[Message] = []

        async def receive() -> HTTPReceiveMessage:
            assert body, "a GET has no body to wait for"
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        head, answer = sent
        assert head["type"] == "http.response.start" and head["status"] == status
        assert answer["type"] == "http.response.body"
        return answer["body"]

    async def size_of(self, address: str, measure: Callable[[], float] = lambda: 0.0) -> tuple[int, float]:
        """Take a file piece by piece and keep nothing: its bytes, and the largest that was measured on the way."""
        size_bytes, largest, is_over = 0, 0.0, asyncio.Event()

        async def receive() -> HTTPReceiveMessage:
            await is_over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal size_bytes, largest
            if message["type"] == "http.response.body":
                size_bytes, largest = size_bytes + len(message["body"]), max(largest, measure())
                if not message.get("more_body"):
                    is_over.set()

        await self.app(_scope(address, self.headers), receive, send)
        return size_bytes, largest


def unpacked(body: bytes) -> str:
    """The text of a page, whether it came packed or not."""
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), text.encode()) for name, text in headers.items()]


def _scope(address: str, headers: list[tuple[bytes, bytes]]) -> HTTPScope:
    path, _, query = address.partition("?")
    given = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    return cast(HTTPScope, given)
