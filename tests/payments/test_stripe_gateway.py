"""What the gateway makes of Stripe's answers and silences, through Stripe's own library at a real sandbox."""

import asyncio
from dataclasses import replace

import pytest

from app.catalog.packs import Pack
from app.checkout.prices import push_catalog, shown_catalog
from app.errors import StripeMissing, StripeRefused, StripeUnavailable
from app.ids import new_id
from app.payments.deadline import one_deadline
from app.payments.gateway import NewCheckout, NewCustomer
from app.payments.stripe_gateway import stripe_gateway
from tests.checkout.till import Till, settings_for

PACK = Pack("single-flight", "Single Flight", 1, 7900, "usd", "One workshop")


async def checkout_at(till: Till, **changes: str) -> NewCheckout:
    purchase_id = new_id("pur")
    price = await till.shop.gateway.price_for(PACK)
    assert price is not None
    customer_id = await till.shop.gateway.create_customer(
        NewCustomer(f"customer:{purchase_id}", "usr_1", "Alice", "alice@example.test")
    )
    new = NewCheckout(
        f"{purchase_id}:0", purchase_id, price.id, customer_id, "http://testserver/s", "http://testserver/c"
    )
    return replace(new, **changes)


async def test_the_same_key_gives_the_same_page(till: Till) -> None:
    new = await checkout_at(till)
    first, again = [await till.shop.gateway.create_checkout_session(new) for _ in range(2)]
    assert first == again
    assert (first.purchase_id, first.client_reference_id) == (new.purchase_id, new.purchase_id)


async def test_the_same_key_with_another_request_is_refused(till: Till) -> None:
    """C05: why everything in the request comes from the stored purchase."""
    new = await checkout_at(till)
    await till.shop.gateway.create_checkout_session(new)
    with pytest.raises(StripeRefused) as refusal:
        await till.shop.gateway.create_checkout_session(replace(new, cancel_url="http://testserver/other"))
    assert not refusal.value.replayed


async def test_a_dead_customer_is_named_in_the_refusal(till: Till) -> None:
    new = await checkout_at(till, customer_id="cus_gone")
    with pytest.raises(StripeRefused) as refusal:
        await till.shop.gateway.create_checkout_session(new)
    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "customer")


async def test_an_unknown_object_is_missing(till: Till) -> None:
    with pytest.raises(StripeMissing):
        await till.shop.gateway.checkout_session("cs_test_unknown")
    with pytest.raises(StripeMissing):
        await till.shop.gateway.receipt_url("pi_unknown")


async def test_a_complete_page_cannot_be_expired(till: Till) -> None:
    made = await till.shop.gateway.create_checkout_session(await checkout_at(till))
    assert (await till.sandbox.pay(made.id)).status_code == 303
    with pytest.raises(StripeRefused):
        await till.shop.gateway.expire_checkout_session(made.id)
    paid = await till.shop.gateway.checkout_session(made.id)
    assert (paid.status, paid.payment_status, paid.amount_total_cents) == ("complete", "paid", 7900)
    assert (paid.payment_method, paid.payment_intent_status) == ("Visa ending 4242", "succeeded")
    assert paid.payment_intent_id is not None
    assert await till.shop.gateway.receipt_url(paid.payment_intent_id) == paid.receipt_url != ""


@pytest.mark.parametrize("fault", ["429", "503", "garbage", "lost_request", "lost_reply", "reset"])
async def test_every_kind_of_trouble_says_come_again(till: Till, fault: str) -> None:
    """C17."""
    till.sandbox.fault("api", fault, match="GET *", times=9, seconds=30)
    with pytest.raises(StripeUnavailable), one_deadline(1.0):
        await till.shop.gateway.checkout_session("cs_test_1")


async def test_one_bad_answer_is_got_over_without_a_word(till: Till) -> None:
    made = await till.shop.gateway.create_checkout_session(await checkout_at(till))
    till.sandbox.fault("api", "503", match="GET *", times=1)
    assert (await till.shop.gateway.checkout_session(made.id)).id == made.id


