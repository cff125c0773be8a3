"""How a purchase begins, at a real sandbox through Stripe's own library."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.checkout.closing import close_purchase
from app.checkout.errors import PackNotOffered, WorkshopAlreadyOpen
from app.checkout.start import Started
from app.clock import utc_now
from app.database import row
from app.errors import BadInput, IdempotencyConflict, NotFound, StripeUnavailable
from app.payments.deadline import one_deadline
from app.payments.stripe_gateway import stripe_gateway
from app.workshops.access import PaywallRules
from tests.checkout.till import Till, purchase, purchases_of, session_id_of, settings_for, unlock_for_a_credit
from tests.factories import make_user, make_workshop
from tests.fakes import UnaskedGateway

SESSIONS = "POST /v1/checkout/sessions"


@pytest.mark.parametrize(
    ("pack", "credits", "amount_cents"), [("single-flight", 1, 7900), ("serial-entrepreneur", 3, 14900)]
)
async def test_page_purchase_and_stripe_name_one_price(
    till: Till, pack: str, credits: int, amount_cents: int
) -> None:
    """BILL-01, BILL-02: the figures of the catalogue, in our row and at Stripe."""
    alice = await make_user()
    started = await till.start(alice, pack)
    stored = await purchase(started.purchase_id)
    assert (stored["status"], stored["credits"], stored["amount_cents"], stored["currency"]) == (
        "open",
        credits,
        amount_cents,
        "usd",
    )
    session = till.sandbox.stored("checkout.session", session_id_of(started))
    assert (session["amount_total"], session["currency"], session["mode"]) == (amount_cents, "usd", "payment")
    assert session["url"] == started.url


async def test_stripe_is_told_whose_purchase_it_is_and_where_to_send_the_buyer(till: Till) -> None:
    """W21, BILL-07: the buyer's e-mail is at Stripe, and the braces of the return address survive."""
    alice = await make_user(name="Alice", email="alice@example.test")
    started = await till.start(alice)
    session = till.sandbox.stored("checkout.session", session_id_of(started))
    assert session["client_reference_id"] == started.purchase_id
    assert session["metadata"] == {"purchase_id": started.purchase_id}
    assert session["success_url"] == "http://testserver/checkout/success?session_id={CHECKOUT_SESSION_ID}"
    cancel = urlsplit(session["cancel_url"])
    assert (cancel.path, parse_qs(cancel.query)) == ("/checkout/cancel", {"purchase": [started.purchase_id]})
    customer = till.sandbox.stored("customer", session["customer"])
    assert (customer["email"], customer["name"]) == ("alice@example.test", "Alice")
    assert (await purchase(started.purchase_id))["customer_email"] == "alice@example.test"


async def test_the_payment_carries_the_purchase_too(till: Till) -> None:
    """Refunds and disputes name only the payment."""
    alice = await make_user()
    started = await till.bought(alice)
    session = till.sandbox.stored("checkout.session", session_id_of(started))
    payment = till.sandbox.stored("payment_intent", session["payment_intent"])
    assert payment["metadata"] == {"purchase_id": started.purchase_id}


async def test_a_second_press_leads_to_the_same_page(till: Till) -> None:
    """M40: the same pack from two tabs is one purchase."""
    alice = await make_user()
    first = await till.start(alice, attempt_key="tab-1")
    assert await till.start(alice, attempt_key="tab-1") == first
    assert await till.start(alice, attempt_key="tab-2") == first
    assert len(await purchases_of(alice)) == 1


async def test_two_packs_are_two_purchases(till: Till) -> None:
    """M40."""
    alice = await make_user()
    first, second = await till.start(alice), await till.start(alice, "serial-entrepreneur")
    assert first.url != second.url
    assert [bought["status"] for bought in await purchases_of(alice)] == ["open", "open"]


