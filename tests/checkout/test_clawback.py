"""Credits follow money that goes back, at a real sandbox through Stripe's own library."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.checkout.clawback import Clawback, Followed
from app.checkout.fulfilment import Outcome
from app.checkout.start import Started
from app.clock import utc_now
from app.database import row, rows
from app.errors import NotEnoughCredits, StripeUnavailable, TryLater, UnknownPurchase
from app.ledger.audit import audit
from app.ledger.posting import Actor
from app.payments.gateway import Dispute, Refund
from app.web.manner import Manner, written_as
from app.workshops.access import PaywallRules
from app.workshops.unlock import UnlockOutcome, unlock
from tests.checkout.bank import (
    charge_of,
    dispute,
    fail_refund,
    fingerprint,
    followed,
    look,
    lose,
    noted,
    payment_of,
    refund,
    win,
)
from tests.checkout.till import Till, balance_of, movements_of, purchase, session_id_of
from tests.factories import make_user, make_workshop, owe
from tests.fakes import FakeGateway


async def sold(till: Till, user_id: str, pack: str = "serial-entrepreneur", **more: Any) -> Started:
    started = await till.bought(user_id, pack, **more)
    assert (await till.fulfil(started)).outcome is Outcome.GRANTED
    return started


async def open_workshop(user_id: str) -> str:
    workshop = await make_workshop(user_id=user_id)
    opened = await unlock(
        user_id, workshop, rules=PaywallRules(), now=utc_now(), actor=Actor("user", user_id)
    )
    assert opened.outcome is UnlockOutcome.UNLOCKED
    return workshop


async def state_of(started: Started) -> tuple[int, int, str | None]:
    """Money back, money on its way back, and the dispute, as the purchase has it."""
    stored = await purchase(started.purchase_id)
    return stored["amount_refunded_cents"], stored["refund_pending_cents"], stored["dispute_status"]


async def test_what_the_ledger_keeps_is_written_alike_whoever_caused_it(till: Till) -> None:
    """HIST-05: the return page of somebody who reads German figures takes back as the webhook does."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started, 5000)
    with written_as(Manner("de", "Europe/Berlin")):
        await look(till, started)
    told = await row(
        "SELECT description FROM credit_transactions WHERE type = 'refund' AND purchase_id = $1",
        started.purchase_id,
    )
    assert told is not None
    assert told["description"] == "Refund of Serial Entrepreneur: −1 credit, $50.00 returned"


async def test_a_refund_in_parts_takes_whole_credits_for_the_sum(till: Till) -> None:
    """REFD-01: $49.00 takes none, $50.00 takes one, $149.00 all three; purchase and rows show credits and money."""
    alice = await make_user()
    started = await sold(till, alice)
    for cents, balance_credits in ((4900, 3), (100, 2), (9900, 0)):
        refund(till, started, cents)
        await look(till, started)
        assert await balance_of(alice) == balance_credits
    assert await state_of(started) == (14_900, 0, None)
    assert await followed(started.purchase_id) == [(-1, 100, "refunded"), (-2, 9900, "refunded")]
    assert await noted(started.purchase_id) == [4900]
    told = await rows(
        "SELECT description, actor, actor_id FROM credit_transactions WHERE purchase_id = $1 AND type = 'refund'"
        " ORDER BY seq",
        started.purchase_id,
    )
    assert [each["description"] for each in told] == [
        "Refund of Serial Entrepreneur: −1 credit, $1.00 returned",
        "Refund of Serial Entrepreneur: −2 credits, $99.00 returned",
    ]
    assert {(each["actor"], each["actor_id"]) for each in told} == {("stripe", "evt_test")}
    assert [finding for finding in await audit() if alice in finding] == []


async def test_a_full_refund_takes_all_and_repeats_write_nothing(till: Till) -> None:
    """M17: not even the moment of a row's last change."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started)
    first = await look(till, started)
    assert first == Clawback(Followed.MOVED, started.purchase_id, None, -3, 0)
    before = await fingerprint(alice, started.purchase_id)
    for _ in range(5):
        assert await look(till, started) == Clawback(Followed.SETTLED, started.purchase_id)
    assert await fingerprint(alice, started.purchase_id) == before


async def test_twenty_at_once_take_once(till: Till) -> None:
    """M17, REFD-04."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started, 5000)
    found = await asyncio.gather(*(look(till, started) for _ in range(20)))
    assert sorted({each.outcome for each in found}) == [Followed.MOVED, Followed.SETTLED]
    assert await followed(started.purchase_id) == [(-1, 5000, "refunded")]


