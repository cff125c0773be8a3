"""With the webhook dead, all that Stripe knows reaches purchases and ledger by one comparison. RECN-01, M45."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

import pytest

from app.checkout.start import Started
from app.clock import utc_now
from app.database import row
from app.errors import StripeRefused, StripeUnavailable
from app.reconcile.report import Mended
from app.sandbox.moves import disputing, payment
from tests.checkout.bank import dispute, fail_refund, lose, refund, win
from tests.checkout.till import Till, balance_of, movements_of, session_id_of
from tests.factories import make_user, make_workshop
from tests.reconcile.books import (
    assert_a_second_run_writes_nothing,
    change,
    compared,
    every_write,
    found,
    kinds,
    status_of,
)

WEEK = 7 * 86_400


async def test_a_paid_purchase_is_credited_and_its_intent_carried_out(till: Till) -> None:
    alice = await make_user()
    workshop = await make_workshop(user_id=alice, current_step="journey-mapping")
    started = await till.bought(alice, intent_workshop_id=workshop)
    report = await compared(till)
    assert kinds(report.mended) == [Mended.CREDITED]
    assert report.is_clean
    assert (await status_of(started.purchase_id), await movements_of(alice)) == (
        "paid",
        [("purchase", "completed", 1), ("consumption", "completed", -1)],
    )
    await assert_a_second_run_writes_nothing(till)


@pytest.mark.parametrize(("outcome", "status", "credits"), [("succeed", "paid", 1), ("fail", "failed", 0)])
async def test_a_bank_debit_is_followed_to_its_end(
    till: Till, outcome: str, status: str, credits: int
) -> None:
    alice = await make_user()
    started = await till.start(alice)
    await till.pay(started, method="sepa_debit", outcome=outcome)
    assert kinds((await compared(till)).mended) == [Mended.SETTLING]
    await assert_a_second_run_writes_nothing(till)
    till.sandbox.advance(WEEK)
    report = await compared(till)
    assert kinds(report.mended) == [Mended.CREDITED if credits else Mended.FAILED]
    assert (await status_of(started.purchase_id), await balance_of(alice)) == (status, credits)
    await assert_a_second_run_writes_nothing(till)


async def test_an_expired_page_closes_its_purchase_and_buying_works_again(till: Till) -> None:
    alice = await make_user()
    started = await till.start(alice)
    till.sandbox.advance(25 * 3600)
    assert kinds((await compared(till)).mended) == [Mended.CLOSED]
    assert await status_of(started.purchase_id) == "expired"
    await assert_a_second_run_writes_nothing(till)
    assert (await till.start(alice)).purchase_id != started.purchase_id


async def test_a_purchase_whose_page_was_never_made_is_closed_once_nobody_can_pay_it(till: Till) -> None:
    """C02: a page that was never heard of has been seen by nobody."""
    alice = await make_user()
    till.sandbox.fault("api", "503", match="POST /v1/checkout/sessions", times=3)
    with pytest.raises(StripeUnavailable):
        await till.start(alice)
    assert (await compared(till)).is_clean

    def in_three_days() -> datetime:
        return utc_now() + timedelta(days=3)

    report = await compared(till, clock=in_three_days)
    assert kinds(report.mended) == [Mended.CLOSED]
    await assert_a_second_run_writes_nothing(till, clock=in_three_days)


async def test_a_payment_on_a_page_that_was_never_bound_is_found_by_the_purchase_it_names(till: Till) -> None:
    """C02: dead after Stripe made the page, before its id was stored."""
    alice = await make_user()
    started = await till.bought(alice)
    await row(
        "UPDATE purchases SET stripe_session_id = NULL, status = 'started' WHERE id = $1", started.purchase_id
    )
    assert kinds((await compared(till)).mended) == [Mended.CREDITED]
    assert await balance_of(alice) == 1
    await assert_a_second_run_writes_nothing(till)


@pytest.mark.parametrize("known", [True, False], ids=["credited before", "never heard of"])
async def test_refunds_take_their_credits_back_whole_and_in_part(till: Till, known: bool) -> None:
    """M16, M17, M18."""
    alice = await make_user()
    started = await till.bought(alice, "serial-entrepreneur")
    if known:
        await compared(till)
    for cents, taken in ((7000, 1), (None, 2)):
        refund(till, started, cents)
        if known:
            report = await compared(till)
            assert kinds(report.mended) == [Mended.TAKEN_BACK]
            assert (await movements_of(alice))[-1] == ("refund", "completed", -taken)
            await assert_a_second_run_writes_nothing(till)
    await compared(till)
    assert await balance_of(alice) == 0
    await assert_a_second_run_writes_nothing(till)


async def refunded_and_compared(till: Till, started: Started) -> str:
    """A full refund that has arrived and that a comparison has seen; its id."""
    made = refund(till, started, ends="succeeded")
    await compared(till)
    return made


async def test_a_refund_that_the_bank_sends_back_weeks_later_gives_its_credits_back(till: Till) -> None:
    """M19: nobody tells, and the refund is older than what is usually looked at again."""
    alice = await make_user()
    started = await till.bought(alice)
    refunded = await refunded_and_compared(till, started)
    assert await balance_of(alice) == 0
    till.sandbox.advance(20 * 86_400)
    other = await till.bought(await make_user(name="Bob"))
    refund(till, other)
    await compared(till)
    fail_refund(till, refunded)
    assert found(await compared(till), started.purchase_id) == [Mended.GIVEN_BACK]
    assert await balance_of(alice) == 1
    await assert_a_second_run_writes_nothing(till)


async def a_month_passes(till: Till, *, months: int = 3) -> None:
    """With trade in it, so that every list is reconciled far beyond what was."""
    for number in range(months):
        till.sandbox.advance(30 * 86_400)
        other = await till.bought(await make_user(name="Bob"))
        if number % 2:
            refund(till, other, 1, ends="succeeded")
        else:
            win(till, dispute(till, other))
        await compared(till)


async def test_a_refund_that_fails_after_months_gives_its_credits_back(till: Till) -> None:
    """M19: the refund itself is in no list any more that is looked at; that it changed is."""
    alice = await make_user()
    started = await till.bought(alice)
    refunded = await refunded_and_compared(till, started)
    assert await balance_of(alice) == 0
    await a_month_passes(till)
    fail_refund(till, refunded)
    assert found(await compared(till), started.purchase_id) == [Mended.GIVEN_BACK]
    assert await balance_of(alice) == 1
    await assert_a_second_run_writes_nothing(till)


async def test_a_lost_dispute_that_is_won_after_all_gives_its_credits_back(till: Till) -> None:
    """M23: months after everybody had put it away."""
    alice = await make_user()
    started = await till.bought(alice)
    disputed = dispute(till, started)
    lose(till, disputed)
    await compared(till)
    assert await balance_of(alice) == 0
    await a_month_passes(till)
    with change(till) as stripe:
        lost = stripe.load("dispute", disputed)
        disputing.win(stripe, lost | {"status": "under_review"})
    assert found(await compared(till), started.purchase_id) == [Mended.GIVEN_BACK]
    assert await balance_of(alice) == 1
    await assert_a_second_run_writes_nothing(till)


async def test_a_key_that_may_not_read_events_is_told_of_once_all_else_is_done(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RECN-01: what is restricted too far stops nothing that it need not stop, and is not passed over in silence."""

    def forbidden(self: object, since_at: datetime) -> NoReturn:
        raise StripeRefused(code="forbidden", param=None, status=403)

    monkeypatch.setattr(type(till.shop.gateway), "changes_since", forbidden)
    alice = await make_user()
    await till.bought(alice)
    report = await compared(till)
    assert kinds(report.mended) == [Mended.CREDITED]
    assert (report.is_clean, "403" in str(report.stopped)) == (False, True)


