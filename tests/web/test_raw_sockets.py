"""What no library would send, over plain sockets to the real server as the product runs it: it answers or hangs up,
never fails for it, and never takes a part of one request for another (W19, W26, W29, W33, W50, W55).
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.web.lines import Line, asked
from tests.web.live_site import live_site

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with live_site() as address:
        yield address.removeprefix("http://")


GET, POST = b"GET /help HTTP/1.1", b"POST /form HTTP/1.1"
SMUGGLED = asked(b"GET /told HTTP/1.1")
LENGTH = b"Content-Length: %d\r\n"

# Two readings of where a request ends: one answer at most, and then the line is dead.
DESYNC = {
    "length and chunks": asked(POST, FORM + CHUNKED + LENGTH % (5 + len(SMUGGLED)), b"0\r\n\r\n" + SMUGGLED),
    "chunks and length": asked(
        POST, FORM + CHUNKED + LENGTH % 4, b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n"
    ),
    "two encodings": asked(
        POST, CHUNKED + b"Transfer-Encoding: identity\r\n" + LENGTH % 5, b"0\r\n\r\n" + SMUGGLED
    ),
    "an unknown encoding": asked(
        POST, b"Transfer-Encoding: xchunked\r\n" + LENGTH % 5, b"0\r\n\r\n" + SMUGGLED
    ),
    "a blank before the colon": asked(
        POST, b"Transfer-Encoding : chunked\r\n" + LENGTH % 5, b"0\r\n\r\n" + SMUGGLED
    ),
    "a folded header": asked(
        POST, b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH % 5, b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks in HTTP/1.0": asked(b"POST /form HTTP/1.0", CHUNKED, b"0\r\n\r\n" + SMUGGLED),
    "two lengths": asked(POST, LENGTH % 0 + LENGTH % len(SMUGGLED), SMUGGLED),
    "a list of lengths": asked(POST, b"Content-Length: 0, 9\r\n", SMUGGLED),
    "a signed length": asked(POST, b"Content-Length: +0\r\n", SMUGGLED),
    "a negative length": asked(POST, b"Content-Length: -1\r\n", SMUGGLED),
    "an endless length": asked(POST, b"Content-Length: 99999999999999999999\r\n", SMUGGLED),
    "chunks of no number": asked(POST, FORM + CHUNKED, b"zz\r\nx\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk beyond 64 bits": asked(POST, FORM + CHUNKED, b"f" * 18 + b"\r\nx\r\n0\r\n\r\n" + SMUGGLED),
    "chunks without CR": asked(POST, FORM + CHUNKED, b"1\nx\n0\n\n" + SMUGGLED),
    "a huge extension of a chunk": asked(
        POST, FORM + CHUNKED, b"0;" + b"a" * 100_000 + b"\r\n\r\n" + SMUGGLED
    ),
}

# What is sent, and the one status that answers it.
ODD = {
    "two hosts": (asked(GET, b"Host: evil.example\r\n"), 400),
    "no host": (GET + b"\r\n\r\n", 400),
    "another host": (GET + b"\r\nHost: evil.example\r\n\r\n", 400),
    "our address, another host": (b"GET http://HOST/help HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "a tunnel": (asked(b"CONNECT evil.example:443 HTTP/1.1"), 404),
    "an unknown verb": (asked(b"FOO /help HTTP/1.1"), 405),
    "TRACE": (asked(b"TRACE /help HTTP/1.1"), 405),
    "a header of 64 kB": (asked(GET, b"X: " + b"a" * 65_536 + b"\r\n"), 431),
    "a header of 1 MB": (asked(GET, b"X: " + b"a" * 1_000_000 + b"\r\n"), 431),
    "a thousand headers": (asked(GET, b"".join(b"X%d: a\r\n" % n for n in range(1000))), 431),
    "an address of 70 kB": (asked(b"GET /" + b"a" * 70_000 + b" HTTP/1.1"), 431),
    "NUL in the address": (asked(b"GET /a\x00b HTTP/1.1"), 400),
    "NUL, encoded": (asked(b"GET /help%00?q=%00 HTTP/1.1"), 404),
    "NUL in a header": (asked(GET, b"X: a\x00b\r\n"), 400),
    "bytes that are no text": (asked(b"GET /\xff\xfe?q=\xff HTTP/1.1"), 400),
    "bytes that are no text, encoded": (asked(b"GET /help%ff%fe HTTP/1.1"), 404),
    "CR in a header": (asked(GET, b"X: a\rSet-Cookie: x\r\n"), 400),
    "a header without a colon": (asked(GET, b"nonsense\r\n"), 400),
    "cookies of any bytes": (asked(GET, b"Cookie: \xff=\xfe; who=\xff; a=b=c; =; ;;;\r\n"), 200),
    "a page before that cannot be read": (asked(POST, LENGTH % 0 + b"Referer: http://[\xff\r\n"), 403),
    "a packed body": (asked(POST, FORM + LENGTH % 3 + b"Content-Encoding: gzip\r\n", b"abc"), 403),
    "ten thousand fields": (asked(POST, FORM + LENGTH % 49_999, b"&".join([b"a=bb"] * 10_000)), 400),
    "a body above the limit": (asked(POST, FORM + LENGTH % 600_000, b"a" * 600_000), 413),
    "a body that says it is 11 MB": (asked(POST, FORM + LENGTH % 11_000_000, b"a" * 1000), 413),
    "a websocket": (
        asked(
            GET,
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YQ==\r\n",
        ),
        200,
    ),
    "HTTP/2 in plain": (
        asked(GET, b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
        200,
    ),
    "HTTP/9.9": (asked(b"GET /help HTTP/9.9"), 400),
    "HTTP/0.9": (b"GET /help\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), 400),
    "every byte there is": (bytes(range(256)) * 4, 400),
    "a backslash": (asked(b"GET \\help HTTP/1.1"), 400),
    "the way up": (asked(b"GET /static/../../../etc/passwd HTTP/1.1"), 404),
    "the way up, encoded": (asked(b"GET /static/x/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), 404),
    "a name that looks like a file": (asked(b"GET /help/x.css HTTP/1.1"), 404),
    "a name with a parameter": (asked(b"GET /help;.js HTTP/1.1"), 404),
}


@pytest.mark.parametrize("name", DESYNC)
def test_a_request_with_two_ends_is_answered_once_and_ends_the_line(host: str, name: str) -> None:
    """W33: whatever stood behind it is never answered, so no proxy can be made to mix up two people's answers."""
    with Line(host) as line:
        line.send(DESYNC[name])
        assert line.answer() in (400, 403)
        assert (line.answer(), line.is_closed) == (0, True)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_answered_for_what_it_is(host: str, name: str) -> None:
    """W19, W26, W29, W33, W50, W55: never a 5xx; and what the line says next is answered for itself."""
    sent, status = ODD[name]
    with Line(host) as line:
        line.send(sent)
        assert line.answer() == status
        line.send(asked(b"GET /healthz HTTP/1.1", b"Connection: close\r\n"))
        assert line.answer() in (200, 0)  # a line that ended with the odd request says nothing any more
        assert line.read == b""


def test_a_body_that_does_not_come_keeps_nobody_else_waiting(host: str) -> None:
    """W33: a hundred of them, and then one who asks for a page."""
    with ExitStack() as slow:
        for _ in range(100):
            slow.enter_context(Line(host)).send(asked(POST, FORM + LENGTH % 100, b"abc"))
        with Line(host) as line:
            line.send(asked(b"GET /healthz HTTP/1.1"))
            assert line.answer() == 200