async def test_a_refund_on_its_way_is_noted_and_takes_nothing_until_it_is_there(till: Till) -> None:
    """M19: some banks take days."""
    alice = await make_user()
    started = await sold(till, alice)
    waiting = refund(till, started)
    till.sandbox.tamper("refund", waiting, status="pending")
    assert (await look(till, started)).outcome is Followed.NOTED
    assert (await state_of(started), await balance_of(alice)) == ((0, 14_900, None), 3)
    till.sandbox.tamper("refund", waiting, status="succeeded")
    await look(till, started)
    assert (await state_of(started), await balance_of(alice)) == ((14_900, 0, None), 0)


async def test_a_refund_that_fails_gives_back_and_the_same_again_takes_again(till: Till) -> None:
    """M19, REFD-05: the same sum that comes round a second time is no repeat."""
    alice = await make_user()
    started = await sold(till, alice)
    for _ in range(2):
        made = refund(till, started, 5000)
        await look(till, started)
        fail_refund(till, made)
        found = await look(till, started)
        assert (found.change_credits, found.balance_after_credits) == (1, 3)
        assert (await look(till, started)).outcome is Followed.SETTLED
    refund(till, started, 5000)
    await look(till, started)
    taken, returned = (-1, 5000, "refunded"), (1, -5000, "refund_failed")
    assert await followed(started.purchase_id) == [taken, returned, taken, returned, taken]
    assert (await state_of(started), await balance_of(alice)) == ((5000, 0, None), 2)


async def test_a_refund_that_is_called_back_gives_back(till: Till) -> None:
    """M19: canceled, whatever it was before."""
    alice = await make_user()
    started = await sold(till, alice)
    made = refund(till, started)
    await look(till, started)
    till.sandbox.tamper("refund", made, status="canceled")
    await look(till, started)
    assert await balance_of(alice) == 3


async def test_credits_that_were_used_and_then_returned_are_owed(till: Till) -> None:
    """REFD-03, M20: unlocking is refused, the next purchase pays first, what was opened stays open."""
    alice = await make_user()
    started = await sold(till, alice, "single-flight")
    opened = await open_workshop(alice)
    refund(till, started)
    assert (await look(till, started)).balance_after_credits == -1
    closed = await make_workshop(user_id=alice)
    with pytest.raises(NotEnoughCredits) as refused:
        await unlock(alice, closed, rules=PaywallRules(), now=utc_now(), actor=Actor("user", alice))
    assert (refused.value.missing_credits, await balance_of(alice)) == (2, -1)
    await sold(till, alice)
    assert await balance_of(alice) == 2
    found = await row("SELECT credit_consumed_at FROM workshops WHERE id = $1", opened)
    assert found is not None
    assert found["credit_consumed_at"] is not None


async def test_a_dispute_holds_all_credits_until_it_is_won(till: Till) -> None:
    """REFD-02, M22, M23: taken once, given back once."""
    alice = await make_user()
    started = await sold(till, alice)
    disputed = dispute(till, started)
    for outcome in (Followed.MOVED, Followed.SETTLED):
        assert (await look(till, started)).outcome is outcome
    assert (await state_of(started), await balance_of(alice)) == ((0, 0, "needs_response"), 0)
    assert (await purchase(started.purchase_id))["disputed_at"] is not None
    win(till, disputed)
    for outcome in (Followed.MOVED, Followed.SETTLED):
        assert (await look(till, started)).outcome is outcome
    assert (await state_of(started), await balance_of(alice)) == ((0, 0, "won"), 3)
    assert await followed(started.purchase_id) == [(-3, 0, "disputed"), (3, 0, "dispute_ended")]
    told = await rows(
        "SELECT description, reverses_id IS NOT NULL AS names FROM credit_transactions"
        " WHERE purchase_id = $1 AND type <> 'purchase' ORDER BY seq",
        started.purchase_id,
    )
    assert [tuple(each) for each in told] == [
        ("Dispute about Serial Entrepreneur: −3 credits held", False),
        ("Dispute about Serial Entrepreneur ended: +3 credits given back", True),
    ]


