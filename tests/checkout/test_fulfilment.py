"""What a checkout session gives its buyer, at a real sandbox through Stripe's own library."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from app.checkout.fulfilment import Fulfilment, Outcome, Source, fulfil
from app.clock import utc_now
from app.database import row, rows, tx
from app.errors import IdempotencyConflict, StripeMissing, StripeRefused, StripeUnavailable, UnknownPurchase
from app.ledger.audit import audit
from app.ledger.payments import PurchaseMovement, await_purchase
from app.ledger.posting import Actor, adjust, lock_user
from app.payments.gateway import PaymentGateway, Refund
from app.workshops.access import PaywallRules
from tests.checkout.till import (
    Till,
    balance_of,
    movements_of,
    purchase,
    purchases_of,
    session_id_of,
    session_of,
    unlock_for_a_credit,
)
from tests.factories import make_user, make_workshop, owe
from tests.fakes import FakeGateway, SilentGateway, UnaskedGateway

WEBHOOK = Source("webhook")
ONE = [("purchase", "completed", 1)]


async def see(
    session_id: str, gateway: PaymentGateway, *, source: Source = WEBHOOK, **more: Any
) -> Fulfilment:
    return await fulfil(
        session_id, source=source, gateway=gateway, rules=PaywallRules(), now=utc_now(), **more
    )


def alter(till: Till, session_id: str, **fields: Any) -> None:
    """Stripe's object becomes another one than we asked for."""
    with till.sandbox.state.change() as change:
        session = change.load("checkout.session", session_id)
        session |= fields
        change.save(session)


async def by_debit(till: Till, user_id: str, outcome: str = "stuck") -> Any:
    started = await till.start(user_id)
    paid = await till.pay(started, method="sepa_debit", outcome=outcome)
    assert paid.status_code == 303
    return started


def payment_of(till: Till, session_id: str) -> str:
    return str(till.sandbox.stored("checkout.session", session_id)["payment_intent"])


def settle_debit(till: Till, session_id: str) -> None:
    from app.sandbox.moves.payment import settle_debit as settle

    with till.sandbox.state.change() as change:
        settle(change, payment_of(till, session_id))


def fail_debit(till: Till, session_id: str) -> None:
    from app.sandbox.moves.payment import fail_debit as fail

    with till.sandbox.state.change() as change:
        fail(change, payment_of(till, session_id))


@pytest.mark.parametrize(("pack", "credits"), [("single-flight", 1), ("serial-entrepreneur", 3)])
@pytest.mark.parametrize("source", ["webhook", "page", "reconcile"])
async def test_a_paid_pack_is_credited_at_once(till: Till, pack: str, credits: int, source: str) -> None:
    """BILL-01, BILL-02, BILL-03."""
    alice = await make_user(balance_credits=1)
    started = await till.bought(alice, pack)
    found = await till.fulfil(started, source)
    assert (found.outcome, found.credits, found.balance_after_credits) == (
        Outcome.GRANTED,
        credits,
        1 + credits,
    )
    assert await balance_of(alice) == 1 + credits
    stored = await purchase(started.purchase_id)
    assert (stored["status"], stored["payment_method"]) == ("paid", "Visa ending 4242")
    assert stored["payment_intent"] == payment_of(till, session_id_of(started))
    assert [finding for finding in await audit() if alice in finding] == []


async def test_repeats_change_nothing_and_do_not_ask_stripe(till: Till) -> None:
    """BILL-04, H07: the page reloaded, the webhook sent again."""
    alice = await make_user()
    started = await till.bought(alice)
    await till.fulfil(started)
    before = await purchase(started.purchase_id)
    for source in (Source("page"), Source("webhook", "evt_2"), Source("reconcile")) * 3:
        found = await see(session_id_of(started), UnaskedGateway(), source=source)
        assert (found.outcome, found.balance_after_credits) == (Outcome.ALREADY, 1)
        assert found.paid_at == before["paid_at"]
    assert await movements_of(alice) == ONE
    assert await purchase(started.purchase_id) == before


