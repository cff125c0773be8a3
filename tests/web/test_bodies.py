"""A body that does not come whole is the sender's affair: no failure of ours, and nothing waits for it for ever."""

import asyncio

import pytest
from litestar.types import HTTPReceiveMessage, Message

from app.web import bodies
from tests.web.small_site import small_site

HEADERS = [(b"host", b"127.0.0.1:8765"), (b"content-type", b"application/x-www-form-urlencoded")]
PART: HTTPReceiveMessage = {"type": "http.request", "body": b"a=", "more_body": True}


async def status_of(*events: HTTPReceiveMessage, then_waits: bool = False) -> int:
    """The answer to a form whose body comes in these pieces."""
    left, said = list(events), []

    async def receive() -> HTTPReceiveMessage:
        if not left and then_waits:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/form", "raw_path": b"/form", "query_string": b""}
    more = {"headers": HEADERS, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8765), "scheme": "http"}
    await small_site()(scope | more | {"root_path": ""}, receive, send)  # type: ignore[arg-type]
    [status] = [each["status"] for each in said if each["type"] == "http.response.start"]
    return int(status)


async def test_a_sender_who_hangs_up_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """W33"""
    assert await status_of(PART, {"type": "http.disconnect"}) == 400
    assert "request_failed" not in caplog.text


async def test_a_body_that_trickles_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """W33"""
    monkeypatch.setattr(bodies, "LONGEST_SECONDS", 0.02)
    assert await status_of(PART, then_waits=True) == 408