async def test_a_lost_dispute_keeps_what_it_took(till: Till) -> None:
    """REFD-02."""
    alice = await make_user()
    started = await sold(till, alice)
    disputed = dispute(till, started)
    await look(till, started)
    lose(till, disputed)
    assert (await look(till, started)).outcome is Followed.NOTED
    assert (await state_of(started), await balance_of(alice)) == ((0, 0, "lost"), 0)


async def test_an_inquiry_takes_nothing(till: Till) -> None:
    """REFD-02, M22: no money moves; it is only noted, and closed again."""
    alice = await make_user()
    started = await sold(till, alice)
    asked = dispute(till, started, inquiry=True)
    assert (await look(till, started)).outcome is Followed.NOTED
    assert (await state_of(started), await balance_of(alice)) == ((0, 0, "warning_needs_response"), 3)
    lose(till, asked)
    await look(till, started)
    assert (await state_of(started), await balance_of(alice)) == ((0, 0, "warning_closed"), 3)


async def test_a_dispute_that_was_won_leaves_what_refunds_had_taken(till: Till) -> None:
    """M21, M23: given back is what the dispute took, not what a refund took before it."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started, 5000)
    await look(till, started)
    disputed = dispute(till, started)
    await look(till, started)
    assert await balance_of(alice) == 0
    win(till, disputed)
    await look(till, started)
    assert await balance_of(alice) == 2
    assert await followed(started.purchase_id) == [
        (-1, 5000, "refunded"),
        (-2, 0, "disputed"),
        (2, 0, "dispute_ended"),
    ]


@pytest.mark.parametrize("order", ["refund first", "dispute first", "at once"])
async def test_refund_and_dispute_of_one_payment_take_no_more_than_was_given(till: Till, order: str) -> None:
    """M21, M25: lost after a full refund takes nothing more."""
    alice = await make_user()
    started = await sold(till, alice)
    made = refund(till, started)
    if order == "dispute first":
        till.sandbox.tamper("refund", made, status="pending")
        dispute(till, started)
        await look(till, started)
        till.sandbox.tamper("refund", made, status="succeeded")
    elif order == "refund first":
        await look(till, started)
        lose(till, dispute(till, started))
    else:
        dispute(till, started)
    await look(till, started)
    assert [credits for credits, _, _ in await followed(started.purchase_id)] == [-3]
    assert (await state_of(started))[0] == 14_900


async def test_a_dispute_that_was_won_and_then_a_full_refund_take_all_once(till: Till) -> None:
    """M24, REFD-05."""
    alice = await make_user()
    started = await sold(till, alice)
    disputed = dispute(till, started)
    await look(till, started)
    win(till, disputed)
    await look(till, started)
    till.sandbox.tamper("dispute", disputed, is_charge_refundable=True)
    refund(till, started)
    for _ in range(2):
        await look(till, started)
    assert await followed(started.purchase_id) == [
        (-3, 0, "disputed"),
        (3, 0, "dispute_ended"),
        (-3, 14_900, "refunded"),
    ]
    assert await balance_of(alice) == 0


@pytest.mark.parametrize("by", ["fulfilment", "clawback"])
async def test_money_that_is_back_before_the_credits_came_unlocks_nothing(till: Till, by: str) -> None:
    """M16, M48: both movements are written, and the credit that the person had before is not spent in their place."""
    alice = await make_user(balance_credits=1)
    workshop = await make_workshop(user_id=alice)
    started = await till.bought(alice, "single-flight", intent_workshop_id=workshop)
    refund(till, started)
    if by == "fulfilment":
        found = await till.fulfil(started)
        assert (found.outcome, found.balance_after_credits) == (Outcome.GRANTED, 1)
        assert (await look(till, started)).outcome is Followed.SETTLED
    else:
        assert (await look(till, started)).outcome is Followed.SETTLED
        assert (await till.fulfil(started)).outcome is Outcome.ALREADY
    came = await movements_of(alice)
    assert came[1:] == [("purchase", "completed", 1), ("refund", "completed", -1)]
    stored = await purchase(started.purchase_id)
    assert (stored["intent_outcome"], stored["amount_refunded_cents"]) == ("returned", 7900)
    opened = await row("SELECT credit_consumed_at FROM workshops WHERE id = $1", workshop)
    assert opened is not None
    assert opened["credit_consumed_at"] is None


async def test_a_part_that_is_back_before_the_credits_came_leaves_the_rest(till: Till) -> None:
    """M16: what is left still opens the workshop."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    started = await till.bought(alice, "serial-entrepreneur", intent_workshop_id=workshop)
    refund(till, started, 5000)
    found = await till.fulfil(started)
    assert (found.intent_outcome, found.balance_after_credits) == ("unlocked", 1)