async def test_twenty_presses_at_once_make_one_page_and_one_customer(till: Till) -> None:
    """BILL-10."""
    alice = await make_user(email=None)
    outcomes = await asyncio.gather(*(till.start(alice, attempt_key=f"press-{n}") for n in range(20)))
    assert len(set(outcomes)) == 1
    [bought] = await purchases_of(alice)
    assert bought["status"] == "open"
    mine = [made for made in till.made("checkout.session") if made["client_reference_id"] == bought["id"]]
    assert len(mine) == 1
    customers = [made for made in till.made("customer") if made["metadata"].get("user_id") == alice]
    assert [made["id"] for made in customers] == [bought["stripe_customer_id"]]


async def test_a_buyer_keeps_one_customer_from_purchase_to_purchase(till: Till) -> None:
    """BILL-10."""
    alice = await make_user()
    await till.start(alice)
    await till.start(alice, "serial-entrepreneur")
    kept = {bought["stripe_customer_id"] for bought in await purchases_of(alice)}
    person = await row("SELECT stripe_customer_id FROM users WHERE clerk_user_id = $1", alice)
    assert person is not None
    assert kept == {person["stripe_customer_id"]}


async def test_a_customer_deleted_at_stripe_is_replaced(till: Till) -> None:
    """BILL-10: under another key, since it is another request."""
    alice = await make_user()
    dead_id = "cus_deleted_long_ago"
    await row("UPDATE users SET stripe_customer_id = $2 WHERE clerk_user_id = $1", alice, dead_id)
    started = await till.start(alice)
    stored = await purchase(started.purchase_id)
    assert (stored["status"], stored["request_no"]) == ("open", 1)
    person = await row("SELECT stripe_customer_id FROM users WHERE clerk_user_id = $1", alice)
    assert person is not None
    assert person["stripe_customer_id"] == stored["stripe_customer_id"] != dead_id


@pytest.mark.parametrize("fault", ["lost_reply", "reset"])
async def test_an_unanswered_call_is_repeated_under_the_same_key(till: Till, fault: str) -> None:
    """C03, BILL-10: Stripe has made the page and the answer was lost; the next press finds that very page."""
    alice = await make_user()
    till.sandbox.fault("api", fault, match=SESSIONS, times=3, seconds=30)
    with pytest.raises(StripeUnavailable), one_deadline(1.0):
        await till.start(alice, attempt_key="form")
    [started] = await purchases_of(alice)
    assert (started["status"], started["stripe_session_id"], started["request_no"]) == ("started", None, 0)
    till.sandbox.state.faults.clear()
    again = await till.start(alice, attempt_key="form")
    assert again.purchase_id == started["id"]
    made = [m for m in till.made("checkout.session") if m["client_reference_id"] == started["id"]]
    assert [m["url"] for m in made] == [again.url]


@pytest.mark.parametrize("fault", ["lost_request", "429", "503", "garbage"])
async def test_a_press_while_stripe_is_away_leaves_a_purchase_to_go_on_with(till: Till, fault: str) -> None:
    """C17, WORK-02."""
    alice = await make_user()
    till.sandbox.fault("api", fault, match="POST *", times=9, seconds=30)
    with pytest.raises(StripeUnavailable), one_deadline(1.5):
        await till.start(alice)
    till.sandbox.state.faults.clear()
    again = await till.start(alice)
    assert [bought["id"] for bought in await purchases_of(alice)] == [again.purchase_id]


async def test_a_press_before_any_price_is_known_is_gone_on_with_too(till: Till) -> None:
    """WORK-02: the purchase is written although Stripe cannot even be asked for the price."""
    alice = await make_user()
    async with stripe_gateway(settings_for(till.sandbox.url)) as fresh:
        quiet = till.with_shop(gateway=fresh)
        till.sandbox.fault("api", "503", match="*", times=9)
        with pytest.raises(StripeUnavailable), one_deadline(1.5):
            await quiet.start(alice)
        [waiting] = await purchases_of(alice)
        assert (waiting["status"], waiting["stripe_price_id"]) == ("started", "")
        till.sandbox.state.faults.clear()
        again = await quiet.start(alice)
    assert again.purchase_id == waiting["id"]
    assert (await purchase(again.purchase_id))["stripe_price_id"].startswith("price_")


