"""An outside judge of the product's own calls: what it sends to Stripe, and what it gets back, is as Stripe says."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from pytest import MonkeyPatch

from app.catalog.packs import Pack
from app.payments.gateway import NewCheckout, NewCustomer, PaymentGateway
from app.payments.stripe_gateway import stripe_gateway
from app.sandbox.forms import decode
from app.sandbox.moves import disputing, refunding
from tests.checkout.till import settings_for
from tests.sandbox.stripe_document import differences, document, operation, unsaid
from tests.sandbox_server import RunningSandbox

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OFFERED = {
    name for name, offered in vars(PaymentGateway).items() if callable(offered) and not name.startswith("_")
} - {"read_event"}  # which asks nobody
PACK = Pack("single-flight", "Single Flight", 1, 7900, "usd", "One workshop")


@dataclass(frozen=True)
class Exchange:
    """One call over the wire, with its answer."""

    method: str
    address: str
    sent: dict[str, Any]
    answer: dict[str, Any]

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    def faults(self) -> list[str]:
        """Whatever Stripe's document does not say of it."""
        asked = operation(self.method, self.path)
        return [*unsaid(self.sent, asked, self.path), *differences(self.answer, asked.answer, self.path)]


@pytest.fixture
def exchanges(monkeypatch: MonkeyPatch) -> list[Exchange]:
    """Everything that Stripe's library sends and gets from now on; it is only listened to."""
    heard: list[Exchange] = []
    really = stripe.HTTPXClient.request_async

    async def listened(self: Any, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        content, status, more = await really(self, method, url, headers, post_data)
        sent = decode(post_data if post_data is not None else urlsplit(url).query)
        heard.append(Exchange(method.upper(), url, sent, json.loads(content)))
        return content, status, more

    monkeypatch.setattr(stripe.HTTPXClient, "request_async", listened)
    return heard


class Noted:
    """The gateway, with the names of whatever is asked of it."""

    def __init__(self, gateway: PaymentGateway) -> None:
        self._gateway = gateway
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(self._gateway, name)


async def test_every_call_of_the_product_and_every_answer_is_as_stripe_says(
    sandbox: RunningSandbox, exchanges: list[Exchange]
) -> None:
    document()
    async with stripe_gateway(settings_for(sandbox.url)) as gateway:
        asked = Noted(gateway)
        await _ask_everything(asked, sandbox)
    assert asked.names == OFFERED
    assert len(exchanges) >= len(OFFERED)
    assert [exchange for exchange in exchanges if "error" in exchange.answer] == []
    assert [fault for exchange in exchanges for fault in exchange.faults()] == []


async def test_the_judge_hears_a_misspelt_parameter_an_unknown_word_and_a_missing_one() -> None:
    asked = operation("POST", "/v1/checkout/sessions")
    sent = decode("mode=payments&sucess_url=x&line_items[0][prize]=y&payment_intent_data[metadata][a]=b")
    assert list(unsaid(sent, asked, "session")) == [
        "session.mode: 'payments'",
        "session.sucess_url: unknown",
        "session.line_items[].prize: unknown",
    ]
    assert list(unsaid({}, operation("POST", "/v1/payment_intents"), "intent")) == [
        "intent: amount is missing",
        "intent: currency is missing",
    ]


async def _ask_everything(gateway: Any, sandbox: RunningSandbox) -> None:
    """Whatever the gateway offers, about a purchase that was paid, then disputed or given back."""
    price = await gateway.push_price(PACK)
    await gateway.price_for(PACK)
    customer_id = await gateway.create_customer(NewCustomer("c", "usr_1", "Alice", "alice@example.test"))
    new = NewCheckout("pur_1:0", "pur_1", price.id, customer_id, "http://testserver/s", "http://testserver/c")
    session_id = (await gateway.create_checkout_session(new)).id
    await sandbox.pay(session_id)
    intent_id = (await gateway.checkout_session(session_id)).payment_intent_id
    await _money_back(sandbox, intent_id)
    (refund,), (dispute,) = await gateway.refunds(intent_id), await gateway.disputes(intent_id)
    await gateway.payment_intent_of("refund", refund.id)
    await gateway.payment_intent_of("dispute", dispute.id)
    await gateway.payment_intent_of("charge", sandbox.stored("refund", refund.id)["charge"])
    await gateway.purchase_named_by(intent_id)
    await gateway.receipt_url(intent_id)
    await gateway.sessions_for_payment_intent(intent_id)
    for listed in (
        gateway.sessions_since,
        gateway.refunds_since,
        gateway.disputes_since,
        gateway.changes_since,
    ):
        assert len([found async for found in listed(LONG_AGO)]) == 1
    unpaid = await gateway.create_checkout_session(replace(new, idempotency_key="pur_1:1"))
    await gateway.expire_checkout_session(unpaid.id)


async def _money_back(sandbox: RunningSandbox, intent_id: str) -> None:
    with sandbox.state.change() as change:
        charge = refunding.charge_of(change, {"payment_intent": intent_id})
        refunding.refund(change, charge, {"amount": 900})
        disputing.open_dispute(change, change.load("charge", charge["id"]), "fraudulent")