async def test_all_calls_of_a_request_share_one_deadline(till: Till) -> None:
    """C17: three slow calls take no longer than one may."""
    till.sandbox.fault("api", "lost_request", match="GET *", times=99, seconds=30)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with one_deadline(0.4), one_deadline(60):
        for _ in range(3):
            with pytest.raises(StripeUnavailable):
                await till.shop.gateway.checkout_session("cs_test_1")
    assert loop.time() - began < 3.0
    till.sandbox.state.faults.clear()
    with pytest.raises(StripeMissing):
        await till.shop.gateway.checkout_session("cs_test_1")  # the connection is usable again


async def test_a_stored_failure_is_told_apart_from_a_passing_one(till: Till) -> None:
    """C04."""
    till.sandbox.fault("api", "500_stored", match="POST /v1/customers")
    with pytest.raises(StripeRefused) as refusal:
        for _ in range(2):
            try:
                await till.shop.gateway.create_customer(
                    NewCustomer("customer:stored", "usr_1", "Alice", None)
                )
            except StripeUnavailable:
                continue
    assert refusal.value.replayed


async def test_a_price_is_asked_for_once_in_five_minutes(till: Till) -> None:
    async with stripe_gateway(settings_for(till.sandbox.url)) as gateway:
        found = await gateway.price_for(PACK)
        till.sandbox.fault("api", "503", match="GET /v1/prices*", times=9)
        assert await gateway.price_for(PACK) == found
        assert found is not None
        assert (found.amount_cents, found.currency, found.active) == (7900, "usd", True)


async def test_a_price_that_is_not_there_yet_is_asked_for_again(till: Till) -> None:
    async with stripe_gateway(settings_for(till.sandbox.url)) as gateway:
        new = replace(PACK, amount_cents=4200)
        assert await gateway.price_for(new) is None
        await till.shop.gateway.push_price(new)
        assert await gateway.price_for(new) is not None


async def test_a_price_named_in_the_settings_wins(till: Till) -> None:
    other = await till.shop.gateway.push_price(replace(PACK, amount_cents=100))
    settings = settings_for(till.sandbox.url, stripe_price_single_flight=other.id)
    async with stripe_gateway(settings) as gateway:
        assert await gateway.price_for(PACK) == other
        assert await gateway.push_price(PACK) == other


async def test_a_price_named_wrongly_in_the_settings_is_not_replaced(till: Till) -> None:
    async with stripe_gateway(
        settings_for(till.sandbox.url, stripe_price_single_flight="price_gone")
    ) as gateway:
        assert await gateway.price_for(PACK) is None
        with pytest.raises(StripeMissing):
            await gateway.push_price(PACK)


async def test_pushing_the_catalogue_twice_makes_nothing_new(till: Till) -> None:
    first = await push_catalog(till.shop.gateway, till.shop.catalog)
    made = len(till.made("price"))
    assert await push_catalog(till.shop.gateway, till.shop.catalog) == first
    assert len(till.made("price")) == made
    assert [(pushed.pack.slug, pushed.findings) for pushed in first] == [
        ("single-flight", ()),
        ("serial-entrepreneur", ()),
    ]


async def test_the_catalogue_is_shown_with_what_is_wrong(till: Till) -> None:
    off = await till.shop.gateway.push_price(replace(PACK, amount_cents=5100))
    with till.sandbox.state.change() as change:
        price = change.load("price", off.id)
        price["active"] = False
        change.save(price)
    packs = (replace(PACK, amount_cents=5100), replace(PACK, amount_cents=6100))
    async with stripe_gateway(settings_for(till.sandbox.url)) as gateway:
        shown = await shown_catalog(gateway, replace(till.shop.catalog, packs=packs))
    assert [found.findings for found in shown] == [
        ("the price is switched off at Stripe",),
        ("Stripe has no price for it",),
    ]
