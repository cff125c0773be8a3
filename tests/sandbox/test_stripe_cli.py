"""An outside judge: Stripe's own command line plays its scenes on the sandbox, and every event it promises comes true."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.sandbox.receiver import Receiver
from tests.sandbox.shop import Shop
from tests.sandbox.stripe_cli import CommandLine, command_line
from tests.sandbox_server import RunningSandbox

CREATED = "payment_intent.created"
CHARGED = [CREATED, "charge.succeeded", "payment_intent.succeeded"]
DEBITED = [CREATED, "payment_intent.processing", "checkout.session.completed"]
REFUNDED = [*CHARGED, "refund.created", "charge.refunded"]
INQUIRED = [*CHARGED, "charge.dispute.created"]
SCENES = {
    "checkout.session.completed": [*CHARGED, "checkout.session.completed"],
    "checkout.session.async_payment_succeeded": [
        *DEBITED,
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ],
    "checkout.session.async_payment_failed": [
        *DEBITED,
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ],
    "checkout.session.expired": ["checkout.session.expired"],
    "charge.refunded": REFUNDED,
    "charge.refund.updated": [*REFUNDED, "refund.updated", "charge.refund.updated"],
    "charge.dispute.created": INQUIRED,
    "charge.dispute.updated": [*INQUIRED, "charge.dispute.updated"],
    "charge.dispute.closed": [*INQUIRED, "charge.dispute.closed"],
    "payment_intent.payment_failed": [CREATED, "charge.failed", "payment_intent.payment_failed"],
}


@pytest_asyncio.fixture
async def cli(sandbox: RunningSandbox) -> AsyncIterator[CommandLine]:
    async with command_line(sandbox.url) as found:
        yield found


@pytest.mark.parametrize("scene", SCENES)
async def test_a_scene_of_the_command_line_leads_to_its_events(
    cli: CommandLine, shop: Shop, sandbox: RunningSandbox, receiver: Receiver, scene: str
) -> None:
    await cli.trigger(scene)
    sandbox.advance(60)
    assert await shop.event_types() == SCENES[scene]
    letters = await receiver.wait_for(len(SCENES[scene]))
    assert {receiver.verified(letter).type for letter in letters} == set(SCENES[scene])


async def test_the_command_line_pays_a_session_as_its_buyer(cli: CommandLine, shop: Shop) -> None:
    session = await shop.session()
    page = await cli.ask("get", f"/v1/payment_pages/{session.id}")
    assert (page["id"], page["amount_total"]) == (session.id, 7900)
    await cli.ask("post", f"/v1/payment_pages/{session.id}/confirm", *_pays("pm_card_visa"))
    paid = await shop.read(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.metadata is not None and paid.metadata.to_dict() == {"purchase_id": "pur_1"}


async def test_a_page_is_confirmed_once_at_its_price_and_with_money(cli: CommandLine, shop: Shop) -> None:
    session = await shop.session()
    address = f"/v1/payment_pages/{session.id}/confirm"
    wrong = await cli.ask("post", address, *_pays("pm_card_visa", 7899))
    poor = await cli.ask("post", address, *_pays("pm_card_chargeDeclined"))
    await cli.ask("post", address, *_pays("pm_card_visa"))
    again = await cli.ask("post", address, *_pays("pm_card_visa"))
    assert wrong["error"]["param"] == "expected_amount"
    assert (poor["error"]["type"], poor["error"]["decline_code"]) == ("card_error", "generic_decline")
    assert poor["error"]["payment_intent"]["status"] == "requires_payment_method"
    assert "status of `complete`" in again["error"]["message"]
    assert (await shop.event_types()).count("checkout.session.completed") == 1


async def test_the_command_line_gives_money_back(cli: CommandLine, shop: Shop) -> None:
    session = await shop.session()
    await cli.ask("post", f"/v1/payment_pages/{session.id}/confirm", *_pays("pm_card_visa"))
    intent_id = (await shop.read(session.id)).payment_intent
    refund = await cli.ask("refunds", "create", f"--payment-intent={intent_id}", "--amount=900")
    assert (refund["status"], refund["amount"], refund["payment_intent"]) == ("succeeded", 900, intent_id)


async def test_the_command_line_sends_an_event_again(
    cli: CommandLine, shop: Shop, receiver: Receiver
) -> None:
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
    (first,) = await receiver.wait_for(1)
    endpoint = (await shop.stripe.v1.webhook_endpoints.list_async()).data[0]
    await cli.ask("events", "resend", first.event["id"], "--webhook-endpoint", endpoint.id)
    assert (await receiver.wait_for(2))[1].body == first.body


def _pays(payment_method: str, amount_cents: int = 7900) -> list[str]:
    return ["-d", f"payment_method={payment_method}", "-d", f"expected_amount={amount_cents}"]