async def test_a_replayed_failure_fails_the_purchase_and_the_next_press_is_a_new_one(till: Till) -> None:
    """C04: a stored 500 never gets better for its key."""
    alice = await make_user()
    till.sandbox.fault("api", "500_stored", match=SESSIONS)
    with pytest.raises(StripeUnavailable):
        await till.start(alice, attempt_key="form")
        await till.start(alice, attempt_key="form")
    started = await till.start(alice, attempt_key="form")
    failed, fresh = await purchases_of(alice)
    assert (failed["status"], fresh["status"]) == ("failed", "open")
    assert fresh["id"] == started.purchase_id


async def test_a_stored_failure_for_the_customer_does_not_stop_the_sale(till: Till) -> None:
    alice = await make_user()
    till.sandbox.fault("api", "500_stored", match="POST /v1/customers")
    started = await till.start(alice)
    assert (await purchase(started.purchase_id))["status"] == "open"


async def at_dearer_prices(till: Till) -> Till:
    """The same till, later: every pack costs a unit more, at Stripe too."""
    catalog = till.shop.catalog
    dearer = tuple(replace(pack, amount_cents=pack.amount_cents + 100) for pack in catalog.packs)
    later = till.with_shop(catalog=replace(catalog, packs=dearer))
    for pack in dearer:
        await later.shop.gateway.push_price(pack)
    return later


async def test_a_changed_price_closes_the_old_page_and_opens_a_new_purchase(till: Till) -> None:
    """M41: an open purchase is used again only if the same would be sold now."""
    alice = await make_user()
    old = await till.start(alice)
    later = await at_dearer_prices(till)
    new = await later.start(alice)
    first, second = await purchases_of(alice)
    assert (first["id"], first["status"], first["amount_cents"]) == (old.purchase_id, "expired", 7900)
    assert (second["id"], second["status"], second["amount_cents"]) == (new.purchase_id, "open", 8000)
    assert till.sandbox.stored("checkout.session", session_id_of(old))["status"] == "expired"


@pytest.mark.parametrize("what", ["size", "name", "our address"])
async def test_whatever_else_would_be_sold_now_is_another_purchase(till: Till, what: str) -> None:
    """M41, C05: the price at Stripe is the same, yet the purchase would not be."""
    alice = await make_user()
    old = await till.start(alice)
    single, *rest = till.shop.catalog.packs
    changed = {"size": replace(single, credits=2), "name": replace(single, name="Solo Flight")}.get(
        what, single
    )
    base_url = "http://elsewhere" if what == "our address" else till.shop.base_url
    catalog = replace(till.shop.catalog, packs=(changed, *rest))
    new = await till.with_shop(catalog=catalog, base_url=base_url).start(alice)
    first, second = await purchases_of(alice)
    assert (first["id"], first["status"]) == (old.purchase_id, "expired")
    assert (second["id"], second["credits"], second["pack_name"], second["base_url"]) == (
        new.purchase_id,
        changed.credits,
        changed.name,
        base_url,
    )


async def test_a_page_that_was_paid_meanwhile_leads_to_the_return_page(till: Till) -> None:
    """The buyer presses again after paying, before anybody told us."""
    alice = await make_user()
    started = await till.bought(alice, attempt_key="form")
    again = await till.start(alice, attempt_key="form")
    assert again == Started(started.purchase_id, f"/checkout/success?session_id={session_id_of(started)}")
    await till.fulfil(started)
    assert await till.start(alice, attempt_key="form") == again
    assert len(await purchases_of(alice)) == 1


