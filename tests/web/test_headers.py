"""What every answer tells the browser (W19, W24, W28, W31, W52)."""

import httpx
import pytest
from litestar import Litestar

from app.web.static_files import StaticFiles
from tests.web.small_site import HTTPS, OPTIONS, client_of

STATIC = StaticFiles().address("app.css")
ANSWERS = [
    ("GET", "/help", 200),
    ("GET", "/healthz", 200),
    ("POST", "/form", 403),
    ("GET", "/no/such/page", 404),
    ("GET", "/form", 405),
    ("TRACE", "/help", 405),
    ("GET", "/fail/few", 402),
    ("GET", "/fail/bad", 422),
    ("GET", "/fail/broken", 500),
    ("GET", "/fail/locked", 503),
    ("GET", STATIC, 200),
    ("GET", "/static/x/none.css", 404),
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self' https://checkout.stripe.com; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_carries_the_headers(
    alice: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """W24, W31, W46, W50, W52"""
    answer = await alice.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers


@pytest.mark.parametrize(("method", "path", "status"), [each for each in ANSWERS if each[1] != STATIC])
async def test_nothing_but_a_file_may_be_kept(
    alice: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """W28: and a fragment is never taken for its page."""
    answer = await alice.request(method, path)
    assert answer.headers["cache-control"] == "no-store"
    assert "hx-request" in answer.headers["vary"].lower()


async def test_the_policy_never_allows_what_is_unsafe(alice: httpx.AsyncClient) -> None:
    """W24"""
    assert "unsafe" not in (await alice.get("/help")).headers["content-security-policy"]


async def test_https_is_remembered_and_http_is_not(site: Litestar, https_site: Litestar) -> None:
    """W52"""
    async with client_of(site) as plain, client_of(https_site, HTTPS) as safe:
        assert "strict-transport-security" not in (await plain.get("/help")).headers
        assert "max-age=31536000" in (await safe.get("/help")).headers["strict-transport-security"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "credits.example.evil.example",
        "127.0.0.1:8765@evil",
        "",
        "credits.example:8080",
        "127.0.0.1",
    ],
)
async def test_another_host_is_not_answered_for(https_site: Litestar, host: str) -> None:
    """W19"""
    async with client_of(https_site, HTTPS) as client:
        assert (await client.get("/help", headers={"host": host})).status_code == 400


async def test_two_hosts_are_none(https_site: Litestar) -> None:
    """W19"""
    async with client_of(https_site, HTTPS) as client:
        hosts = [("host", "credits.example"), ("host", "credits.example")]
        assert (await client.get("/help", headers=hosts)).status_code == 400


@pytest.mark.parametrize("host", ["localhost:9999", "127.0.0.1:1", "[::1]:8000", "127.0.0.1"])
async def test_in_development_this_machine_may_have_any_port(site: Litestar, host: str) -> None:
    async with client_of(site) as client:
        assert (await client.get("/help", headers={"host": host})).status_code == 200


async def test_forwarded_headers_of_strangers_change_nothing(nobody: httpx.AsyncClient) -> None:
    """W20"""
    forwarded = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil.example",
    }
    answer = await nobody.get("/help", headers=forwarded)
    assert (answer.status_code, "evil.example" in answer.text) == (200, False)
    assert OPTIONS.base_url.startswith("http://")
