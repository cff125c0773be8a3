"""An outside judge: what the sandbox takes and gives is compared with Stripe's own description of its API."""

from typing import Any

import httpx
import pytest

from app.sandbox.api.door import ENDPOINTS
from tests.sandbox.shop import Shop
from tests.sandbox.stripe_document import differences, document, known_params, unknown_params
from tests.sandbox_server import RunningSandbox

UNDOCUMENTED = {  # Stripe's command line calls them, its documents do not name them
    "/v1/events/{id}/retry",
    "/v1/payment_pages/{id}",
    "/v1/payment_pages/{id}/confirm",
}
LISTS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "events": "event",
    "balance_transactions": "balance_transaction",
    "webhook_endpoints": "webhook_endpoint",
}
BUYERS: tuple[dict[str, str], ...] = (
    {},
    {"number": "4000000000000002"},
    {"number": "4000002500003155"},
    {"number": "4000000000000259"},
    {"number": "4000000000001976"},
    {"number": "4000000000007726"},
    {"number": "4000000000005126"},
    {"method": "sepa_debit"},
    {"method": "us_bank_account", "outcome": "fail"},
)


def test_the_sandbox_takes_no_parameter_that_stripe_does_not_know() -> None:
    document()
    found = [
        difference
        for one in ENDPOINTS
        if one.path not in UNDOCUMENTED
        for difference in unknown_params(one.takes, known_params(one.method, one.path), one.path)
    ]
    assert found == []


async def test_every_object_and_every_event_looks_as_stripe_says(shop: Shop, sandbox: RunningSandbox) -> None:
    document()
    await _a_busy_day(shop, sandbox)
    auth = ("sk_test_x", "")
    async with httpx.AsyncClient(base_url=f"{sandbox.url}/v1/", auth=auth, trust_env=False) as http:
        for path, name in LISTS.items():
            data = (await http.get(path, params={"limit": 100})).json()["data"]
            assert data, path
            assert [found for one in data for found in _differences(one, name)] == []


async def test_an_expanded_session_looks_as_stripe_says(shop: Shop, sandbox: RunningSandbox) -> None:
    document()
    session = await shop.session()
    await sandbox.pay(session.id)
    expand = {"expand[]": ["line_items", "payment_intent.latest_charge.balance_transaction"]}
    async with httpx.AsyncClient(auth=("sk_test_x", ""), trust_env=False) as http:
        found = await http.get(f"{sandbox.url}/v1/checkout/sessions/{session.id}", params=expand)
    assert _differences(found.json(), "checkout.session") == []


@pytest.mark.parametrize(
    "wrong", [{"colour": "red"}, {"amount": "7900"}, {"object": "charge"}, {"currency": None}]
)
def test_the_judge_sees_what_is_wrong(wrong: dict[str, Any]) -> None:
    schema = document()["components"]["schemas"]["refund"]
    right = {"id": "re_1", "object": "refund", "amount": 1, "charge": None, "created": 1, "currency": "usd"}
    (name,) = wrong
    assert any(found.startswith(f"refund.{name}") for found in differences(right | wrong, schema, "refund"))


def _differences(found: dict[str, Any], name: str) -> list[str]:
    schemas = document()["components"]["schemas"]
    seen = list(differences(found, schemas[name], name))
    if name == "event":
        subject = found["data"]["object"]
        seen += differences(subject, schemas[subject["object"]], f"event.{subject['object']}")
    return seen


async def _a_busy_day(shop: Shop, sandbox: RunningSandbox) -> None:
    """Every kind of buyer, refunds, disputes with each end, and a session that ran out."""
    sandbox.state.clock.time_scale = 1.0
    await shop.stripe.v1.customers.create_async({"email": "alice@example.com"})
    for fields in BUYERS:
        session = await shop.session()
        await sandbox.pay(session.id, **fields)
        if fields.get("number") in (None, "4000000000007726", "4000000000005126") and "method" not in fields:
            intent_id = str((await shop.read(session.id)).payment_intent)
            await shop.stripe.v1.refunds.create_async({"payment_intent": intent_id, "amount": 900})
    sandbox.advance(60)
    won, accepted = (await shop.stripe.v1.disputes.list_async()).data
    evidence: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    await shop.stripe.v1.disputes.update_async(won.id, evidence)
    await shop.stripe.v1.disputes.close_async(accepted.id)
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
