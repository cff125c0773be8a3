"""Which webhook bodies are believed: real signatures by Stripe's own library, and everything that is almost one."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio
import stripe
from pydantic import SecretStr

from app.errors import NotVerifiable
from app.payments.gateway import StripeEvent
from app.payments.stripe_gateway import StripeGateway, stripe_gateway
from app.settings import Settings

OLD, NEW = "whsec_old_secret", "whsec_new_secret"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
SNAPSHOT: dict[str, object] = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "livemode": False,
    "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
}
THIN: dict[str, object] = {
    "id": "evt_2",
    "object": "v2.core.event",
    "type": "v1.checkout.session.completed",
    "livemode": False,
    "created": "2026-11-24T12:00:00Z",
    "related_object": {
        "id": "cs_test_1",
        "type": "checkout.session",
        "url": "/v1/checkout/sessions/cs_test_1",
    },
}


def settings_with(key: str = "sk_test_gateway", *, secrets: tuple[str, ...] = (OLD, NEW)) -> Settings:
    return Settings(
        environment="development",
        stripe_secret_key=SecretStr(key),
        stripe_webhook_secret=secrets,
        stripe_api_base=None,
    )


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def gateway() -> AsyncIterator[StripeGateway]:
    async with stripe_gateway(settings_with()) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def live() -> AsyncIterator[StripeGateway]:
    async with stripe_gateway(settings_with("sk_live_gateway")) as opened:
        yield opened


def body_of(event: object) -> bytes:
    return json.dumps(event).encode()


def signed(body: bytes, *, secret: str = NEW, at: int = AT) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(
        body.decode("utf-8", "surrogateescape"), secret, at
    )
    return header


def read(gateway: StripeGateway, body: bytes, header: str | None) -> StripeEvent:
    return gateway.read_event(body, header, now=NOW)


def test_a_signed_snapshot_is_reduced_to_what_the_inbox_needs(gateway: StripeGateway) -> None:
    body = body_of(SNAPSHOT)
    event = read(gateway, body, signed(body))
    assert event == StripeEvent("evt_1", "checkout.session.completed", "cs_test_1", False, body)


def test_a_thin_event_says_the_same(gateway: StripeGateway) -> None:
    body = body_of(THIN)
    event = read(gateway, body, signed(body))
    assert (event.type, event.object_id) == ("checkout.session.completed", "cs_test_1")


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_secrets_hold_during_rotation(gateway: StripeGateway, secret: str) -> None:
    """W43."""
    body = body_of(SNAPSHOT)
    assert read(gateway, body, signed(body, secret=secret)).id == "evt_1"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_a_moment_within_five_minutes_either_way_is_accepted(gateway: StripeGateway, seconds: int) -> None:
    body = body_of(SNAPSHOT)
    assert read(gateway, body, signed(body, at=AT + seconds)).id == "evt_1"


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_an_old_and_a_future_moment_are_refused(gateway: StripeGateway, seconds: int) -> None:
    """W36: Stripe's own check looks only at the past."""
    body = body_of(SNAPSHOT)
    with pytest.raises(NotVerifiable):
        read(gateway, body, signed(body, at=AT + seconds))


