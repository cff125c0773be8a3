"""An outside judge: what the sandbox takes and gives is compared with Stripe's own description of its API."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.sandbox import moves
from app.sandbox.api.door import ENDPOINTS
from app.sandbox.store import Wanted
from tests.sandbox.shop import Shop
from tests.sandbox.stripe_cli import command_line
from tests.sandbox.stripe_document import differences, document, operation, unknown_params
from tests.sandbox_server import RunningSandbox

UNDOCUMENTED = {  # Stripe's command line calls them, its documents do not name them
    "/v1/events/{id}/retry",
    "/v1/payment_pages/{id}",
    "/v1/payment_pages/{id}/confirm",
}
MOVES = Path(moves.__file__).parent
EMITTED = re.compile(r'emit\("([a-z_.]+)"')
EVENT_TYPES = "SELECT DISTINCT json_extract(body, '$.type') AS type FROM objects WHERE kind = 'event'"
POOR = {"amount": "100", "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": "true"}
REFUSALS = [
    ("/v1/customers", {"colour": "red"}, 400),
    ("/v1/checkout/sessions", {"mode": "payment"}, 400),
    ("/v1/checkout/sessions/cs_test_gone/expire", {}, 404),
    ("/v1/payment_intents", POOR, 402),
]
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
    {"number": "4000000000002685"},
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
        for difference in unknown_params(one.takes, operation(one.method, one.path).takes, one.path)
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


async def test_every_kind_of_event_is_one_of_stripes_and_was_looked_at(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    known = operation("POST", "/v1/webhook_endpoints").takes["enabled_events"]["items"]["enum"]
    await _a_busy_day(shop, sandbox)
    told = {row["type"] for row in sandbox.state.store.rows(EVENT_TYPES)}
    assert told <= set(known)
    assert told == {name for path in MOVES.glob("*.py") for name in EMITTED.findall(path.read_text())}


@pytest.mark.parametrize(("address", "form", "status"), REFUSALS)
async def test_a_refusal_looks_as_stripe_says(
    sandbox: RunningSandbox, address: str, form: dict[str, str], status: int
) -> None:
    document()
    auth = ("sk_test_x", "")
    async with httpx.AsyncClient(base_url=sandbox.url, auth=auth, trust_env=False) as http:
        answer = await http.post(address, data=form)
    assert answer.status_code == status
    assert _differences(answer.json(), "error") == []


async def test_what_the_command_line_makes_looks_as_stripe_says(shop: Shop, sandbox: RunningSandbox) -> None:
    document()
    async with command_line(sandbox.url) as cli:
        for scene in ("checkout.session.completed", "checkout.session.async_payment_failed"):
            await cli.trigger(scene)
        for scene in ("charge.dispute.updated", "payment_intent.payment_failed"):
            await cli.trigger(scene)
    for name in ("event", "payment_intent", "payment_method", "charge", "checkout.session"):
        found = sandbox.state.store.newest(Wanted(name))
        assert found, name
        assert [fault for one in found for fault in _differences(one, name)] == []


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
    accepted, inquiry, won = (await shop.stripe.v1.disputes.list_async()).data
    evidence: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    await shop.stripe.v1.disputes.update_async(won.id, evidence)
    for lost in (accepted, inquiry):
        await shop.stripe.v1.disputes.close_async(lost.id)
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
