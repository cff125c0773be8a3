"""Checkout sessions over the API."""

import time
from typing import Any

import httpx
import pytest
from stripe import InvalidRequestError, StripeClient

from tests.sandbox.shop import CANCEL_URL, SECRET, SUCCESS_URL, Shop
from tests.sandbox_server import RunningSandbox, running_sandbox

READY = {"status": "open", "payment_status": "unpaid", "payment_intent": None, "livemode": False}


async def test_a_new_session_is_open_and_knows_its_order(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    found = session.to_dict()
    assert READY.items() <= found.items()
    assert (found["amount_subtotal"], found["amount_total"], found["currency"]) == (7900, 7900, "usd")
    assert (found["client_reference_id"], found["metadata"]) == ("pur_1", {"purchase_id": "pur_1"})
    assert (found["success_url"], found["cancel_url"]) == (SUCCESS_URL, CANCEL_URL)
    assert found["url"] == f"{sandbox.url}/c/pay/{session.id}"
    assert found["expires_at"] - found["created"] == 24 * 3600


async def test_line_items_come_only_when_they_are_asked_for(shop: Shop) -> None:
    session = await shop.session()
    assert "line_items" not in session
    expanded = (await shop.read(session.id, "line_items")).to_dict()["line_items"]["data"]
    listed = await shop.stripe.v1.checkout.sessions.line_items.list_async(session.id)
    assert [line["price"]["id"] for line in expanded] == [shop.price_id]
    assert [(line.description, line.quantity, line.amount_total) for line in listed.data] == [
        ("Single Flight", 1, 7900)
    ]


async def test_expired_once_it_is_closed_and_twice_is_refused(shop: Shop) -> None:
    session = await shop.session()
    expired = await shop.stripe.v1.checkout.sessions.expire_async(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(InvalidRequestError) as refusal:
        await shop.stripe.v1.checkout.sessions.expire_async(session.id)
    assert refusal.value.http_status == 400
    assert await shop.event_types() == ["checkout.session.expired"]


async def test_a_session_expires_by_itself_after_a_day(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    sandbox.advance(24 * 3600 - 60)
    assert (await shop.read(session.id)).status == "open"
    sandbox.advance(61)
    assert (await shop.read(session.id)).status == "expired"


async def test_a_paid_session_does_not_expire(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    await sandbox.pay(session.id)
    sandbox.advance(25 * 3600)
    assert (await shop.read(session.id)).status == "complete"
    with pytest.raises(InvalidRequestError):
        await shop.stripe.v1.checkout.sessions.expire_async(session.id)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"sucess_url": "http://127.0.0.1:9/"}, "sucess_url"),
        ({"payment_intent_data": {"metdata": "x"}}, "payment_intent_data[metdata]"),
        ({"line_items": [{"price": "price_x", "quantity": 1, "colour": "red"}]}, "line_items[0][colour]"),
    ],
)
async def test_an_unknown_parameter_is_refused_by_name(
    shop: Shop, change: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await shop.session(**change)
    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", param)


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        (
            {"line_items": [{"price": "price_gone", "quantity": 1}]},
            "line_items[0][price]",
            "resource_missing",
        ),
        (
            {"line_items": [{"price": "price_gone", "quantity": 0}]},
            "line_items[0][quantity]",
            "parameter_invalid_integer",
        ),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price]", "parameter_missing"),
        ({"customer": "cus_gone"}, "customer", "resource_missing"),
        ({"success_url": "not an address"}, "success_url", "url_invalid"),
        ({"cancel_url": "http://[::1"}, "cancel_url", "url_invalid"),
        ({"mode": "subscription"}, "mode", None),
        ({"client_reference_id": ""}, "client_reference_id", "parameter_invalid_empty"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]", None),
        ({"expires_at": int(time.time()) + 60}, "expires_at", None),
        ({"customer": "cus_1", "customer_email": "alice@example.com"}, "customer_email", None),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_parameter(
    shop: Shop, change: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await shop.session(**change)
    assert (refusal.value.http_status, refusal.value.param, refusal.value.code) == (400, param, code)


async def test_a_price_that_is_not_sold_any_more_is_refused(shop: Shop) -> None:
    await shop.stripe.v1.prices.update_async(shop.price_id, {"active": False})
    with pytest.raises(InvalidRequestError, match="inactive"):
        await shop.session()


async def test_an_unknown_session_is_not_found(stripe: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await stripe.v1.checkout.sessions.retrieve_async("cs_test_gone")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


async def test_expansion_works_with_and_without_an_index(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    await sandbox.pay(session.id)
    async with httpx.AsyncClient(auth=("sk_test_x", ""), trust_env=False) as http:
        for name in ("expand[]", "expand[0]"):
            query = {name: "payment_intent.latest_charge"}
            answer = await http.get(f"{sandbox.url}/v1/checkout/sessions/{session.id}", params=query)
            assert answer.json()["payment_intent"]["latest_charge"]["paid"] is True


async def test_expanding_what_cannot_be_expanded_is_refused(shop: Shop) -> None:
    session = await shop.session()
    for path in ("colour", "payment_intent.colour.shade.tone.hue", "status"):
        with pytest.raises(InvalidRequestError) as refusal:
            await shop.read(session.id, path)
        assert refusal.value.param == "expand"


async def test_sessions_are_found_by_payment_intent_status_customer_and_moment(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    customer = await shop.stripe.v1.customers.create_async({"email": "alice@example.com"})
    paid, opened = await shop.session(customer=customer.id), await shop.session()
    await sandbox.pay(paid.id)
    intent_id = (await shop.read(paid.id)).payment_intent
    listed = shop.stripe.v1.checkout.sessions.list_async
    assert isinstance(intent_id, str)
    assert [found.id for found in (await listed({"payment_intent": intent_id})).data] == [paid.id]
    assert [found.id for found in (await listed({"status": "open"})).data] == [opened.id]
    assert [found.id for found in (await listed({"customer": customer.id})).data] == [paid.id]
    assert [found.id for found in (await listed({"created": {"gte": paid.created}})).data] == [
        opened.id,
        paid.id,
    ]
    assert (await listed({"created": {"lt": paid.created}})).data == []


async def test_a_file_keeps_everything_over_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = str(tmp_path_factory.mktemp("sandbox") / "stripe.sqlite")
    async with running_sandbox(
        database=database, forward_to="http://127.0.0.1:9/a", webhook_secret=SECRET
    ) as first:
        with first.state.change() as change:
            change.at(change.clock.now() + 3600, "session.expire", "cs_test_1")
    async with running_sandbox(database=database, forward_to="http://127.0.0.1:9/b") as second:
        endpoints = second.state.store.rows("SELECT body FROM objects WHERE kind = 'webhook_endpoint'")
        assert len(second.state.store.rows("SELECT 1 FROM timers")) == 1
        assert [endpoint["body"].count("127.0.0.1:9/b") for endpoint in endpoints] == [1]
