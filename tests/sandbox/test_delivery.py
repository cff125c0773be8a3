"""How webhooks are sent, signed, sent again, and what can be made to go wrong with them."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe as stripe_sdk
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox.signing import signature_header
from tests.sandbox.receiver import Receiver
from tests.sandbox.shop import SECRET, Shop
from tests.sandbox_server import RunningSandbox

COMPLETED = "checkout.session.completed"


@given(
    body=st.text(min_size=1), secret=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
)
def test_the_sdk_believes_our_signature(body: str, secret: str) -> None:
    header = signature_header(body.encode(), secret, int(time.time()))
    assert stripe_sdk.WebhookSignature.verify_header(body.encode(), header, secret, 300)


async def test_every_event_arrives_signed_and_in_order(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    session = await shop.session()
    await sandbox.pay(session.id)
    letters = await receiver.wait_for(4)
    events = [receiver.verified(letter) for letter in letters]
    assert sorted(event.type for event in events) == sorted(await shop.event_types())
    completed = json.loads(receiver.of(COMPLETED)[0].body)
    assert completed["data"]["object"]["id"] == session.id
    assert completed["data"]["object"]["payment_status"] == "paid"
    assert (completed["object"], completed["livemode"]) == ("event", False)


async def test_a_webhook_that_is_refused_is_sent_again_with_the_same_bytes(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    receiver.statuses = [500, 302, 404]
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
    letters = await receiver.wait_for(4)
    await sandbox.quiet()
    assert len({letter.body for letter in letters}) == 1
    assert all(receiver.verified(letter) for letter in letters)
    (delivery,) = sandbox.deliveries("checkout.session.expired")
    assert delivery["state"] == "delivered"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 302, 404, 200]


async def test_the_gaps_between_attempts_grow_as_stripes_do(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.state.clock.time_scale = 1.0
    receiver.statuses = [500] * 7
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
    for attempt, gap_seconds in enumerate((5, 30, 120, 600, 3600, 3600, 3600), start=1):
        await receiver.wait_for(attempt)
        await sandbox.quiet()
        due_at = sandbox.deliveries("checkout.session.expired")[0]["due_at"]
        assert due_at - sandbox.state.clock.now() == pytest.approx(gap_seconds, abs=2)
        sandbox.advance(gap_seconds)
    await receiver.wait_for(8)


async def test_an_endpoint_that_is_away_gets_its_event_when_it_is_back(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    nobody: Any = {"url": "http://127.0.0.1:9/nobody", "enabled_events": [COMPLETED]}
    away = await shop.stripe.v1.webhook_endpoints.create_async(nobody)
    await sandbox.pay((await shop.session()).id)
    await receiver.wait_for(1, COMPLETED)
    await _until(lambda: any(one["attempts"] for one in _of_endpoint(sandbox, away.id)))
    await shop.stripe.v1.webhook_endpoints.update_async(away.id, {"url": receiver.url})
    await receiver.wait_for(2, COMPLETED)


async def test_an_endpoint_hears_only_what_it_asked_for(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    wanted: Any = {"url": receiver.url, "enabled_events": ["charge.succeeded", COMPLETED]}
    narrow = await shop.stripe.v1.webhook_endpoints.create_async(wanted)
    assert narrow.secret is not None and narrow.secret.startswith("whsec_")
    assert "secret" not in await shop.stripe.v1.webhook_endpoints.retrieve_async(narrow.id)
    await sandbox.pay((await shop.session()).id)
    await receiver.wait_for(6)
    assert {found["type"] for found in _of_endpoint(sandbox, narrow.id)} == {"charge.succeeded", COMPLETED}


async def test_a_deleted_endpoint_hears_nothing_more(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    for endpoint in (await shop.stripe.v1.webhook_endpoints.list_async()).data:
        await shop.stripe.v1.webhook_endpoints.delete_async(endpoint.id)
    await sandbox.pay((await shop.session()).id)
    assert sandbox.deliveries() == []
    assert receiver.letters == []


async def test_a_resent_event_arrives_once_more(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    await sandbox.pay((await shop.session()).id)
    (first,) = await receiver.wait_for(1, COMPLETED)
    endpoint = (await shop.stripe.v1.webhook_endpoints.list_async()).data[0]
    address = f"/v1/events/{first.event['id']}/retry"
    await shop.stripe.raw_request_async("post", address, webhook_endpoint=endpoint.id)
    again = (await receiver.wait_for(2, COMPLETED))[1]
    assert again.body == first.body


async def test_events_are_listed_by_type_and_by_whether_everybody_took_them(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "drop", match="checkout.session.expired")
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
    await sandbox.pay((await shop.session()).id)
    await receiver.wait_for(4)
    await sandbox.quiet()
    listed = shop.stripe.v1.events.list_async
    undelivered = (await listed({"delivery_success": False})).data
    assert [(event.type, event.pending_webhooks) for event in undelivered] == [
        ("checkout.session.expired", 1)
    ]
    assert len((await listed({"delivery_success": True})).data) == 4
    two = (await listed({"types": [COMPLETED, "charge.succeeded"]})).data
    assert [event.type for event in two] == [COMPLETED, "charge.succeeded"]
    assert [event.type for event in (await listed({"type": COMPLETED})).data] == [COMPLETED]


async def test_a_duplicate_is_the_same_event_twice(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "duplicate", match=COMPLETED)
    await sandbox.pay((await shop.session()).id)
    letters = await receiver.wait_for(2, COMPLETED)
    assert len({letter.event["id"] for letter in letters}) == 1


async def test_shuffled_events_arrive_in_reverse(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "shuffle", times=4)
    await sandbox.pay((await shop.session()).id)
    await receiver.wait_for(4)
    assert receiver.types() == (await shop.event_types())[::-1]


async def test_a_delayed_event_arrives_after_the_delay(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "delay", match=COMPLETED, seconds=3600)
    await sandbox.pay((await shop.session()).id)
    await receiver.wait_for(3)
    await sandbox.quiet()
    assert receiver.of(COMPLETED) == []
    sandbox.advance(3601)
    await receiver.wait_for(1, COMPLETED)


async def test_a_dropped_event_never_arrives_and_can_be_resent(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "drop", match="checkout.*")
    await sandbox.pay((await shop.session()).id)
    await receiver.wait_for(3)
    sandbox.advance(4 * 24 * 3600)
    await sandbox.quiet()
    (delivery,) = sandbox.deliveries(COMPLETED)
    assert (delivery["state"], receiver.of(COMPLETED)) == ("dropped", [])
    await shop.stripe.raw_request_async("post", f"/v1/events/{delivery['event_id']}/retry")
    await receiver.wait_for(1, COMPLETED)


@pytest.mark.parametrize("kind", ["bad_signature", "stale"])
async def test_an_unbelievable_signature_comes_first_and_a_true_one_later(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver, kind: str
) -> None:
    sandbox.fault("delivery", kind, match=COMPLETED)
    sandbox.fault("delivery", "drop", match="[!c]*", times=9)
    sandbox.fault("delivery", "drop", match="charge.*", times=9)
    receiver.statuses = [400]
    await sandbox.pay((await shop.session()).id)
    first, second = await receiver.wait_for(2, COMPLETED)
    with pytest.raises(stripe_sdk.SignatureVerificationError):
        receiver.verified(first)
    assert receiver.verified(second).type == COMPLETED


async def test_a_signature_from_the_future_carries_a_later_moment(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "future", match=COMPLETED)
    await sandbox.pay((await shop.session()).id)
    (letter,) = await receiver.wait_for(1, COMPLETED)
    assert int(letter.signature.split(",")[0].removeprefix("t=")) > time.time() + 300
    assert stripe_sdk.WebhookSignature.verify_header(letter.body, letter.signature, SECRET)


async def test_a_thin_event_names_its_object_and_is_signed_alike(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.fault("delivery", "thin", match=COMPLETED)
    session = await shop.session()
    await sandbox.pay(session.id)
    (letter,) = await receiver.wait_for(1, COMPLETED)
    notice = shop.stripe.parse_event_notification(letter.body, letter.signature, SECRET)
    assert (notice.type, letter.event["related_object"]["id"]) == (f"v1.{COMPLETED}", session.id)


async def test_the_moment_of_a_signature_is_real_whatever_the_sandboxs_clock_says(
    shop: Shop, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.advance(40 * 24 * 3600)
    await sandbox.pay((await shop.session()).id)
    (letter,) = await receiver.wait_for(1, COMPLETED)
    assert receiver.verified(letter).created > time.time() + 39 * 24 * 3600


def _of_endpoint(sandbox: RunningSandbox, endpoint_id: str) -> list[dict[str, object]]:
    return [found for found in sandbox.deliveries() if found["endpoint_id"] == endpoint_id]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