async def test_a_part_that_is_back_already_opens_no_workshop(till: Till) -> None:
    """M16, M48: it is taken first, so the workshop stays locked, and nobody comes to owe a credit."""
    alice = await make_user()
    await owe(alice, 2)
    workshop = await make_workshop(user_id=alice)
    started = await till.bought(alice, "serial-entrepreneur", intent_workshop_id=workshop)
    refund(till, started, 5000)
    found = await till.fulfil(started)
    assert (found.intent_outcome, found.balance_after_credits) == ("not_enough", 0)


def reading(till: Till, started: Started, *, refunds: list[Refund], disputes: list[Dispute]) -> FakeGateway:
    """Stripe as somebody read it at one moment."""
    gateway = FakeGateway()
    gateway.came_back = refunds, disputes
    return gateway


async def test_an_older_reading_never_overwrites_a_newer_one(till: Till) -> None:
    """REFD-04: read before the refund, written after it; the credits stay taken."""
    alice = await make_user()
    started = await sold(till, alice)
    refunded = [Refund("re_late", 14_900, "usd", "succeeded", payment_of(till, started))]
    newer = reading(till, started, refunds=refunded, disputes=[])
    older = reading(till, started, refunds=[], disputes=[Dispute("du_1", "warning_closed")])

    async def the_refund_is_made_and_applied() -> None:
        newer.came_back = (refunded, older.came_back[1])
        older.came_back = newer.came_back  # who reads again reads what is there now
        assert (await look(till, started, gateway=newer)).outcome is Followed.MOVED

    older.meanwhile = the_refund_is_made_and_applied
    assert (await look(till, started, gateway=older)).outcome is Followed.SETTLED
    assert await followed(started.purchase_id) == [(-3, 14_900, "refunded")]
    assert (await state_of(started))[0] == 14_900


async def test_a_newer_reading_is_applied_over_an_older_one_that_was_faster(till: Till) -> None:
    """REFD-04: the other order of the same two."""
    alice = await make_user()
    started = await sold(till, alice)
    refunded = [Refund("re_late", 14_900, "usd", "succeeded", payment_of(till, started))]
    older = reading(till, started, refunds=[], disputes=[Dispute("du_1", "warning_closed")])
    newer = reading(till, started, refunds=refunded, disputes=older.came_back[1])

    async def the_older_one_is_applied() -> None:
        assert (await look(till, started, gateway=older)).outcome is Followed.NOTED

    newer.meanwhile = the_older_one_is_applied
    assert (await look(till, started, gateway=newer)).outcome is Followed.MOVED
    assert await followed(started.purchase_id) == [(-3, 14_900, "refunded")]


async def test_a_payment_that_never_stands_still_is_left_for_later(till: Till) -> None:
    """Nobody goes round in a circle for ever."""
    alice = await make_user()
    started = await sold(till, alice)
    restless = reading(till, started, refunds=[Refund("re_1", 1, "usd", "pending")], disputes=[])

    async def something_new() -> None:
        restless.meanwhile = something_new
        await row(
            "UPDATE purchases SET returns_seen = returns_seen || '.' WHERE id = $1", started.purchase_id
        )

    restless.meanwhile = something_new
    with pytest.raises(TryLater):
        await look(till, started, gateway=restless)
    assert await followed(started.purchase_id) == []


async def test_a_refund_between_the_fulfilments_reading_and_its_writing_is_taken(till: Till) -> None:
    """M16: the refund's own event comes while the purchase is being fulfilled."""
    alice = await make_user()
    started = await till.bought(alice, "single-flight")
    session = await till.shop.gateway.checkout_session(session_id_of(started))
    slow = FakeGateway(session)

    async def a_refund_is_made_and_heard_of() -> None:
        refund(till, started)
        await look(till, started)

    slow.meanwhile = a_refund_is_made_and_heard_of
    assert (await till.with_shop(gateway=slow).fulfil(started)).outcome is Outcome.ALREADY
    assert await movements_of(alice) == [("purchase", "completed", 1), ("refund", "completed", -1)]