GOOD = signed(body_of(SNAPSHOT))
DIGEST = GOOD.partition("v1=")[2]
HEADERS = {
    "missing": None,
    "empty": "",
    "garbage": "hello",
    "no signature": f"t={AT}",
    "no timestamp": f"v1={DIGEST}",
    "empty signature": f"t={AT},v1=",
    "other scheme": f"t={AT},v0={DIGEST}",
    "truncated": GOOD[:-1],
    "upper case": f"t={AT},v1={DIGEST.upper()}",
    "not ascii": f"t={AT},v1=é{DIGEST[1:]}",
    "full-width digits": f"t={''.join(chr(ord(digit) + 0xFEE0) for digit in str(AT))},v1={DIGEST}",
    "underscored timestamp": f"t={str(AT)[:1]}_{str(AT)[1:]},v1={DIGEST}",
    "signed timestamp": f"t=+{AT},v1={DIGEST}",
    "empty timestamp": f"t=,v1={DIGEST}",
    "two timestamps": f"t={AT},t={AT},v1={DIGEST}",
    "an old timestamp behind": f"t={AT},v1={DIGEST},t=1",
    "spaced second timestamp": f"t={AT}, t={AT},v1={DIGEST}",
    "not a number": f"t=NaN,v1={DIGEST}",
    "huge timestamp": f"t={'9' * 400},v1={DIGEST}",
    "no equals sign": f"t{AT},v1{DIGEST}",
    "line break": f"t={AT}\nv1={DIGEST}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_header_that_is_almost_right_is_refused(gateway: StripeGateway, header: str | None) -> None:
    """W34, W35, W37."""
    with pytest.raises(NotVerifiable):
        read(gateway, body_of(SNAPSHOT), header)


def test_another_secret_is_refused(gateway: StripeGateway) -> None:
    """W35."""
    body = body_of(SNAPSHOT)
    with pytest.raises(NotVerifiable):
        read(gateway, body, signed(body, secret="whsec_somebody_else"))


def test_one_changed_byte_anywhere_is_refused(gateway: StripeGateway) -> None:
    """W38."""
    body = body_of(SNAPSHOT)
    for place in range(0, len(body), max(1, len(body) // 50)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(NotVerifiable):
            read(gateway, changed, signed(body))


def test_the_same_json_written_another_way_is_refused(gateway: StripeGateway) -> None:
    """W38."""
    body = body_of(SNAPSHOT)
    with pytest.raises(NotVerifiable):
        read(gateway, json.dumps(SNAPSHOT, indent=1).encode(), signed(body))


ODD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "not json": b"hello",
    "cut off": body_of(SNAPSHOT)[:-1],
    "invalid utf-8": body_of(SNAPSHOT)[:-1] + b"\xff}",
    "byte order mark": b"\xef\xbb\xbf" + body_of(SNAPSHOT),
    "nul at the end": body_of(SNAPSHOT) + b"\x00",
    "array": b"[]",
    "null": b"null",
    "string": b'"event"',
    "number": b"1",
    "empty object": b"{}",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "nan": b'{"id":"evt_1","object":"event","type":"x","livemode":false,"data":{"object":{"id":"a","n":NaN}}}',
    "infinity": b'{"id":"evt_1","object":"event","type":"x","livemode":false,"data":{"object":{"n":-Infinity}}}',
    "repeated key": b'{"id":"evt_1","id":"evt_2","object":"event","type":"x","livemode":false,"data":{"object":{}}}',
    "repeated key deep inside": b'{"id":"e","object":"event","type":"x","livemode":false,"data":{"object":{"a":1,"a":2}}}',
    "other object": body_of(SNAPSHOT | {"object": "charge"}),
    "no type": body_of({key: value for key, value in SNAPSHOT.items() if key != "type"}),
    "empty type": body_of(SNAPSHOT | {"type": ""}),
    "type as number": body_of(SNAPSHOT | {"type": 7}),
    "type with nul": body_of(SNAPSHOT | {"type": "a\x00b"}),
    "long type": body_of(SNAPSHOT | {"type": "x" * 256}),
    "id as object": body_of(SNAPSHOT | {"id": {"a": 1}}),
    "id with a line break": body_of(SNAPSHOT | {"id": "evt\n1"}),
    "id not ascii": body_of(SNAPSHOT | {"id": "évt"}),
    "lone surrogate": body_of(SNAPSHOT | {"id": "\ud800"}),
    "livemode as text": body_of(SNAPSHOT | {"livemode": "false"}),
    "no data": body_of({key: value for key, value in SNAPSHOT.items() if key != "data"}),
    "data as list": body_of(SNAPSHOT | {"data": []}),
    "huge number": b'{"id":'
    + b"9" * 5000
    + b',"object":"event","type":"x","livemode":false,"data":{"object":{}}}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
@pytest.mark.parametrize("mode", ["gateway", "live"])
def test_an_odd_body_is_refused_though_it_is_signed(
    body: bytes, mode: str, request: pytest.FixtureRequest
) -> None:
    """W40, W41: whatever breaks while it is read, the answer is one and the same."""
    with pytest.raises(NotVerifiable):
        read(request.getfixturevalue(mode), body, _signed_bytes(body))


def _signed_bytes(body: bytes) -> str:
    """As an attacker who has the secret would sign bytes that are no text."""
    import hashlib
    import hmac

    digest = hmac.new(NEW.encode(), f"{AT}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={AT},v1={digest}"


@pytest.mark.parametrize(
    "change",
    [
        lambda event: {key: value for key, value in event.items() if key != "id"},
        lambda event: {key: value for key, value in event.items() if key != "object"},
        lambda event: {key: value for key, value in event.items() if key != "livemode"},
    ],
    ids=["id", "object", "livemode"],
)
def test_a_stand_in_may_leave_out_what_live_mode_may_not(
    gateway: StripeGateway, live: StripeGateway, change: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    body = body_of(change(SNAPSHOT))
    assert read(gateway, body, signed(body)).object_id == "cs_test_1"
    with pytest.raises(NotVerifiable):
        read(live, body, signed(body))


def test_an_event_without_an_id_is_known_by_its_bytes(gateway: StripeGateway) -> None:
    body = body_of({key: value for key, value in SNAPSHOT.items() if key != "id"})
    first, again = (read(gateway, body, signed(body)) for _ in range(2))
    assert first.id == again.id
    assert first.id.startswith("body:")


def test_an_object_without_a_usable_id_leaves_the_event_readable(gateway: StripeGateway) -> None:
    """The inbox quarantines it: M46."""
    odd: tuple[object, ...] = ({}, {"id": None}, {"id": ""}, {"id": "a\x00b"}, [])
    for about in odd:
        body = body_of(SNAPSHOT | {"data": {"object": about}})
        assert read(gateway, body, signed(body)).object_id is None


def test_the_account_an_event_concerns_is_told(gateway: StripeGateway) -> None:
    """M35."""
    body = body_of(SNAPSHOT | {"account": "acct_other"})
    assert read(gateway, body, signed(body)).account == "acct_other"


@pytest.mark.parametrize(
    ("named", "found"),
    [("pi_1", "pi_1"), ({"id": "pi_1"}, "pi_1"), (None, None), (7, None), ("pi\n1", None)],
)
def test_a_snapshot_that_names_its_payment_saves_asking_for_it(
    gateway: StripeGateway, named: object, found: str | None
) -> None:
    """Refunds, disputes and charges belong to one payment for ever."""
    body = body_of(SNAPSHOT | {"data": {"object": {"id": "re_1", "payment_intent": named}}})
    assert read(gateway, body, signed(body)).payment_intent_id == found
