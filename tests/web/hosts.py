"""Requests that name a host other than ours, or ours in an odd way, and the one status that answers each (W19)."""

from tests.web.lines import asked

GET = b"GET /help HTTP/1.1"
EVIL = b"evil.example"

HOSTS = {
    "another": (GET + b"\r\nHost: evil.example\r\n\r\n", 400),
    "another, and ours": (GET + b"\r\nHost: evil.example\r\nHost: HOST\r\n\r\n", 400),
    "ours, and another": (asked(GET, b"Host: evil.example\r\n"), 400),
    "ours, and another in small letters": (asked(GET, b"host: evil.example\r\n"), 400),
    "ours twice": (asked(GET, b"Host: HOST\r\n"), 400),
    "a list": (GET + b"\r\nHost: HOST, evil.example\r\n\r\n", 400),
    "none": (GET + b"\r\n\r\n", 400),
    "an empty one": (GET + b"\r\nHost:\r\n\r\n", 400),
    "none, as in HTTP/1.0": (b"GET /help HTTP/1.0\r\n\r\n", 400),
    "ours as a user of another": (GET + b"\r\nHost: HOST@evil.example\r\n\r\n", 400),
    "another as a user of ours": (GET + b"\r\nHost: evil.example@HOST\r\n\r\n", 400),
    "ours with a path": (GET + b"\r\nHost: HOST/evil.example\r\n\r\n", 400),
    "ours before another": (GET + b"\r\nHost: HOST.evil.example\r\n\r\n", 400),
    "a blank before the colon": (GET + b"\r\nHost : HOST\r\n\r\n", 400),
    "another on a line that goes on": (GET + b"\r\nHost: HOST\r\n evil.example\r\n\r\n", 400),
    "absolute: another, twice": (b"GET http://evil.example/help HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "absolute: ours, but another": (b"GET http://HOST/help HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "absolute: another, as in HTTP/1.0": (b"GET http://evil.example/help HTTP/1.0\r\n\r\n", 400),
    # The server keeps the host of such an address to itself, so ours is what there is to answer for.
    "absolute: another, but ours": (asked(b"GET http://evil.example/help HTTP/1.1"), 200),
    "absolute: another with ours as its user": (asked(b"GET http://HOST@evil.example/help HTTP/1.1"), 200),
    "absolute: ours": (asked(b"GET http://HOST/help HTTP/1.1"), 200),
    "absolute: a page that only people see": (asked(b"GET http://evil.example/dashboard HTTP/1.1"), 303),
    "a host and no page": (asked(b"GET evil.example:80 HTTP/1.1"), 200),
    "a page that looks like a host": (asked(b"GET //evil.example/help HTTP/1.1"), 404),
    "no page": (asked(b"OPTIONS * HTTP/1.1"), 204),
    "forwarded by nobody we know": (
        asked(
            GET, b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nX-Original-URL: /x\r\n"
        ),
        200,
    ),
}