async def test_a_page_that_was_paid_meanwhile_is_not_replaced_at_a_new_price(till: Till) -> None:
    """M41: the snapshot that was paid is honoured."""
    alice = await make_user()
    started = await till.bought(alice)
    later = await at_dearer_prices(till)
    again = await later.start(alice)
    assert again.purchase_id == started.purchase_id
    assert again.url.startswith("/checkout/success?")


async def test_another_form_after_a_paid_purchase_buys_again(till: Till) -> None:
    """BILL-06."""
    alice = await make_user()
    await till.fulfil(await till.bought(alice, attempt_key="first form"))
    await till.start(alice, attempt_key="second form")
    assert [bought["status"] for bought in await purchases_of(alice)] == ["paid", "open"]


async def test_an_expired_page_is_followed_by_a_new_purchase(till: Till) -> None:
    """M14: buying works again."""
    alice = await make_user()
    old = await till.start(alice, attempt_key="form")
    await till.shop.gateway.expire_checkout_session(session_id_of(old))
    new = await till.start(alice, attempt_key="form")
    assert new.purchase_id != old.purchase_id
    assert [bought["status"] for bought in await purchases_of(alice)] == ["expired", "open"]


async def test_an_attempt_of_yesterday_is_not_sent_again(till: Till) -> None:
    """Stripe forgets a key after a day: then the same key would make a second page."""
    alice = await make_user()
    till.sandbox.fault("api", "lost_request", match=SESSIONS, times=9, seconds=30)
    with pytest.raises(StripeUnavailable), one_deadline(0.5):
        await till.start(alice)
    till.sandbox.state.faults.clear()
    tomorrow = till.with_shop(clock=lambda: utc_now() + timedelta(hours=24))
    new = await tomorrow.start(alice)
    old, fresh = await purchases_of(alice)
    assert (old["status"], fresh["id"]) == ("expired", new.purchase_id)


async def test_one_form_cannot_buy_two_things(till: Till) -> None:
    """M04: the first outcome stands."""
    alice = await make_user()
    await till.start(alice, attempt_key="form")
    with pytest.raises(IdempotencyConflict):
        await till.start(alice, "serial-entrepreneur", attempt_key="form")
    assert [bought["pack"] for bought in await purchases_of(alice)] == ["single-flight"]


@pytest.mark.parametrize("pack", ["agency", "nothing", "", "SINGLE-FLIGHT", "single-flight\x00"])
async def test_what_is_not_for_sale_leaves_no_purchase(till: Till, pack: str) -> None:
    """BILL-08."""
    alice = await make_user()
    with pytest.raises(BadInput):
        await till.start(alice, pack)
    assert await purchases_of(alice) == []


async def test_a_pack_whose_price_differs_at_stripe_is_not_sold(till: Till) -> None:
    alice = await make_user()
    cheap = replace(
        till.shop.catalog, packs=tuple(replace(p, amount_cents=4) for p in till.shop.catalog.packs)
    )
    with pytest.raises(PackNotOffered):
        await till.with_shop(catalog=cheap).start(alice)
    assert await purchases_of(alice) == []


async def test_an_intent_is_written_with_the_purchase(till: Till) -> None:
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    started = await till.start(alice, intent_workshop_id=workshop, return_path=f"/workshops/{workshop}")
    stored = await purchase(started.purchase_id)
    assert (stored["unlock_workshop_id"], stored["return_path"]) == (workshop, f"/workshops/{workshop}")


async def test_a_purchase_with_and_one_without_intent_are_two(till: Till) -> None:
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    with_intent, without = await till.start(alice, intent_workshop_id=workshop), await till.start(alice)
    assert with_intent.purchase_id != without.purchase_id