async def test_a_pending_refund_is_noted_and_looked_at_until_it_arrives(till: Till) -> None:
    alice = await make_user()
    started = await till.start(alice)
    await till.pay(started, number="4000000000007726")
    await compared(till)
    refund(till, started)
    assert kinds((await compared(till)).mended) == [Mended.NOTED]
    await assert_a_second_run_writes_nothing(till)
    till.sandbox.advance(60)
    assert kinds((await compared(till)).mended) == [Mended.TAKEN_BACK]
    await assert_a_second_run_writes_nothing(till)


@pytest.mark.parametrize("end", [win, lose])
async def test_a_dispute_holds_the_credits_until_it_is_decided(
    till: Till, end: Callable[[Till, str], None]
) -> None:
    """M22, M23."""
    alice = await make_user()
    started = await till.bought(alice)
    await compared(till)
    disputed = dispute(till, started)
    assert kinds((await compared(till)).mended) == [Mended.TAKEN_BACK]
    assert await balance_of(alice) == 0
    await assert_a_second_run_writes_nothing(till)
    till.sandbox.advance(60 * 86_400)
    end(till, disputed)
    won = end is win
    assert kinds((await compared(till)).mended) == [Mended.GIVEN_BACK if won else Mended.NOTED]
    assert await balance_of(alice) == (1 if won else 0)
    await assert_a_second_run_writes_nothing(till)


async def test_a_dispute_that_was_opened_and_lost_unheard_of_takes_the_credits(till: Till) -> None:
    alice = await make_user()
    started = await till.bought(alice)
    lose(till, dispute(till, started))
    await compared(till)
    assert await movements_of(alice) == [("purchase", "completed", 1), ("refund", "completed", -1)]
    await assert_a_second_run_writes_nothing(till)


async def test_a_dry_run_says_the_same_and_writes_nothing(till: Till) -> None:
    alice, bob, carol = await make_user(), await make_user(name="Bob"), await make_user(name="Carol")
    refunded = await till.bought(carol)
    await compared(till)
    paid, expired = await till.bought(alice), await till.start(bob)
    with change(till) as stripe:
        payment.expire(stripe, stripe.load("checkout.session", session_id_of(expired)))
    refund(till, refunded)
    before = await every_write()
    tried = await compared(till, dry_run=True)
    assert (await every_write(), tried.is_clean) == (before, False)
    done = await compared(till)
    assert sorted(map(str, done.mended)) == sorted(map(str, tried.mended))
    assert kinds(done.mended) == sorted([Mended.CLOSED, Mended.CREDITED, Mended.TAKEN_BACK])
    assert found(done, paid.purchase_id) == [Mended.CREDITED]
