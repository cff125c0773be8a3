"""Whatever disagrees is named with its ids, both ways; what a program may mend is mended. RECN-03."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from app.clock import utc_now
from app.database import row, tx
from app.ledger.payments import PurchaseMovement, await_purchase, post_purchase, take_back
from app.ledger.posting import Actor
from app.payments.gateway import StripeEvent
from app.reconcile.report import Difference, Mended
from app.sandbox.moves import payment, refunding
from app.webhooks.inbox import receive, settle
from tests.checkout.bank import dispute, payment_of, refund
from tests.checkout.till import Till, session_id_of
from tests.factories import make_purchase, make_user
from tests.reconcile.books import (
    assert_a_second_run_writes_nothing,
    change,
    compared,
    every_write,
    found,
    kinds,
    status_of,
)
from tests.webhooks.site import event_of

DAY = 86_400


async def credited(till: Till, pack: str = "single-flight") -> Any:
    started = await till.bought(await make_user(), pack)
    await till.fulfil(started)
    return started


def rename(till: Till, started: Any, purchase_id: str) -> None:
    """Let a payment page say that it is for another purchase."""
    named = {"metadata": {"purchase_id": purchase_id}, "client_reference_id": purchase_id}
    till.sandbox.tamper("checkout.session", session_id_of(started), **named)


async def unbind(started: Any) -> None:
    await row(
        "UPDATE purchases SET stripe_session_id = NULL, status = 'failed' WHERE id = $1", started.purchase_id
    )


async def paid_and_never_credited(till: Till) -> str:
    return str((await till.bought(await make_user())).purchase_id)


async def expired_and_still_open(till: Till) -> str:
    started = await till.start(await make_user())
    with change(till) as stripe:
        payment.expire(stripe, stripe.load("checkout.session", session_id_of(started)))
    return started.purchase_id


async def failed_and_still_settling(till: Till) -> str:
    started = await till.start(await make_user())
    await till.pay(started, method="sepa_debit", outcome="stuck")
    await till.fulfil(started)
    with change(till) as stripe:
        payment.fail_debit(stripe, payment_of(till, started))
    return started.purchase_id


async def refunded_and_not_taken_back(till: Till) -> str:
    started = await credited(till)
    refund(till, started)
    return str(started.purchase_id)


async def disputed_and_not_taken_back(till: Till) -> str:
    started = await credited(till)
    dispute(till, started)
    return str(started.purchase_id)


async def taken_back_without_a_refund(till: Till) -> str:
    started = await credited(till)
    bought = await row("SELECT clerk_user_id FROM purchases WHERE id = $1", started.purchase_id)
    assert bought is not None
    async with tx():
        await take_back(
            bought["clerk_user_id"],
            started.purchase_id,
            1,
            description="Invented",
            actor=Actor("system"),
            reason="refunded",
        )
    return str(started.purchase_id)


async def invented_with_its_credits(till: Till) -> str:
    return await make_purchase(user_id=await make_user(), status="paid")


async def credited_and_never_paid(till: Till) -> str:
    alice = await make_user()
    started = await till.start(alice)
    async with tx():
        await post_purchase(PurchaseMovement(alice, started.purchase_id, 1, "Bought"), actor=Actor("system"))
        await row("UPDATE purchases SET status = 'paid', paid_at = now() WHERE id = $1", started.purchase_id)
    return started.purchase_id


async def paid_another_sum(till: Till) -> str:
    started = await till.bought(await make_user())
    till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=100)
    return str(started.purchase_id)


async def changed_after_it_was_sold(till: Till) -> str:
    started = await credited(till)
    await row("UPDATE purchases SET amount_cents = 100 WHERE id = $1", started.purchase_id)
    return str(started.purchase_id)


async def paid_for_a_purchase_we_do_not_have(till: Till) -> str:
    started = await till.bought(await make_user())
    await unbind(started)
    rename(till, started, "pur_of_another_life")
    return "pur_of_another_life"


async def paid_twice(till: Till) -> str:
    first, second = await credited(till), await till.bought(await make_user())
    await unbind(second)
    rename(till, second, first.purchase_id)
    return str(first.purchase_id)


async def told_of_by_a_quarantined_event(till: Till) -> str:
    return await an_event(till, "quarantined")


async def told_of_by_an_event_that_nobody_finished(till: Till) -> str:
    return await an_event(till, "received")


async def an_event(till: Till, state: str) -> str:
    started = await credited(till)
    body = event_of(session_id_of(started), event_id=f"evt_{state}")
    event = StripeEvent(body["id"], body["type"], session_id_of(started), False, json.dumps(body).encode())
    await receive(event)
    if state == "quarantined":
        await settle(event, "quarantined", error="for a reason", purchase_id=started.purchase_id)
    await row(
        "UPDATE stripe_events SET received_at = received_at - interval '1 hour', purchase_id = $2"
        " WHERE stripe_event_id = $1",
        event.id,
        started.purchase_id,
    )
    return str(started.purchase_id)


Plant = Callable[[Till], Awaitable[str]]
MENDED: dict[Plant, Mended] = {
    paid_and_never_credited: Mended.CREDITED,
    expired_and_still_open: Mended.CLOSED,
    failed_and_still_settling: Mended.FAILED,
    refunded_and_not_taken_back: Mended.TAKEN_BACK,
    disputed_and_not_taken_back: Mended.TAKEN_BACK,
    taken_back_without_a_refund: Mended.GIVEN_BACK,
    told_of_by_an_event_that_nobody_finished: Mended.EVENT,
}
LEFT: dict[Plant, Difference] = {
    invented_with_its_credits: Difference.NO_COUNTERPART,
    credited_and_never_paid: Difference.NOT_PAID,
    paid_another_sum: Difference.REFUSED,
    changed_after_it_was_sold: Difference.WRONG_SUM,
    paid_for_a_purchase_we_do_not_have: Difference.UNKNOWN_PURCHASE,
    paid_twice: Difference.SECOND_PAYMENT,
    told_of_by_a_quarantined_event: Difference.EVENT,
}


async def test_every_planted_difference_is_named_and_nothing_else(till: Till) -> None:
    """RECN-03: fourteen of them among purchases that are as they should be."""
    innocent = [(await credited(till)).purchase_id for _ in range(3)]
    planted = {await plant(till): kind for plant, kind in {**MENDED, **LEFT}.items()}
    assert len(planted) == 14

    before = await every_write()
    tried = await compared(till, dry_run=True)
    assert await every_write() == before
    assert {purchase for purchase in planted if not found(tried, purchase)} == set()

    report = await compared(till)
    assert {purchase: found(report, purchase) for purchase in planted} == {
        purchase: [kind] for purchase, kind in planted.items()
    }
    assert report.named == set(planted)
    assert [found(report, purchase) for purchase in innocent] == [[], [], []]
    assert all(line.mend for line in report.differences)

    again = await compared(till)
    assert (kinds(again.differences), again.mended) == (sorted(LEFT.values()), [])
    assert not again.is_clean


async def test_a_payment_that_does_not_match_is_named_until_its_money_is_back(till: Till) -> None:
    """RECN-05: and written once, not by every run."""
    started = await till.bought(await make_user())
    till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=100)
    await compared(till)
    before = await every_write()
    assert kinds((await compared(till)).differences) == [Difference.REFUSED]
    assert await every_write() == before
    till.sandbox.advance(50 * DAY)
    assert kinds((await compared(till)).differences) == [Difference.REFUSED]
    refund(till, started)
    assert (await compared(till)).is_clean
    await assert_a_second_run_writes_nothing(till)
    assert await status_of(started.purchase_id) == "refused"


async def test_a_payment_that_is_put_right_is_credited_by_the_next_run(till: Till) -> None:
    started = await till.bought(await make_user())
    till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=100)
    await compared(till)
    till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=7900)
    assert found(await compared(till), started.purchase_id) == [Mended.CREDITED]
    await assert_a_second_run_writes_nothing(till)


@pytest.mark.parametrize("plant", [paid_twice, paid_for_a_purchase_we_do_not_have])
async def test_a_payment_nobody_owns_is_named_for_weeks_until_its_money_is_back(
    till: Till, plant: Plant
) -> None:
    """It does not fall out of sight while sales go on: the cursor waits for it."""
    await plant(till)
    [first] = (await compared(till)).differences
    for _ in range(3):
        till.sandbox.advance(7 * DAY)
        await credited(till)
        assert (await compared(till)).differences == [first]
    session = till.sandbox.stored("checkout.session", str(first.object_id))
    with change(till) as stripe:
        refunding.refund(
            stripe, refunding.charge_of(stripe, {"payment_intent": session["payment_intent"]}), {}
        )
    assert (await compared(till)).is_clean
    await assert_a_second_run_writes_nothing(till)


async def test_a_sale_that_is_not_ours_is_no_difference(till: Till) -> None:
    """M33."""
    started = await till.bought(await make_user())
    await unbind(started)
    till.sandbox.tamper("checkout.session", session_id_of(started), metadata={}, client_reference_id=None)
    with change(till) as stripe:
        intent = stripe.load("payment_intent", payment_of(till, started))
        stripe.save(intent | {"metadata": {}})
    refund(till, started)
    assert (await compared(till)).is_clean
    await assert_a_second_run_writes_nothing(till)


async def test_what_the_demo_people_bought_is_left_out(till: Till) -> None:
    purchase_id = await make_purchase(user_id=await make_user(), status="paid")
    await row("UPDATE purchases SET origin = 'seed' WHERE id = $1", purchase_id)
    assert (await compared(till)).is_clean


async def test_an_open_purchase_whose_page_stripe_does_not_know_is_named_and_closed_once_nobody_can_pay(
    till: Till,
) -> None:
    """A wrong key would make every page unknown: nothing is closed while someone may be paying on it."""
    opened = await make_purchase(user_id=await make_user(), status="open")
    settling = await make_purchase(user_id=await make_user(), status="settling")
    report = await compared(till)
    assert [found(report, each) for each in (opened, settling)] == [[Difference.NO_COUNTERPART]] * 2
    later = await compared(till, clock=lambda: utc_now() + timedelta(days=3))
    assert found(later, opened) == [Mended.CLOSED]
    assert found(later, settling) == [Difference.NO_COUNTERPART], "its money may be on the way"
    assert await status_of(settling) == "settling"


async def test_a_purchase_that_cannot_be_settled_keeps_no_other_from_it(till: Till) -> None:
    """C19: poison is named, and the rest is mended."""
    alice = await make_user()
    poisoned, good = await till.bought(alice), await till.bought(await make_user(name="Bob"))
    async with tx():
        contradiction = PurchaseMovement(alice, poisoned.purchase_id, 2, "A contradiction")
        await await_purchase(contradiction, actor=Actor("system"))
    report = await compared(till)
    assert found(report, poisoned.purchase_id) == [Difference.FAILED]
    assert found(report, good.purchase_id) == [Mended.CREDITED]