async def test_webhook_and_page_at_once_grant_once(till: Till) -> None:
    """BILL-03, M07, M09: whoever comes second is told the balance that includes the purchase."""
    alice = await make_user()
    started = await till.bought(alice)
    sources = ["webhook", "page", "reconcile"] * 5
    found = await asyncio.gather(*(till.fulfil(started, source) for source in sources))
    outcomes = sorted(each.outcome for each in found)
    assert outcomes == [Outcome.ALREADY] * 14 + [Outcome.GRANTED]
    assert {each.balance_after_credits for each in found} == {1}
    assert await movements_of(alice) == ONE


async def test_a_rival_between_reading_and_writing_is_met_with_already(till: Till) -> None:
    """BILL-04: the webhook fulfils while the return page is under way."""
    alice = await make_user()
    started = await till.bought(alice)
    session = await till.shop.gateway.checkout_session(session_id_of(started))
    gateway = FakeGateway(session)
    gateway.meanwhile = lambda: till.fulfil(started, "webhook")
    found = await see(session.id, gateway, source=Source("page"), owner=alice)
    assert (found.outcome, found.balance_after_credits) == (Outcome.ALREADY, 1)
    assert await movements_of(alice) == ONE


async def test_a_grant_beside_a_note_that_the_money_settles_completes_that_row(till: Till) -> None:
    """M13: the note is committed while the grant waits for the person's row, out of its sight."""
    alice = await make_user()
    started = await till.bought(alice)
    async with tx():
        await lock_user(alice)
        movement = PurchaseMovement(alice, started.purchase_id, 1, "Waiting", session_id_of(started))
        await await_purchase(movement, actor=Actor("stripe"))
        granting = asyncio.create_task(till.fulfil(started), context=Context())
        await somebody_waits_for_a_lock()
    assert (await granting).outcome is Outcome.GRANTED
    assert await movements_of(alice) == ONE


async def test_a_contradiction_in_the_ledger_grants_nothing_and_is_told(till: Till) -> None:
    """Paid means counted: the purchase is not marked either."""
    alice = await make_user()
    started = await till.bought(alice)
    async with tx():
        await lock_user(alice)
        other = PurchaseMovement(alice, started.purchase_id, 2, "Another pack", session_id_of(started))
        await await_purchase(other, actor=Actor("stripe"))
    for _ in range(2):
        with pytest.raises(IdempotencyConflict):
            await till.fulfil(started)
    assert (await purchase(started.purchase_id))["status"] == "open"
    assert await movements_of(alice) == [("purchase", "pending", 2)]


async def somebody_waits_for_a_lock() -> None:
    async with asyncio.timeout(2):
        while not await rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.002)


async def test_an_unpaid_session_grants_nothing(till: Till) -> None:
    alice = await make_user()
    started = await till.start(alice)
    found = await till.fulfil(started, "page")
    assert (found.outcome, found.reason, found.payment_url) == (Outcome.PENDING, "open", started.url)
    assert await movements_of(alice) == []


async def test_a_declined_card_leaves_the_purchase_open(till: Till) -> None:
    """The buyer may try another card on the same page."""
    alice = await make_user()
    started = await till.start(alice)
    assert (await till.pay(started, number="4000000000000002")).status_code == 402
    assert (await till.fulfil(started, "page")).reason == "open"
    await till.pay(started)
    assert (await till.fulfil(started)).outcome is Outcome.GRANTED


async def test_money_on_its_way_counts_for_nothing_yet(till: Till) -> None:
    """M10: the row is pending, the purchase settling."""
    alice = await make_user()
    started = await by_debit(till, alice)
    for source in ("webhook", "page", "page"):
        found = await till.fulfil(started, source)
        assert (found.outcome, found.reason) == (Outcome.PENDING, "settling")
    assert await movements_of(alice) == [("purchase", "pending", 1)]
    assert await balance_of(alice) == 0
    assert (await purchase(started.purchase_id))["status"] == "settling"


