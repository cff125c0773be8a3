"""What Stripe listed a moment ago may be untrue by the time it is compared, and what it cannot say stops nobody. RECN-03."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from app.clock import utc_now
from app.database import row
from app.payments.gateway import CheckoutSession, Refund
from app.reconcile.report import Difference, Mended, Report
from app.reconcile.returns import follow_money
from app.reconcile.step import Means, Run
from tests.checkout.bank import dispute, payment_of, refund
from tests.checkout.till import Till, balance_of
from tests.factories import make_user
from tests.reconcile.books import change, compared, every_write, found, kinds


async def test_a_sale_that_is_paid_and_credited_while_the_lists_are_read_is_no_difference(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RECN-03: nobody is told to take credits away that were paid for."""
    started = await till.start(await make_user())
    listed = till.shop.gateway.sessions_since

    async def then_the_buyer_pays(since_at: datetime) -> AsyncIterator[CheckoutSession]:
        pages = [page async for page in listed(since_at)]
        await till.pay(started)
        await till.fulfil(started)
        for page in pages:
            yield page

    monkeypatch.setattr(till.shop.gateway, "sessions_since", then_the_buyer_pays)
    report = await compared(till)
    assert (report.differences, report.ratios.cleared.met) == ([], report.ratios.cleared.of)


async def a_dispute_about_nobodys_payment(till: Till) -> str:
    """It names a purchase of ours, and no page: a payment that was made by hand."""
    started = await till.bought(await make_user())
    payment = payment_of(till, started)
    with change(till) as stripe:
        intent = stripe.load("payment_intent", payment)
        stripe.save(intent | {"metadata": {"purchase_id": "pur_of_another_life"}})
    dispute(till, started)
    till.sandbox.tamper(
        "checkout.session",
        started.url.rpartition("/")[2],
        metadata={},
        client_reference_id=None,
        payment_intent=None,
    )
    await row(
        "UPDATE purchases SET status = 'failed', stripe_session_id = NULL WHERE id = $1", started.purchase_id
    )
    return payment


async def test_a_dispute_about_a_payment_nobody_owns_is_named_by_every_run(till: Till) -> None:
    """RECN-03: it is the oldest of its batch, at which the cursor waits."""
    payment = await a_dispute_about_nobodys_payment(till)
    for _ in range(3):
        report = await compared(till)
        assert [(line.kind, line.object_id) for line in report.differences] == [(Difference.REFUSED, payment)]


async def test_a_dry_run_names_a_dispute_about_a_payment_nobody_owns(till: Till) -> None:
    await a_dispute_about_nobodys_payment(till)
    before = await every_write()
    assert kinds((await compared(till, dry_run=True)).differences) == [Difference.REFUSED]
    assert await every_write() == before


async def test_a_dry_run_counts_no_purchase_whose_refund_leads_to_it(till: Till) -> None:
    """RECN-02: paid, refunded, and told of by nobody; the payment page is not in the list."""
    started = await till.bought(await make_user())
    refund(till, started)
    before = await every_write()
    run = Run(Means(till.shop.gateway, till.shop.rules, utc_now), Report(utc_now(), dry_run=True))
    await follow_money(run, None, payment_of(till, started))
    assert (await every_write(), run.report.named) == (before, set())


async def test_the_first_run_of_all_skips_nothing_whatever_it_is_asked_for(till: Till) -> None:
    """RECN-02: a refund of long ago is taken back, though an operator asked for the last days alone."""
    alice = await make_user()
    started = await till.bought(alice)
    await till.fulfil(started)
    refund(till, started)
    till.sandbox.advance(90 * 86_400)
    later = await till.bought(await make_user())
    refund(till, later)
    now = utc_now() + timedelta(days=90)
    await compared(till, since_at=now - timedelta(days=1), clock=lambda: now)
    await compared(till, clock=lambda: now)
    assert await balance_of(alice) == 0


async def test_a_refund_of_which_stripe_does_not_say_the_payment_keeps_nobody_from_the_rest(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in may keep a refund without its payment, and not its charge."""
    started = await till.bought(await make_user())
    await till.fulfil(started)
    dispute(till, started)

    async def orphan(since_at: datetime) -> AsyncIterator[Refund]:
        yield Refund("re_orphan", 7900, "usd", "succeeded", created_at=utc_now())

    monkeypatch.setattr(till.shop.gateway, "refunds_since", orphan)
    report = await compared(till)
    assert report.stopped is None
    assert found(report, started.purchase_id) == [Mended.TAKEN_BACK]


async def test_a_dry_run_calls_nothing_complete_or_cleared_that_it_did_not_write(till: Till) -> None:
    """RECN-03: its figures say how the books are."""
    await till.bought(await make_user())
    for dry_run, met in ((True, 0), (False, 1)):
        ratios = (await compared(till, dry_run=dry_run)).ratios
        assert [(each.met, each.of) for each in (ratios.cleared, ratios.complete)] == [(met, 1)] * 2
