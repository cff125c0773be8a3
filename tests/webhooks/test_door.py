"""Who gets in at `/webhooks/stripe`: nobody without a good signature, and nothing of anybody else is stored."""

import gzip
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest

from app.clock import utc_now
from app.payments.gateway import StripeEvent
from app.payments.stripe_gateway import StripeGateway
from tests.checkout.till import SECRET
from tests.webhooks.site import PATH, Site, count_of_events, event_of, signature, stored

BODY = json.dumps(event_of("cs_test_1", event_id="evt_never_stored")).encode()


def signed_bytes(body: bytes) -> str:
    """As an attacker with the secret would sign bytes that are no text."""
    at = int(utc_now().timestamp())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def refused(site: Site, body: bytes, header: str | None, status: int = 400, **more: object) -> None:
    before = await count_of_events()
    answer = await site.post(body, header, **more)
    assert answer.status_code == status
    assert answer.text == ""
    assert await count_of_events() == before


@pytest.mark.parametrize("header", [None, "", "garbage", "t=1", "v1=00", "t=,v1="])
async def test_without_a_signature_nothing_is_stored(site: Site, header: str | None) -> None:
    """BILL-04, W34."""
    await refused(site, BODY, header)


@pytest.mark.parametrize("secret", ["whsec_another", SECRET.upper(), SECRET + " "])
async def test_with_another_secret_nothing_is_stored(site: Site, secret: str) -> None:
    """W35."""
    await refused(site, BODY, signature(BODY, secret=secret))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: header.replace("v1=", "v0="),
        lambda header: header[:-1],
        lambda header: header.partition("v1=")[0] + "v1=" + header.partition("v1=")[2].upper(),
        lambda header: header.replace("v1=", "v1=é"),
        lambda header: header.partition(",")[0] + "," + header,
        lambda header: header.replace("t=", "t=1_"),
    ],
    ids=["other scheme", "truncated", "upper case", "not ascii", "two timestamps", "underscore"],
)
async def test_a_spoilt_signature_is_400_and_never_500(site: Site, spoil: object) -> None:
    """W35, W37."""
    assert callable(spoil)
    header = spoil(signature(BODY)).encode("latin-1")
    before = await count_of_events()
    answer = await site.http.post(PATH, content=BODY, headers=[(b"stripe-signature", header)])
    assert answer.status_code == 400
    assert await count_of_events() == before


async def test_two_signature_headers_are_refused(site: Site) -> None:
    """W37."""
    good = signature(BODY)
    before = await count_of_events()
    answer = await site.http.post(
        PATH, content=BODY, headers=[("stripe-signature", good), ("stripe-signature", good)]
    )
    assert answer.status_code == 400
    assert await count_of_events() == before


@pytest.mark.parametrize("seconds", [-320, 320, 86_400])
async def test_an_old_and_a_future_signature_are_refused(site: Site, seconds: int) -> None:
    """W36."""
    await refused(site, BODY, signature(BODY, shift_seconds=seconds))


async def test_a_changed_byte_is_refused(site: Site) -> None:
    """W38."""
    good = signature(BODY)
    for place in range(0, len(BODY), max(1, len(BODY) // 50)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        await refused(site, changed, good)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        BODY[:-1],
        BODY + b"\x00",
        b"\xef\xbb\xbf" + BODY,
        BODY.replace(b"evt_never", b"evt\xff_never"),
        BODY.replace(b'"livemode": false', b'"livemode": NaN'),
        BODY.replace(b'"id"', b'"id": "evt_first", "id"', 1),
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=[
        "empty", "no json", "array", "null", "string", "nothing in it", "cut off", "nul", "byte order mark",
        "no utf-8", "not a number", "repeated key", "deep",
    ],
)  # fmt: skip
async def test_odd_bytes_are_400_though_they_are_signed(site: Site, body: bytes) -> None:
    """W40, W41."""
    await refused(site, body, signed_bytes(body))


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_huge_body_is_413_before_anything_is_hashed(
    site: Site, is_streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W39."""
    asked: list[int] = []
    monkeypatch.setattr(StripeGateway, "read_event", lambda *given, **more: asked.append(1))
    body = b" " * (512 * 1024 + 1)

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    answer = await site.http.post(
        PATH,
        content=in_pieces() if is_streamed else body,
        headers={"stripe-signature": signature(body), "content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert asked == []


async def test_a_large_body_within_the_limit_is_read(site: Site) -> None:
    body = BODY[:-1] + b" " * (512 * 1024 - len(BODY)) + b"}"
    assert len(body) == 512 * 1024
    event = site.till.shop.gateway.read_event(body, signature(body), now=utc_now())
    assert isinstance(event, StripeEvent)
    await refused(site, body, "t=1,v1=00")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_only_post_is_heard(site: Site, method: str) -> None:
    """W42, W50."""
    answer = await site.http.request(
        method, PATH, content=BODY, headers={"stripe-signature": signature(BODY)}
    )
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-encoding": "gzip"},
    ],
)
async def test_another_format_is_not_read(site: Site, headers: dict[str, str]) -> None:
    """W42: not even where it is signed."""
    body = gzip.compress(BODY) if "content-encoding" in headers else BODY
    await refused(site, body, signed_bytes(body), 415, headers=headers)


async def test_stripe_needs_neither_token_nor_origin(site: Site) -> None:
    """ACCT-04: the signature is the way in, wherever the request comes from."""
    answer = await site.send(
        event_of(None, event_id="evt_from_anywhere", kind="unheard_of"),
        headers={"origin": "https://stripe.example", "sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 200
    assert (await stored("evt_from_anywhere"))["state"] == "ignored"
    assert "set-cookie" not in answer.headers


async def test_the_address_does_not_redirect(site: Site) -> None:
    """A 3xx is a failed delivery for Stripe."""
    answer = await site.post(BODY, signature(BODY) + "x")
    assert answer.status_code == 400
    assert "location" not in answer.headers