async def test_what_runs_beside_it_is_undone_with_it(till: Till) -> None:
    """RECN-04: killed before the commit, nothing happened; the next try does it all."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started)

    async def dies(found: Clawback) -> None:
        assert found.outcome is Followed.MOVED
        raise RuntimeError("the process ended here")

    before = await fingerprint(alice, started.purchase_id)
    with pytest.raises(RuntimeError):
        await look(till, started, also=dies)
    assert await fingerprint(alice, started.purchase_id) == before
    told: list[Clawback] = []

    async def notes(found: Clawback) -> None:
        told.append(found)

    for _ in range(2):
        await look(till, started, also=notes)
    assert [found.outcome for found in told] == [Followed.MOVED, Followed.SETTLED]


async def test_while_stripe_is_silent_nothing_is_written(till: Till) -> None:
    """C17: half of what Stripe knows is nothing."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started)
    before = await fingerprint(alice, started.purchase_id)
    till.sandbox.fault("api", "503", match="GET /v1/disputes*", times=9)
    with pytest.raises(StripeUnavailable):
        await look(till, started)
    assert await fingerprint(alice, started.purchase_id) == before


async def test_a_payment_that_is_not_ours_is_told_apart(till: Till) -> None:
    """M33: another product at the same Stripe account."""
    started = await till.bought(await make_user(), "single-flight")
    await disown(till, started, named=None)
    with pytest.raises(UnknownPurchase):
        await look(till, started)


async def disown(till: Till, started: Started, *, named: str | None) -> None:
    """Stripe's payment stays; what it names is another purchase than the one that made it, or none."""
    metadata = {"purchase_id": named} if named else {}
    till.sandbox.tamper("payment_intent", payment_of(till, started), metadata=metadata)
    till.sandbox.tamper(
        "checkout.session", session_id_of(started), metadata=metadata, client_reference_id=named
    )
    await row("UPDATE purchases SET stripe_session_id = NULL WHERE id = $1", started.purchase_id)


async def test_a_payment_that_names_a_purchase_we_do_not_know_is_refused(till: Till) -> None:
    """M33: never ignored."""
    started = await till.bought(await make_user(), "single-flight")
    await disown(till, started, named="pur_unknown")
    found = await look(till, started)
    assert (found.outcome, found.reason) == (Followed.REFUSED, "unknown purchase")


@pytest.mark.parametrize("is_paid", [True, False])
async def test_a_payment_that_names_somebody_elses_purchase_takes_nothing_from_it(
    till: Till, is_paid: bool
) -> None:
    """M31: metadata is a hint, never a claim."""
    alice = await make_user()
    victim = await sold(till, alice) if is_paid else await till.start(alice, "serial-entrepreneur")
    before = await fingerprint(alice, victim.purchase_id)
    started = await till.bought(await make_user(name="Charlie"), "single-flight")
    await disown(till, started, named=victim.purchase_id)
    refund(till, started)
    found = await look(till, started)
    assert (found.outcome, found.reason) == (Followed.REFUSED, "another payment")
    assert await fingerprint(alice, victim.purchase_id) == before


async def test_a_purchase_that_made_no_page_is_not_found_by_a_payments_word(till: Till) -> None:
    """M31: a payment without a payment page names it."""
    alice = await make_user()
    victim = await till.start(alice)
    await row(
        "UPDATE purchases SET stripe_session_id = NULL, status = 'started' WHERE id = $1", victim.purchase_id
    )
    started = await till.bought(await make_user(name="Charlie"), "single-flight")
    payment = payment_of(till, started)
    await disown(till, started, named=victim.purchase_id)
    till.sandbox.tamper("checkout.session", session_id_of(started), payment_intent=None)
    found = await look(till, started, payment=payment)
    assert (found.outcome, found.reason) == (Followed.REFUSED, "no checkout session")
    assert await movements_of(alice) == []


async def test_a_page_whose_id_was_never_stored_is_found_by_its_payment(till: Till) -> None:
    """C02: we died after Stripe's answer, and the first thing we hear is a refund."""
    alice = await make_user()
    started = await till.bought(alice)
    await row(
        "UPDATE purchases SET stripe_session_id = NULL, status = 'started' WHERE id = $1", started.purchase_id
    )
    refund(till, started)
    await look(till, started)
    assert await movements_of(alice) == [("purchase", "completed", 1), ("refund", "completed", -1)]


