"""What a buyer can do on the payment page, and what it sets off."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.sandbox.clients import sdk
from tests.sandbox.receiver import Receiver
from tests.sandbox.shop import SECRET, Shop, open_shop
from tests.sandbox_server import RunningSandbox, running_sandbox

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]
REFUSED = ["charge.failed", "payment_intent.payment_failed"]
DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline"),
    ("4000000000009995", "card_declined", "insufficient_funds"),
    ("4000000000009987", "card_declined", "lost_card"),
    ("4000000000009979", "card_declined", "stolen_card"),
    ("4000000000000069", "expired_card", "expired_card"),
    ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    ("4000000000000119", "processing_error", "processing_error"),
]


async def test_a_form_without_fields_pays_and_leads_back_with_the_sessions_id(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    session = await shop.session()
    answer = await sandbox.pay(session.id)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://127.0.0.1:9/checkout/success?session_id={session.id}"
    paid = (await shop.read(session.id, "payment_intent.latest_charge")).to_dict()
    intent = paid["payment_intent"]
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 7900)
    assert intent["metadata"] == intent["latest_charge"]["metadata"] == {"purchase_id": "pur_1"}
    assert (intent["latest_charge"]["paid"], intent["latest_charge"]["amount_refunded"]) == (True, 0)
    assert await shop.event_types() == PAID


async def test_every_place_for_the_sessions_id_is_filled_in(shop: Shop, sandbox: RunningSandbox) -> None:
    place = "{CHECKOUT_SESSION_ID}"
    session = await shop.session(success_url=f"http://127.0.0.1:9/{place}?again={place}")
    answer = await sandbox.pay(session.id)
    assert answer.headers["location"] == f"http://127.0.0.1:9/{session.id}?again={session.id}"


@pytest.mark.parametrize(("number", "code", "decline_code"), DECLINES)
async def test_a_refused_card_leaves_the_session_open(
    shop: Shop, sandbox: RunningSandbox, number: str, code: str, decline_code: str
) -> None:
    session = await shop.session()
    answer = await sandbox.pay(session.id, number=number)
    found = (await shop.read(session.id, "payment_intent.latest_charge")).to_dict()
    error = found["payment_intent"]["last_payment_error"]
    assert answer.status_code == 402
    assert (found["status"], found["payment_intent"]["status"]) == ("open", "requires_payment_method")
    assert (error["code"], error["decline_code"]) == (code, decline_code)
    assert error["message"] in answer.text.replace("&#39;", "'")
    assert found["payment_intent"]["latest_charge"]["status"] == "failed"
    assert await shop.event_types() == ["payment_intent.created", *REFUSED]


async def test_after_a_decline_another_card_pays_the_same_payment_intent(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    session = await shop.session()
    await sandbox.pay(session.id, number="4000000000000002")
    declined = await shop.read(session.id)
    await sandbox.pay(session.id, number="4242 4242 4242 4242")
    paid = await shop.read(session.id)
    assert (paid.payment_status, paid.payment_intent) == ("paid", declined.payment_intent)
    assert await shop.event_types() == ["payment_intent.created", *REFUSED, *PAID[1:]]
    charges = await shop.stripe.v1.charges.list_async({"payment_intent": str(paid.payment_intent)})
    assert [charge.status for charge in charges.data] == ["succeeded", "failed"]


async def test_a_card_that_is_no_test_card_changes_nothing(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    assert (await sandbox.pay(session.id, number="5555444433332222")).status_code == 402
    assert (await shop.read(session.id)).payment_intent is None
    assert await shop.event_types() == []


@pytest.mark.parametrize("number", ["4000002760003184", "4000002500003155", "4000008400001629"])
async def test_a_bank_that_asks_sends_the_buyer_to_its_question(
    shop: Shop, sandbox: RunningSandbox, number: str
) -> None:
    session = await shop.session()
    answer = await sandbox.pay(session.id, number=number)
    found = (await shop.read(session.id, "payment_intent")).to_dict()
    assert (answer.status_code, answer.headers["location"]) == (303, f"/c/pay/{session.id}/authenticate")
    assert (found["status"], found["payment_intent"]["status"]) == ("open", "requires_action")


async def test_who_confirms_to_the_bank_has_paid(shop: Shop, sandbox: RunningSandbox) -> None:
    assert await _asked_and_answered(shop, sandbox, "4000002500003155", "pass") == (303, PAID[1:])


async def test_who_denies_to_the_bank_has_not_paid(shop: Shop, sandbox: RunningSandbox) -> None:
    refused = (402, ["payment_intent.payment_failed"])
    assert await _asked_and_answered(shop, sandbox, "4000002500003155", "fail") == refused


async def test_a_bank_may_refuse_after_it_was_answered(shop: Shop, sandbox: RunningSandbox) -> None:
    assert await _asked_and_answered(shop, sandbox, "4000008400001629", "pass") == (402, REFUSED)


async def test_the_bank_is_answered_once(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    await sandbox.pay(session.id, number="4000002500003155")
    await _answer_the_bank(sandbox, session.id, "pass")
    again = await _answer_the_bank(sandbox, session.id, "fail")
    assert again.status_code == 303
    assert (await shop.event_types()).count("checkout.session.completed") == 1


async def test_an_answer_that_no_bank_waits_for_pays_nothing(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    assert (await _answer_the_bank(sandbox, session.id, "pass")).status_code == 402
    assert (await shop.read(session.id)).status == "open"


@pytest.mark.parametrize("method", ["sepa_debit", "us_bank_account"])
async def test_a_bank_debit_is_complete_at_once_and_paid_when_it_settles(
    shop: Shop, sandbox: RunningSandbox, method: str
) -> None:
    sandbox.state.clock.time_scale = 1.0
    session = await shop.session()
    assert (await sandbox.pay(session.id, method=method, outcome="succeed")).status_code == 303
    unpaid = (await shop.read(session.id, "payment_intent")).to_dict()
    assert (unpaid["status"], unpaid["payment_status"]) == ("complete", "unpaid")
    assert unpaid["payment_intent"]["status"] == "processing"
    before = ["payment_intent.created", "payment_intent.processing", "checkout.session.completed"]
    assert await shop.event_types() == before
    sandbox.advance(60)
    paid = (await shop.read(session.id, "payment_intent")).to_dict()
    assert (paid["payment_status"], paid["payment_intent"]["status"]) == ("paid", "succeeded")
    after = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"]
    assert await shop.event_types() == before + after


async def test_a_bank_debit_that_fails_leaves_the_session_complete_and_unpaid(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    sandbox.state.clock.time_scale = 1.0
    session = await shop.session()
    await sandbox.pay(session.id, method="sepa_debit", iban="IT60 X054 2811 1010 0000 0123 456")
    sandbox.advance(60)
    failed = (await shop.read(session.id, "payment_intent")).to_dict()
    assert (failed["status"], failed["payment_status"]) == ("complete", "unpaid")
    assert failed["payment_intent"]["status"] == "requires_payment_method"
    assert (await shop.event_types())[3:] == [*REFUSED, "checkout.session.async_payment_failed"]


async def test_a_stuck_bank_debit_stays_stuck(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    await sandbox.pay(session.id, method="sepa_debit", iban="AT321904300235473204")
    sandbox.advance(30 * 24 * 3600)
    found = (await shop.read(session.id, "payment_intent")).to_dict()
    assert (found["payment_status"], found["payment_intent"]["status"]) == ("unpaid", "processing")


async def test_a_method_the_session_does_not_take_is_refused(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session(payment_method_types=["card"])
    assert (await sandbox.pay(session.id, method="sepa_debit")).status_code == 402
    assert (await shop.read(session.id)).status == "open"


async def test_pressing_pay_many_times_at_once_pays_once(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    answers = await asyncio.gather(*(sandbox.pay(session.id) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await shop.event_types() == PAID


async def test_an_expired_page_is_gone_and_shows_the_way_back(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    await shop.stripe.v1.checkout.sessions.expire_async(session.id)
    answer = await sandbox.pay(session.id)
    assert answer.status_code == 410
    assert 'href="http://127.0.0.1:9/checkout/cancel"' in answer.text
    assert (await shop.read(session.id)).payment_status == "unpaid"


async def test_a_form_that_makes_no_sense_pays_nothing(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    assert (await sandbox.pay(session.id, **{"number[": "4242424242424242"})).status_code == 400
    assert (await sandbox.pay(session.id, number="drop table")).status_code == 402
    assert (await shop.read(session.id)).status == "open"


async def test_an_unknown_page_is_not_found(sandbox: RunningSandbox) -> None:
    assert (await sandbox.pay("cs_test_gone")).status_code == 404


async def test_the_buyers_address_is_the_customers_or_what_was_typed(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    customer = await shop.stripe.v1.customers.create_async({"email": "alice@example.com"})
    known, unknown = await shop.session(customer=customer.id), await shop.session()
    await sandbox.pay(known.id)
    await sandbox.pay(unknown.id, email="bob@example.com", name="Bob")
    assert (await shop.read(known.id)).to_dict()["customer_details"]["email"] == "alice@example.com"
    assert (await shop.read(unknown.id)).to_dict()["customer_details"]["email"] == "bob@example.com"
    assert (await shop.read(known.id, "customer")).to_dict()["customer"]["id"] == customer.id


async def test_the_redirect_waits_until_the_webhook_was_taken(receiver: Receiver) -> None:
    options: Any = {"webhook_secret": SECRET, "time_scale": 100.0}
    async with running_sandbox(forward_to=receiver.url, **options) as sandbox, sdk(sandbox.url) as client:
        receiver.statuses = [500] * 4
        session = await (await open_shop(client)).session()
        await sandbox.pay(session.id)
        completed = sandbox.deliveries("checkout.session.completed")
        assert [delivery["state"] for delivery in completed] == ["delivered"]
        assert len(receiver.of("checkout.session.completed")) >= 1


async def test_the_redirect_waits_no_longer_than_it_is_told(receiver: Receiver) -> None:
    options: Any = {"webhook_secret": SECRET, "hold_redirect_seconds": 0.2}
    async with running_sandbox(forward_to=receiver.url, **options) as sandbox, sdk(sandbox.url) as client:
        sandbox.fault("delivery", "drop", match="checkout.session.completed")
        session = await (await open_shop(client)).session()
        assert (await sandbox.pay(session.id)).status_code == 303
        assert receiver.of("checkout.session.completed") == []


async def _asked_and_answered(
    shop: Shop, sandbox: RunningSandbox, number: str, result: str
) -> tuple[int, list[str]]:
    """The status of the answer, and the events that followed the bank's question."""
    session = await shop.session()
    await sandbox.pay(session.id, number=number)
    answer = await _answer_the_bank(sandbox, session.id, result)
    first, asked, *more = await shop.event_types()
    assert (first, asked) == ("payment_intent.created", "payment_intent.requires_action")
    return answer.status_code, more


async def _answer_the_bank(sandbox: RunningSandbox, session_id: str, result: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        address = f"{sandbox.url}/c/pay/{session_id}/authenticate"
        assert (await http.get(address)).status_code in (200, 303)
        return await http.post(address, data={"result": result})