async def test_settled_money_completes_the_row_that_waited(till: Till) -> None:
    """M11: that same row, once."""
    alice = await make_user()
    started = await by_debit(till, alice)
    await till.fulfil(started)
    waiting = await row("SELECT id FROM credit_transactions WHERE purchase_id = $1", started.purchase_id)
    settle_debit(till, session_id_of(started))
    assert [(await till.fulfil(started)).outcome for _ in range(2)] == [Outcome.GRANTED, Outcome.ALREADY]
    settled = await row("SELECT id FROM credit_transactions WHERE purchase_id = $1", started.purchase_id)
    assert settled == waiting
    assert await movements_of(alice) == ONE


@pytest.mark.parametrize("was_seen_waiting", [True, False])
async def test_money_that_does_not_come_fails_row_and_purchase(till: Till, was_seen_waiting: bool) -> None:
    """M12: also where the first event never arrived."""
    alice = await make_user()
    started = await by_debit(till, alice)
    if was_seen_waiting:
        await till.fulfil(started)
    fail_debit(till, session_id_of(started))
    for source in ("webhook", "page", "webhook"):
        found = await till.fulfil(started, source)
        assert (found.outcome, found.reason) == (Outcome.FAILED, "declined")
    assert await movements_of(alice) == [("purchase", "failed", 1)]
    stored = await purchase(started.purchase_id)
    assert stored["status"] == "failed"
    assert stored["closed_at"] is not None


async def test_money_that_comes_after_all_completes_the_failed_row(till: Till) -> None:
    """M13: late truth wins."""
    alice = await make_user()
    started = await by_debit(till, alice)
    session = await till.shop.gateway.checkout_session(session_id_of(started))
    failed = replace(session, payment_intent_status="requires_payment_method")
    paid = replace(session, payment_status="paid", payment_intent_status="succeeded")
    assert (await see(session.id, FakeGateway(failed))).outcome is Outcome.FAILED
    assert (await see(session.id, FakeGateway(paid))).outcome is Outcome.GRANTED
    assert await movements_of(alice) == ONE
    stored = await purchase(started.purchase_id)
    assert (stored["status"], stored["closed_at"]) == ("paid", None)


@pytest.mark.parametrize("order", list(permutations(["completed", "failed", "succeeded"])))
async def test_every_order_of_delayed_events_ends_alike(till: Till, order: tuple[str, ...]) -> None:
    """M13: each event only makes us read the session, which is paid by now."""
    alice = await make_user()
    started = await by_debit(till, alice)
    settle_debit(till, session_id_of(started))
    for name in order * 2:
        kind = (
            "checkout.session.completed" if name == "completed" else f"checkout.session.async_payment_{name}"
        )
        await see(session_id_of(started), till.shop.gateway, source=Source("webhook", f"evt_{name}", kind))
    assert await movements_of(alice) == ONE


async def test_the_event_decides_only_where_stripe_names_no_payment(till: Till) -> None:
    alice = await make_user()
    started = await by_debit(till, alice)
    session = await till.shop.gateway.checkout_session(session_id_of(started))
    nameless = FakeGateway(replace(session, payment_intent_id=None, payment_intent_status=None))
    late = Source("webhook", "evt_1", "checkout.session.async_payment_failed")
    assert (await see(session.id, nameless)).reason == "settling"
    assert (await see(session.id, nameless, source=late)).reason == "declined"


async def test_an_expired_page_closes_its_purchase(till: Till) -> None:
    """M14."""
    alice = await make_user()
    started = await till.start(alice)
    await till.shop.gateway.expire_checkout_session(session_id_of(started))
    for source in ("webhook", "page", "webhook"):
        found = await till.fulfil(started, source)
        assert (found.outcome, found.reason) == (Outcome.FAILED, "expired")
    assert (await purchase(started.purchase_id))["status"] == "expired"
    assert await movements_of(alice) == []