async def test_money_back_of_a_payment_that_looks_unpaid_is_asked_for_again(till: Till) -> None:
    """Stripe's readings are of two moments: answering would lose the refund."""
    alice = await make_user()
    started = await till.start(alice)
    await till.pay(started, method="sepa_debit", outcome="stuck")
    assert (await till.fulfil(started)).reason == "settling"
    gateway = FakeGateway(await till.shop.gateway.checkout_session(session_id_of(started)))
    gateway.came_back = [Refund("re_1", 7900, "usd", "succeeded")], []
    with pytest.raises(TryLater):
        await look(till, started, gateway=gateway)
    gateway.came_back = [], []
    assert (await look(till, started, gateway=gateway)).outcome is Followed.SETTLED


async def test_the_money_of_a_refused_payment_is_seen_to_go_back(till: Till) -> None:
    """RECN-05: an operator refunds what did not match; no credits move, and none come later."""
    alice = await make_user()
    started = await till.bought(alice)
    till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=1)
    assert (await till.fulfil(started)).outcome is Outcome.REFUSED
    refund(till, started)
    assert (await look(till, started)).outcome is Followed.NOTED
    assert (await state_of(started), await movements_of(alice)) == ((7900, 0, None), [])
    before = await fingerprint(alice, started.purchase_id)
    assert (await look(till, started)).outcome is Followed.SETTLED
    assert await fingerprint(alice, started.purchase_id) == before
    till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=7900)
    await till.fulfil(started)
    assert await movements_of(alice) == [("purchase", "completed", 1), ("refund", "completed", -1)]


@pytest.mark.parametrize("is_counted", [True, False])
async def test_money_back_in_another_currency_is_for_a_person_to_look_at(
    till: Till, is_counted: bool
) -> None:
    """M27: its sum means nothing here."""
    alice = await make_user()
    started = await till.bought(alice)
    if is_counted:
        await till.fulfil(started)
    made = refund(till, started)
    till.sandbox.tamper("refund", made, currency="jpy")
    movements = await movements_of(alice)
    assert (await look(till, started)).outcome is Followed.REFUSED
    if not is_counted:
        assert (await till.fulfil(started)).reason == "currency of a refund"
    assert await movements_of(alice) == movements


async def test_more_money_back_than_was_paid_takes_no_more_than_was_given(till: Till) -> None:
    """M21: whatever Stripe's figures say."""
    alice = await make_user()
    started = await sold(till, alice)
    till.sandbox.tamper("refund", refund(till, started), amount=999_999)
    await look(till, started)
    assert (await state_of(started), await balance_of(alice)) == ((14_900, 0, None), 0)
    assert await followed(started.purchase_id) == [(-3, 14_900, "refunded")]


async def test_a_stand_in_whose_sessions_name_no_payment_is_followed_all_the_same(till: Till) -> None:
    """Bound by the payment's own word, outside live mode alone."""
    alice = await make_user()
    started = await till.bought(alice)
    payment = payment_of(till, started)
    session = await till.shop.gateway.checkout_session(session_id_of(started))
    careless = till.with_shop(gateway=FakeGateway(replace(session, payment_intent_id=None)))
    assert (await careless.fulfil(started)).outcome is Outcome.GRANTED
    refund(till, started)
    assert (await look(till, started)).balance_after_credits == 0
    assert (await purchase(started.purchase_id))["payment_intent"] == payment


async def test_a_charge_and_its_refunds_agree_in_the_end(till: Till) -> None:
    """Stripe's own sum, as a check on ours."""
    alice = await make_user()
    started = await sold(till, alice)
    for cents in (1, 4999, 333):
        refund(till, started, cents)
    fail_refund(till, refund(till, started, 50))
    await look(till, started)
    assert (await state_of(started))[0] == charge_of(till, started)["amount_refunded"] == 5333


async def test_a_key_of_tests_frees_no_credits_that_real_money_paid_for(till: Till) -> None:
    """M20: to the other mode's key this payment's dispute does not exist, which is no word that it is over."""
    alice = await make_user()
    started = await sold(till, alice)
    dispute(till, started)
    await look(till, started)
    await row("UPDATE purchases SET livemode = true WHERE id = $1", started.purchase_id)
    before = await fingerprint(alice, started.purchase_id)
    found = await look(till, started, payment=payment_of(till, started), gateway=FakeGateway())
    assert found == Clawback(Followed.REFUSED, started.purchase_id, "livemode")
    assert await fingerprint(alice, started.purchase_id) == before
