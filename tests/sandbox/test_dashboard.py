"""The dashboard's buttons: each does what Stripe's own dashboard, or time, would do."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.sandbox.receiver import Receiver
from tests.sandbox.shop import Shop
from tests.sandbox_server import RunningSandbox

BANNER = "Sandbox: no real money moves."


@pytest_asyncio.fixture
async def person(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, follow_redirects=True) as http:
        yield http


async def test_an_empty_dashboard_says_how_to_begin(person: httpx.AsyncClient) -> None:
    answer = await person.get("/")
    assert answer.url.path == "/dashboard"
    assert "Nothing has been bought yet" in answer.text


async def test_a_debit_is_settled_or_failed_by_a_button(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    for button, status, last in (
        ("settle", "paid", "checkout.session.async_payment_succeeded"),
        ("fail", "unpaid", "checkout.session.async_payment_failed"),
    ):
        session = await shop.session()
        await sandbox.pay(session.id, method="us_bank_account", outcome="stuck")
        intent_id = (await shop.read(session.id)).payment_intent
        assert f"/dashboard/act/{button}/{intent_id}" in (await person.get("/dashboard")).text
        answer = await person.post(f"/dashboard/act/{button}/{intent_id}")
        assert answer.url.path == "/dashboard"
        assert (await shop.read(session.id)).payment_status == status
        assert (await shop.event_types())[-1] == last


async def test_an_open_session_is_expired_by_a_button_once(shop: Shop, person: httpx.AsyncClient) -> None:
    session = await shop.session()
    assert (await person.post(f"/dashboard/act/expire/{session.id}")).status_code == 200
    again = await person.post(f"/dashboard/act/expire/{session.id}")
    assert (await shop.read(session.id)).status == "expired"
    assert again.status_code == 400
    assert 'role="alert"' in again.text


@pytest.mark.parametrize(
    ("form", "status", "amount_cents"),
    [
        ({}, "succeeded", 7900),
        ({"amount": "900"}, "succeeded", 900),
        ({"ends": "pending_then_succeeded"}, "pending", 7900),
        ({"ends": "succeeded_then_failed"}, "succeeded", 7900),
    ],
)
async def test_money_is_given_back_by_a_form(
    shop: Shop,
    sandbox: RunningSandbox,
    person: httpx.AsyncClient,
    form: dict[str, str],
    *,
    status: str,
    amount_cents: int,
) -> None:
    sandbox.state.clock.time_scale = 1.0
    session = await shop.session()
    await sandbox.pay(session.id)
    intent_id = str((await shop.read(session.id)).payment_intent)
    await person.post(f"/dashboard/act/refund/{intent_id}", data=form)
    (refund,) = (await shop.stripe.v1.refunds.list_async({"payment_intent": intent_id})).data
    assert (refund.status, refund.amount) == (status, amount_cents)


async def test_an_amount_that_is_no_number_gives_nothing_back(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    session = await shop.session()
    await sandbox.pay(session.id)
    intent_id = (await shop.read(session.id)).payment_intent
    answer = await person.post(f"/dashboard/act/refund/{intent_id}", data={"amount": "9.00"})
    assert answer.status_code == 400
    assert (await shop.stripe.v1.refunds.list_async()).data == []


@pytest.mark.parametrize(
    ("ends", "button", "status", "left_cents"),
    [
        ("pending_then_succeeded", "arrive", "succeeded", 7900),
        ("pending_then_succeeded", "bounce", "failed", 0),
        ("succeeded", "bounce", "failed", 0),
    ],
)
async def test_a_refund_arrives_or_fails_by_a_button(
    shop: Shop,
    sandbox: RunningSandbox,
    person: httpx.AsyncClient,
    ends: str,
    *,
    button: str,
    status: str,
    left_cents: int,
) -> None:
    sandbox.state.clock.time_scale = 1.0
    intent_id = await paid(shop, sandbox)
    await person.post(f"/dashboard/act/refund/{intent_id}", data={"ends": ends})
    (refund,) = (await shop.stripe.v1.refunds.list_async()).data
    assert f"/dashboard/act/{button}/{refund.id}" in (await person.get("/dashboard")).text
    await person.post(f"/dashboard/act/{button}/{refund.id}")
    (decided,) = (await shop.stripe.v1.refunds.list_async({"expand": ["data.charge"]})).data
    assert decided.status == status
    assert decided.to_dict()["charge"]["amount_refunded"] == left_cents


@pytest.mark.parametrize(
    ("kind", "buttons", "end"),
    [
        ("dispute", ["win"], "won"),
        ("dispute", ["lose"], "lost"),
        ("dispute", ["accept"], "lost"),
        ("inquiry", ["accept"], "warning_closed"),
        ("inquiry", ["escalate", "win"], "won"),
        ("inquiry", ["escalate", "accept"], "lost"),
    ],
)
async def test_a_dispute_is_opened_and_decided_by_buttons(
    shop: Shop,
    sandbox: RunningSandbox,
    person: httpx.AsyncClient,
    kind: str,
    *,
    buttons: list[str],
    end: str,
) -> None:
    intent_id = await paid(shop, sandbox)
    await person.post(f"/dashboard/act/dispute/{intent_id}", data={"kind": kind})
    (opened,) = (await shop.stripe.v1.disputes.list_async()).data
    for button in buttons:
        assert f"/dashboard/act/{button}/{opened.id}" in (await person.get("/dashboard")).text
        await person.post(f"/dashboard/act/{button}/{opened.id}")
    decided = await shop.stripe.v1.disputes.retrieve_async(opened.id)
    moved_cents = sum(entry.amount for entry in decided.balance_transactions)
    assert (decided.status, moved_cents) == (end, -7900 if end == "lost" else 0)


async def test_an_escalated_inquiry_holds_the_money_from_then_on(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    intent_id = await paid(shop, sandbox)
    before = len(await shop.event_types())
    await person.post(f"/dashboard/act/dispute/{intent_id}", data={"kind": "inquiry"})
    (inquiry,) = (await shop.stripe.v1.disputes.list_async()).data
    await person.post(f"/dashboard/act/escalate/{inquiry.id}")
    assert (await shop.event_types())[before:] == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]
    assert (await person.post(f"/dashboard/act/escalate/{inquiry.id}")).status_code == 400
    assert (await person.post(f"/dashboard/act/refund/{intent_id}")).status_code == 400


async def test_a_button_leads_back_to_its_place_and_nowhere_else(
    shop: Shop, person: httpx.AsyncClient
) -> None:
    for at, place in (("cs_test_1", "#cs_test_1"), ("//evil.example", ""), ("", "")):
        address = f"/dashboard/act/expire/{(await shop.session()).id}"
        answer = await person.post(address, data={"at": at}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/dashboard{place}")


async def test_the_way_back_waits_for_the_webhook_or_not(
    sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    assert "Wait for the webhook" in (await person.get("/dashboard")).text
    sandbox.state.hold_redirect_seconds = 5.0
    assert "Send them back first" in (await person.get("/dashboard")).text
    await person.post("/dashboard/hold", data={"waits": "no"})
    assert sandbox.state.hold_redirect_seconds == 0.0
    await person.post("/dashboard/hold", data={"waits": "yes"})
    assert sandbox.state.hold_redirect_seconds == sandbox.state.options.hold_redirect_seconds


async def test_an_event_shows_its_deliveries_and_is_sent_again(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient, receiver: Receiver
) -> None:
    receiver.statuses = [503]
    await shop.stripe.v1.checkout.sessions.expire_async((await shop.session()).id)
    (letter, _) = await receiver.wait_for(2)
    await sandbox.quiet()
    page = (await person.get("/dashboard")).text
    assert "503" in page and letter.event["id"] in page
    await person.post(f"/dashboard/act/resend/{letter.event['id']}")
    await receiver.wait_for(3)


async def test_faults_and_the_clock_are_switched_by_forms(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    session = await shop.session()
    page = await person.post("/dashboard/faults", data={"fault": "api 503", "match": "GET *", "times": "2"})
    assert "2 more" in page.text
    assert [(fault.kind, fault.times) for fault in sandbox.state.faults.active] == [("503", 2)]
    assert (await person.post("/dashboard/faults", data={"fault": "api", "times": "x"})).status_code == 400
    await person.post("/dashboard/faults/clear")
    await person.post("/dashboard/clock", data={"hours": "25"})
    assert (await shop.read(session.id)).status == "expired"
    assert (await person.post("/dashboard/clock", data={"hours": "-1"})).status_code == 400


async def test_what_is_not_modelled_is_named(person: httpx.AsyncClient, sandbox: RunningSandbox) -> None:
    await person.get("/v1/subscriptions", headers={"authorization": "Bearer sk_test_x"})
    assert "GET /v1/subscriptions" in (await person.get("/dashboard")).text
    sandbox.state.unimplemented.clear()


async def test_the_receipt_shows_the_charge_as_it_is_now(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    session = await shop.session()
    await sandbox.pay(session.id)
    found = (await shop.read(session.id, "payment_intent.latest_charge")).to_dict()
    charge = found["payment_intent"]["latest_charge"]
    await shop.stripe.v1.refunds.create_async({"charge": charge["id"], "amount": 900})
    text = (await person.get(charge["receipt_url"])).text
    assert "$79.00" in text and "$9.00" in text and "4242" in text


async def test_every_page_says_that_no_real_money_moves_and_allows_no_script(
    shop: Shop, sandbox: RunningSandbox, person: httpx.AsyncClient
) -> None:
    for_sale, paid, expired = [await shop.session() for _ in range(3)]
    await sandbox.pay(paid.id)
    await shop.stripe.v1.checkout.sessions.expire_async(expired.id)
    paths = [
        "/dashboard",
        *(f"/c/pay/{one.id}" for one in (for_sale, paid, expired)),
        "/c/pay/gone",
        "/receipts/gone",
        "/nowhere",
    ]
    for path in [*paths, f"/c/pay/{for_sale.id}/authenticate"]:
        answer = await person.get(path)
        assert BANNER in answer.text, path
        assert "<script" not in answer.text and "style=" not in answer.text, path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path


async def test_the_payment_page_may_lead_to_the_shop_and_nowhere_else(
    shop: Shop, person: httpx.AsyncClient
) -> None:
    answer = await person.get(f"/c/pay/{(await shop.session()).id}")
    assert "form-action 'self' http://127.0.0.1:9;" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/dashboard/faults/clear", "/_test/reset"])
async def test_another_site_presses_no_button(person: httpx.AsyncClient, path: str) -> None:
    assert (await person.post(path, headers={"sec-fetch-site": "cross-site"})).status_code == 403


async def paid(shop: Shop, sandbox: RunningSandbox) -> str:
    """The payment intent of a session that was paid."""
    session = await shop.session()
    await sandbox.pay(session.id)
    return str((await shop.read(session.id)).payment_intent)
