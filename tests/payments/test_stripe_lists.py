"""What the gateway reads of money that moved, through Stripe's own library at a real sandbox."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import utc_now
from app.errors import StripeMissing, StripeUnavailable
from app.payments import objects, stripe_lists
from app.payments.gateway import CheckoutSession
from app.payments.stripe_lists import StripeLists
from app.sandbox.moves import disputing, refunding
from tests.checkout.till import Till
from tests.payments.test_stripe_gateway import checkout_at

LONG_AGO = timedelta(days=300)


async def paid_page(till: Till) -> CheckoutSession:
    made = await till.shop.gateway.create_checkout_session(await checkout_at(till))
    assert (await till.sandbox.pay(made.id)).status_code == 303
    return await till.shop.gateway.checkout_session(made.id)


def give_back(till: Till, session: CheckoutSession, amount_cents: int) -> dict[str, Any]:
    with till.sandbox.state.change() as change:
        intent = change.load("payment_intent", str(session.payment_intent_id))
        charge = change.load("charge", intent["latest_charge"])
        return refunding.refund(change, charge, {"amount": amount_cents})


def dispute(till: Till, session: CheckoutSession) -> dict[str, Any]:
    with till.sandbox.state.change() as change:
        intent = change.load("payment_intent", str(session.payment_intent_id))
        return disputing.open_dispute(change, change.load("charge", intent["latest_charge"]), "fraudulent")


async def test_all_refunds_and_disputes_of_one_payment_are_read_and_nobody_elses(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages, however small they are."""
    monkeypatch.setattr(stripe_lists, "PAGE_SIZE", 2)
    session, other = await paid_page(till), await paid_page(till)
    made = [give_back(till, session, 100 + number) for number in range(5)]
    give_back(till, other, 700)
    disputed = dispute(till, session)
    payment = str(session.payment_intent_id)
    refunds = await till.shop.gateway.refunds(payment)
    assert refunds == [objects.refund(each) for each in reversed(made)]
    assert {(each.status, each.currency, each.payment_intent_id) for each in refunds} == {
        ("succeeded", "usd", payment)
    }
    assert await till.shop.gateway.disputes(payment) == [objects.dispute(disputed)]
    assert await till.shop.gateway.disputes(str(other.payment_intent_id)) == []


async def test_a_payment_is_found_from_all_that_belongs_to_it(till: Till) -> None:
    session = await paid_page(till)
    refund, disputed = give_back(till, session, 100), dispute(till, session)
    gateway, payment = till.shop.gateway, session.payment_intent_id
    assert await gateway.payment_intent_of("refund", refund["id"]) == payment
    assert await gateway.payment_intent_of("dispute", disputed["id"]) == payment
    assert await gateway.payment_intent_of("charge", refund["charge"]) == payment
    assert await gateway.purchase_named_by(str(payment)) == session.purchase_id
    [found] = await gateway.sessions_for_payment_intent(str(payment))
    assert (found.id, found.purchase_id) == (session.id, session.purchase_id)
    for kind in ("refund", "dispute", "charge"):
        with pytest.raises(StripeMissing):
            await gateway.payment_intent_of(kind, "unknown")


async def test_a_refund_that_names_its_charge_alone_leads_to_its_payment(till: Till) -> None:
    session = await paid_page(till)
    refund = give_back(till, session, 100)
    till.sandbox.tamper("refund", refund["id"], payment_intent=None)
    assert await till.shop.gateway.payment_intent_of("refund", refund["id"]) == session.payment_intent_id


async def test_everything_since_a_moment_is_listed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_lists, "PAGE_SIZE", 1)
    sessions = [await paid_page(till) for _ in range(3)]
    refund, disputed = give_back(till, sessions[0], 100), dispute(till, sessions[1])
    old = await paid_page(till)
    long_ago = int((utc_now() - LONG_AGO).timestamp())
    with till.sandbox.state.change() as change:
        change.save(change.load("checkout.session", old.id) | {"created": long_ago})
    since = utc_now() - timedelta(hours=1)
    gateway = till.shop.gateway
    seen = [session.id async for session in gateway.sessions_since(since)]
    assert {session.id for session in sessions} <= set(seen)
    assert old.id not in seen
    assert len(seen) == len(set(seen))
    assert refund["id"] in [each.id async for each in gateway.refunds_since(since)]
    assert disputed["id"] in [each.id async for each in gateway.disputes_since(since)]
    assert [each async for each in gateway.refunds_since(utc_now() + timedelta(hours=1))] == []


class Answer:
    """An answer of a stand-in for Stripe."""

    def __init__(self, *found: dict[str, Any]) -> None:
        self.found = list(found)

    def to_dict(self) -> dict[str, Any]:
        return {"data": self.found, "has_more": True}


class Careless(StripeLists):
    """A stand-in that ignores filters and pages, and always promises more."""

    def __init__(self, *found: dict[str, Any]) -> None:
        self.answer, self.is_live = Answer(*found), False
        self._stripe = type("V1", (), {"refunds": self})()

    async def list_async(self, params: object) -> Answer:
        return self.answer


async def test_a_stand_in_without_filters_and_pages_is_read_all_the_same() -> None:
    """Filtered again by us, and never asked in a circle."""
    mine = {"id": "re_1", "amount": 100, "status": "succeeded", "payment_intent": "pi_1"}
    careless = Careless(mine, mine | {"id": "re_2", "payment_intent": "pi_2"})
    assert [found.id for found in await careless.refunds("pi_1")] == ["re_1"]


class Breaking(Careless):
    """The first page comes, the second does not."""

    async def list_async(self, params: object) -> Answer:
        if "starting_after" in str(params):
            raise StripeUnavailable("gone")
        return self.answer


async def test_a_list_that_breaks_off_is_no_list() -> None:
    """Half of the refunds would be a wrong sum."""
    with pytest.raises(StripeUnavailable):
        await Breaking({"id": "re_1", "amount": 100, "payment_intent": "pi_1"}).refunds("pi_1")


class Absent(Careless):
    """A stand-in without this list."""

    async def list_async(self, params: object) -> Answer:
        raise StripeMissing("list")


async def test_a_list_that_a_stand_in_lacks_is_empty_but_not_where_money_is_real() -> None:
    absent = Absent()
    assert await absent.refunds("pi_1") == []
    absent.is_live = True
    with pytest.raises(StripeMissing):
        await absent.refunds("pi_1")


async def test_a_list_that_promises_more_and_repeats_itself_is_no_list_where_money_is_real() -> None:
    """A sum of what came so far would give credits back that are to stay taken."""
    for found in ([], [{"id": "re_1", "amount": 100, "payment_intent": "pi_1"}]):
        careless = Careless(*found)
        careless.is_live = True
        with pytest.raises(StripeUnavailable):
            await careless.refunds("pi_1")