async def test_a_late_payment_on_an_expired_page_is_honoured_once(till: Till) -> None:
    """M14: it was paid a moment before it ran out."""
    alice = await make_user()
    started = await till.start(alice)
    await till.shop.gateway.expire_checkout_session(session_id_of(started))
    await till.fulfil(started)
    alter(till, session_id_of(started), payment_status="paid")
    assert [(await till.fulfil(started)).outcome for _ in range(2)] == [Outcome.GRANTED, Outcome.ALREADY]
    assert (await purchase(started.purchase_id))["status"] == "paid"


WRONG: dict[str, dict[str, Any]] = {
    "one cent more": {"amount_total": 7901},
    "one cent less": {"amount_total": 7899},
    "nothing": {"amount_total": 0},
    "another currency": {"currency": "eur"},
    "a currency without minor units": {"currency": "jpy"},
    "a currency with three": {"currency": "kwd"},
    "a subscription": {"mode": "subscription"},
    "live money": {"livemode": True},
    "a full discount": {"payment_status": "no_payment_required"},
    "another reference": {"client_reference_id": "pur_other"},
    "another purchase named": {"metadata": {"purchase_id": "pur_other"}},
    "another customer": {"customer": "cus_other"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_payment_that_does_not_match_is_refused(till: Till, wrong: dict[str, Any]) -> None:
    """RECN-05, M26, M27, M28, M34: nothing is granted, and the purchase is there for a person to look at."""
    alice = await make_user()
    started = await till.bought(alice)
    alter(till, session_id_of(started), **wrong)
    for source in ("webhook", "page"):
        assert (await till.fulfil(started, source)).outcome is Outcome.REFUSED
    assert await movements_of(alice) == []
    stored = await purchase(started.purchase_id)
    assert stored["status"] == "refused"
    assert stored["refused_reason"]


async def test_lines_that_were_changed_at_stripe_give_no_more_than_was_sold(till: Till) -> None:
    """M30: two of the same for the price of two, and whatever else makes another sum."""
    alice = await make_user()
    started = await till.bought(alice)
    session_id = session_id_of(started)
    [line] = till.sandbox.state.store.private(session_id)["line_items"]
    with till.sandbox.state.change() as change:
        change.remember(session_id, line_items=[line | {"quantity": 2, "amount_total": 15_800}])
    alter(till, session_id, amount_subtotal=15_800, amount_total=15_800)
    assert (await till.fulfil(started)).outcome is Outcome.REFUSED
    assert await movements_of(alice) == []


@pytest.mark.parametrize("amount_cents", [2**31 - 1, 2**31, 2**63])
async def test_a_sum_beyond_all_limits_is_refused_like_any_other(till: Till, amount_cents: int) -> None:
    """M39: never wrapped, never an error."""
    alice = await make_user()
    started = await till.bought(alice)
    alter(till, session_id_of(started), amount_total=amount_cents)
    for source in ("webhook", "page", "reconcile"):
        assert (await till.fulfil(started, source)).outcome is Outcome.REFUSED
    assert (await movements_of(alice), await balance_of(alice)) == ([], 0)


async def test_a_payment_for_which_the_balance_has_no_room_is_set_aside_until_it_has(till: Till) -> None:
    """M39: nothing wrapped and no error; a person is told, and the next look credits it once credits are used."""
    alice = await make_user(balance_credits=2**31 - 1)
    started = await till.bought(alice)
    for source in ("webhook", "page", "reconcile"):
        assert (await till.fulfil(started, source)).outcome is Outcome.REFUSED
    stored = await purchase(started.purchase_id)
    assert (stored["status"], stored["refused_reason"]) == ("refused", "no room in the balance")
    async with tx():
        await adjust(alice, -5, form_key=alice, reason="x", actor=Actor("operator", "tests"))
    assert (await till.fulfil(started)).outcome is Outcome.GRANTED
    assert await balance_of(alice) == 2**31 - 5


async def test_money_that_settles_beside_a_full_balance_is_noted(till: Till) -> None:
    """M39: it counts for nothing yet."""
    alice = await make_user(balance_credits=2**31 - 1)
    started = await till.start(alice)
    await till.pay(started, method="sepa_debit", outcome="stuck")
    assert (await till.fulfil(started)).reason == "settling"
    assert (await movements_of(alice))[-1] == ("purchase", "pending", 1)


async def test_a_refused_payment_that_turns_out_right_is_granted(till: Till) -> None:
    """Late truth wins."""
    alice = await make_user()
    started = await till.bought(alice)
    alter(till, session_id_of(started), amount_total=1)
    await till.fulfil(started)
    alter(till, session_id_of(started), amount_total=7900)
    assert (await till.fulfil(started)).outcome is Outcome.GRANTED
    stored = await purchase(started.purchase_id)
    assert (stored["status"], stored["refused_reason"]) == ("paid", None)


async def test_lying_metadata_changes_nothing(till: Till) -> None:
    """M31: only our own row says what is given, and to whom."""
    alice, bob = await make_user(), await make_user(name="Bob")
    started = await till.bought(alice)
    lies = {"purchase_id": started.purchase_id, "credits": "1000000000", "user_id": bob}
    alter(till, session_id_of(started), metadata=lies)
    await till.fulfil(started)
    assert (await balance_of(alice), await balance_of(bob)) == (1, 0)


async def stranger(till: Till, **fields: Any) -> str:
    """A paid session at our Stripe account that our product did not make."""
    started = await till.bought(await make_user(name="Charlie"))
    session_id = session_id_of(started)
    await row("UPDATE purchases SET stripe_session_id = NULL WHERE id = $1", started.purchase_id)
    alter(till, session_id, **fields)
    return session_id


async def test_a_sale_that_is_not_ours_is_told_apart(till: Till) -> None:
    """M33: a payment link, another product."""
    session_id = await stranger(till, metadata={}, client_reference_id=None)
    with pytest.raises(UnknownPurchase):
        await see(session_id, till.shop.gateway)


async def test_a_session_that_names_a_purchase_we_do_not_know_is_refused(till: Till) -> None:
    """M33: never ignored."""
    session_id = await stranger(till, metadata={"purchase_id": "pur_unknown"}, client_reference_id=None)
    found = await see(session_id, till.shop.gateway)
    assert (found.outcome, found.purchase_id) == (Outcome.REFUSED, None)


@pytest.mark.parametrize("is_paid", [True, False])
async def test_a_session_that_names_a_purchase_of_another_session_touches_nothing(
    till: Till, is_paid: bool
) -> None:
    """M31."""
    alice = await make_user()
    started = await till.bought(alice)
    if is_paid:
        await till.fulfil(started)
    before, movements = await purchase(started.purchase_id), await movements_of(alice)
    name = {"purchase_id": started.purchase_id}
    session_id = await stranger(till, metadata=name, client_reference_id=started.purchase_id)
    assert (await see(session_id, till.shop.gateway)).outcome is Outcome.REFUSED
    assert await purchase(started.purchase_id) == before
    assert await movements_of(alice) == movements


async def test_a_page_whose_id_was_never_stored_is_found_by_its_reference(till: Till) -> None:
    """C02: we died between Stripe's answer and our commit."""
    alice = await make_user()
    started = await till.bought(alice)
    await row(
        "UPDATE purchases SET stripe_session_id = NULL, status = 'started' WHERE id = $1", started.purchase_id
    )
    assert (await see(session_id_of(started), till.shop.gateway)).outcome is Outcome.GRANTED
    assert await session_of(started.purchase_id) == session_id_of(started)


async def test_somebody_elses_session_is_unknown_and_stripe_is_not_asked(till: Till) -> None:
    """M32: not even to find out."""
    alice, bob = await make_user(), await make_user(name="Bob")
    started = await till.bought(alice)
    for session_id in (session_id_of(started), "cs_test_invented"):
        with pytest.raises(UnknownPurchase):
            await see(session_id, UnaskedGateway(), source=Source("page"), owner=bob)
    assert await movements_of(alice) == []


async def test_the_page_calls_silence_pending_and_the_webhook_asks_for_another_try(till: Till) -> None:
    """5.8: the page claims no more than Stripe said."""
    alice = await make_user()
    started = await till.bought(alice)
    session_id = session_id_of(started)
    page = await see(session_id, SilentGateway(), source=Source("page"), owner=alice)
    assert (page.outcome, page.reason) == (Outcome.PENDING, "silent")
    with pytest.raises(StripeUnavailable):
        await see(session_id, SilentGateway())


async def test_the_page_tells_no_payer_that_nothing_was_charged_because_our_key_may_not_ask(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5.8: a key that was withdrawn, or may not read refunds, says nothing of the money."""
    alice = await make_user()
    started = await till.bought(alice)

    async def forbidden(payment_intent_id: str) -> list[Refund]:
        raise StripeRefused(code=None, param=None, status=403)

    monkeypatch.setattr(till.shop.gateway, "refunds", forbidden)
    page = await see(session_id_of(started), till.shop.gateway, source=Source("page"), owner=alice)
    assert (page.outcome, page.reason) == (Outcome.PENDING, "silent")
    with pytest.raises(StripeRefused):
        await see(session_id_of(started), till.shop.gateway)
    monkeypatch.undo()
    await see(session_id_of(started), till.shop.gateway)
    assert await movements_of(alice) == [("purchase", "completed", 1)]


async def test_a_session_that_stripe_has_forgotten_grants_nothing(till: Till) -> None:
    alice = await make_user()
    started = await till.start(alice)
    page = await see(session_id_of(started), FakeGateway(), source=Source("page"), owner=alice)
    assert (page.outcome, page.reason) == (Outcome.PENDING, "silent")
    with pytest.raises(StripeMissing):
        await see(session_id_of(started), FakeGateway())


async def test_what_runs_beside_a_grant_is_undone_with_it(till: Till) -> None:
    """BILL-04, RECN-04: killed before the commit, nothing happened; the next try does it all."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    started = await till.bought(alice, intent_workshop_id=workshop)

    async def dies(found: Fulfilment) -> None:
        assert found.outcome is Outcome.GRANTED
        raise RuntimeError("the process ended here")

    with pytest.raises(RuntimeError):
        await till.fulfil(started, also=dies)
    assert await movements_of(alice) == []
    assert (await purchase(started.purchase_id))["status"] == "open"
    told: list[Fulfilment] = []

    async def notes(found: Fulfilment) -> None:
        told.append(found)

    await till.fulfil(started, also=notes)
    await till.fulfil(started, also=notes)
    assert [found.outcome for found in told] == [Outcome.GRANTED, Outcome.ALREADY]


async def test_the_snapshot_that_was_sold_is_honoured(till: Till) -> None:
    """M41: the pack has another size by now."""
    alice = await make_user()
    started = await till.bought(alice, "serial-entrepreneur")
    await till.fulfil(started)
    [movement] = await movements_of(alice)
    assert movement == ("purchase", "completed", 3)


async def test_a_closed_account_still_gets_what_it_paid_for(till: Till) -> None:
    """M36."""
    alice = await make_user()
    started = await till.bought(alice)
    await row("UPDATE users SET deleted_at = now() WHERE clerk_user_id = $1", alice)
    assert (await till.fulfil(started)).outcome is Outcome.GRANTED


async def test_the_webhook_alone_unlocks_the_workshop(till: Till) -> None:
    """PAYW-08, M48: the buyer closed the tab; credits and unlock are one transaction."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice, current_step="journey-mapping")
    started = await till.bought(alice, intent_workshop_id=workshop)
    found = await till.fulfil(started)
    assert (found.intent_outcome, found.workshop_id, found.balance_after_credits) == ("unlocked", workshop, 0)
    assert await movements_of(alice) == [("purchase", "completed", 1), ("consumption", "completed", -1)]
    opened = await row("SELECT credit_consumed_at, current_step FROM workshops WHERE id = $1", workshop)
    assert opened is not None
    assert opened["credit_consumed_at"] is not None
    assert opened["current_step"] == "reframe"
    again = await till.fulfil(started, "page")
    assert (again.outcome, again.intent_outcome) == (Outcome.ALREADY, "unlocked")


async def _unlock(workshop: str, user_id: str) -> None:
    await unlock_for_a_credit(user_id, workshop)


async def _delete(workshop: str, user_id: str) -> None:
    await row("UPDATE workshops SET deleted_at = now() WHERE id = $1", workshop)


async def _remove(workshop: str, user_id: str) -> None:
    await row("UPDATE workshops SET clerk_user_id = $2 WHERE id = $1", workshop, await make_user(name="Bob"))


async def _run_into_debt(workshop: str, user_id: str) -> None:
    await owe(user_id, 1)


@pytest.mark.parametrize(
    ("meanwhile", "outcome", "balance_credits"),
    [
        (_unlock, "already_open", 1),
        (_delete, "deleted", 1),
        (_remove, "deleted", 1),
        (_run_into_debt, "not_enough", 0),
    ],
)
async def test_an_unlock_that_cannot_be_done_leaves_the_credits(
    till: Till, meanwhile: Callable[[str, str], Awaitable[None]], outcome: str, balance_credits: int
) -> None:
    """WORK-04, M48: the intent is closed with its reason."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    started = await till.bought(alice, intent_workshop_id=workshop)
    await meanwhile(workshop, alice)
    found = await till.fulfil(started)
    assert (found.outcome, found.intent_outcome) == (Outcome.GRANTED, outcome)
    assert found.balance_after_credits == balance_credits == await balance_of(alice)
    assert (await purchase(started.purchase_id))["intent_outcome"] == outcome


async def test_two_purchases_for_one_workshop_unlock_it_once(till: Till) -> None:
    """M49: two grants, one consumption."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice)
    started = [
        await till.bought(alice, pack, intent_workshop_id=workshop)
        for pack in ("single-flight", "serial-entrepreneur")
    ]
    await asyncio.gather(*(till.fulfil(each) for each in started))
    assert sorted(await movements_of(alice)) == [
        ("consumption", "completed", -1),
        ("purchase", "completed", 1),
        ("purchase", "completed", 3),
    ]
    assert sorted(str(bought["intent_outcome"]) for bought in await purchases_of(alice)) == [
        "already_open",
        "unlocked",
    ]


async def test_who_caused_the_movement_is_on_record(till: Till) -> None:
    alice, bob = await make_user(), await make_user(name="Bob")
    sources = {alice: Source("webhook", "evt_paid", request_id="r1"), bob: Source("page")}
    actors = {}
    for buyer, source in sources.items():
        started = await till.bought(buyer)
        await see(session_id_of(started), till.shop.gateway, source=source)
        found = await row("SELECT * FROM credit_transactions WHERE purchase_id = $1", started.purchase_id)
        assert found is not None
        actors[buyer] = (found["actor"], found["actor_id"], found["request_id"], found["description"])
    assert actors[alice] == ("stripe", "evt_paid", "r1", "Purchase of Single Flight")
    assert actors[bob] == ("user", bob, None, "Purchase of Single Flight")