@pytest.mark.parametrize("which", ["deleted", "foreign", "unknown"])
async def test_an_intent_for_a_workshop_that_is_not_there_is_refused(till: Till, which: str) -> None:
    """WORK-04: no purchase row, Stripe is not asked."""
    alice, bob = await make_user(), await make_user(name="Bob")
    workshops = {
        "deleted": await make_workshop(user_id=alice, deleted=True),
        "foreign": await make_workshop(user_id=bob),
        "unknown": "ws_unknown",
    }
    with pytest.raises(NotFound):
        await till.with_shop(gateway=UnaskedGateway()).start(alice, intent_workshop_id=workshops[which])
    assert await purchases_of(alice) == []


@pytest.mark.parametrize("why", ["unlocked", "grandfathered", "disabled"])
async def test_an_intent_for_an_open_workshop_is_refused(till: Till, why: str) -> None:
    """WORK-04: nothing is sold that has no effect."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    if why == "unlocked":
        await unlock_for_a_credit(alice, workshop)
    rules = {
        "unlocked": PaywallRules(),
        "grandfathered": PaywallRules(cutoff=utc_now() + timedelta(days=1)),
        "disabled": PaywallRules(enabled=False),
    }[why]
    with pytest.raises(WorkshopAlreadyOpen):
        await till.with_shop(gateway=UnaskedGateway(), rules=rules).start(alice, intent_workshop_id=workshop)
    assert await purchases_of(alice) == []


async def test_giving_up_closes_the_page_at_stripe_too(till: Till) -> None:
    alice = await make_user()
    started = await till.start(alice)
    assert await close_purchase(alice, started.purchase_id, gateway=till.shop.gateway, clock=utc_now)
    assert (await purchase(started.purchase_id))["status"] == "expired"
    assert till.sandbox.stored("checkout.session", session_id_of(started))["status"] == "expired"
    assert not await close_purchase(alice, started.purchase_id, gateway=till.shop.gateway, clock=utc_now)


async def test_a_failure_while_giving_up_is_not_the_answer_for_a_day(till: Till) -> None:
    """Stripe keeps a failure under its key; closing a page is the same however often it is asked for."""
    alice = await make_user()
    started = await till.start(alice)
    till.sandbox.fault("api", "500_stored", match="POST /v1/checkout/sessions/*/expire")
    assert not await close_purchase(alice, started.purchase_id, gateway=till.shop.gateway, clock=utc_now)
    assert await close_purchase(alice, started.purchase_id, gateway=till.shop.gateway, clock=utc_now)


async def test_a_page_that_was_made_while_giving_up_is_not_taken_for_closed(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that nothing can be charged while a page of the same purchase can still be paid."""
    alice = await make_user()
    till.sandbox.fault("api", "503", match=SESSIONS, times=9)
    with pytest.raises(StripeUnavailable), one_deadline(1.0):
        await till.start(alice)
    till.sandbox.state.faults.clear()
    [waiting] = await purchases_of(alice)

    async def closed_while_another_press_gets_the_page(*_: object) -> bool:
        await till.start(alice)
        return True  # as read before: there was no page to close

    monkeypatch.setattr("app.checkout.closing.expire_at_stripe", closed_while_another_press_gets_the_page)
    assert not await close_purchase(alice, waiting["id"], gateway=till.shop.gateway, clock=utc_now)
    assert (await purchase(waiting["id"]))["status"] == "open"


async def test_what_was_paid_meanwhile_is_not_given_up(till: Till) -> None:
    alice = await make_user()
    started = await till.bought(alice)
    assert not await close_purchase(alice, started.purchase_id, gateway=till.shop.gateway, clock=utc_now)
    assert (await purchase(started.purchase_id))["status"] == "open"


async def test_somebody_elses_purchase_cannot_be_given_up(till: Till) -> None:
    alice, bob = await make_user(), await make_user(name="Bob")
    started = await till.start(alice)
    for purchase_id in (started.purchase_id, "pur_unknown"):
        with pytest.raises(NotFound):
            await close_purchase(bob, purchase_id, gateway=till.shop.gateway, clock=utc_now)
    assert (await purchase(started.purchase_id))["status"] == "open"
