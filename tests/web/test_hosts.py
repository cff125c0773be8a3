"""Which host a request may name: over plain sockets to a server, and as another server would hand it on (W19)."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from litestar import Litestar

from tests.web.hosts import EVIL, HOSTS
from tests.web.lines import Line
from tests.web.live_site import live_site

OF_THE_PRODUCT = {
    "absolute: a page that only people see",
    "a host and no page",
}  # pages that the small site lacks


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with live_site() as address:
        yield address.removeprefix("http://")


@pytest.mark.parametrize("name", [name for name in HOSTS if name not in OF_THE_PRODUCT])
def test_no_other_host_is_answered_for_or_led_to(host: str, name: str) -> None:
    """W19"""
    sent, status = HOSTS[name]
    with Line(host) as line:
        line.send(sent)
        assert line.answer() == status
        assert EVIL not in line.answered


# Servers differ in what they hand on: all of an absolute address, a part of it, or several hosts.
HANDED_ON: dict[str, tuple[dict[str, Any], list[bytes], int]] = {
    "another": ({}, [b"evil.example"], 400),
    "none": ({}, [], 400),
    "two": ({}, [b"127.0.0.1:8765", b"evil.example"], 400),
    "a host of odd bytes": ({}, [b"\xff\xfe"], 400),
    "the address whole": (
        {"path": "http://evil.example/help", "raw_path": b"http://evil.example/help"},
        [b"127.0.0.1:8765"],
        404,
    ),
    "a path with a host": ({"path": "//evil.example/help"}, [b"127.0.0.1:8765"], 404),
    "another server": ({"server": ("evil.example", 80)}, [b"127.0.0.1:8765"], 200),
    "under a folder": ({"root_path": "//evil.example"}, [b"127.0.0.1:8765"], 200),
}


@pytest.mark.parametrize("name", HANDED_ON)
async def test_whatever_a_server_hands_on_no_other_host_is_answered_for(site: Litestar, name: str) -> None:
    """W19"""
    changes, hosts, status = HANDED_ON[name]
    answered, answer = await handed_on(site, changes, hosts)
    assert answered == status
    assert EVIL not in answer


async def handed_on(app: Litestar, changes: Mapping[str, Any], hosts: list[bytes]) -> tuple[int, bytes]:
    """The status, and all that was said."""
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/help", "raw_path": b"/help", "query_string": b"", "root_path": "",
        "headers": [(b"host", each) for each in hosts], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8765),
    }  # fmt: skip
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    asked: Any = scope | dict(changes)
    await app(asked, receive, send)
    return said[0]["status"], repr(said[0]["headers"]).encode() + b"".join(
        each.get("body", b"") for each in said
    )
