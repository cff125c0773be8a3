"""Our side: purchases, each held against what Stripe says of it.

Those that we call paid need a payment at Stripe, and a ledger that has followed the money. Those that are not final are
carried on, whatever their age.
"""

from datetime import datetime, timedelta

from app.checkout.purchases import mark_expired, purchase_by_id
from app.checkout.verdict import Meaning, judge
from app.errors import StripeMissing
from app.reconcile.compare import Need, compare
from app.reconcile.ours import Ours, credited_since, unsettled
from app.reconcile.report import Difference, Mended
from app.reconcile.returns import follow_money, is_target_met
from app.reconcile.step import LOOK_UP_WHO_CREDITED, Run, is_money_back, note_refused, one_by_one, settle

# A request for a payment page may be made for a day after its purchase, and the page then lives for a day.
NOBODY_CAN_PAY = timedelta(hours=48)


async def find_counterparts(run: Run, since_at: datetime, seen: set[str]) -> datetime | None:
    """Name every paid purchase made since for which Stripe has no payment; what is in its list has one.

    Shape: when the first of them was made.
    """
    found = await credited_since(since_at)
    run.report.count("credited_purchases", len(found))
    before = len(run.report.differences)
    for ours in found:
        if ours.session_id not in seen:
            async with one_by_one(run, ours.id, ours.session_id):
                await _find(run, ours)
        if not is_target_met(ours) and ours.payment_intent_id is not None:
            await follow_money(run, ours, ours.payment_intent_id)
    named = {line.purchase_id for line in run.report.differences[before:]}
    return min((ours.created_at for ours in found if ours.id in named), default=None)


async def settle_unsettled(run: Run) -> None:
    """Carry every purchase on to where Stripe says it is, but for those whose payment page was just seen to."""
    named = run.report.named
    found = [ours for ours in await unsettled() if ours.id not in named]
    run.report.count("unsettled_purchases", len(found))
    for ours in found:
        async with one_by_one(run, ours.id, ours.session_id):
            await _settle_one(run, ours)


async def _find(run: Run, ours: Ours) -> None:
    if ours.session_id is None:
        _name(run, Difference.NO_COUNTERPART, ours, "without a payment page")
        return
    try:
        session = await run.means.gateway.checkout_session(ours.session_id)
    except StripeMissing:
        _name(run, Difference.NO_COUNTERPART, ours, "for a payment page that Stripe does not know")
        return
    if compare(session, ours) is not Need.NOTHING:
        _name(run, Difference.NOT_PAID, ours, f"and Stripe calls its payment {session.payment_status}")


def _name(run: Run, kind: Difference, ours: Ours, why: str) -> None:
    run.report.compared.add(ours.id)
    what = f"{ours.credited_credits} credits were given {why}"
    run.differs(kind, ours.id, ours.session_id, what, LOOK_UP_WHO_CREDITED)


async def _settle_one(run: Run, ours: Ours) -> None:
    if ours.status == "paid":
        if ours.payment_intent_id is not None:  # a refund on its way, or an open dispute
            await follow_money(run, ours, ours.payment_intent_id)
        return
    if ours.session_id is None:
        await _close_forgotten(run, ours)
        return
    try:
        if ours.status == "refused":
            await _look_at_refused(run, ours, ours.session_id)
        else:
            await settle(run, ours, ours.session_id)
    except StripeMissing:
        await _without_counterpart(run, ours)


async def _look_at_refused(run: Run, ours: Ours, session_id: str) -> None:
    """Judged anew; once the money is back with its buyer there is nothing left to see to."""
    session = await run.means.gateway.checkout_session(session_id)
    purchase = await purchase_by_id(ours.id)
    if purchase is None:
        return
    verdict = judge(session, purchase, live=run.means.gateway.is_live)
    if verdict.meaning is not Meaning.REFUSED:
        await settle(run, ours, session_id)
    elif not await is_money_back(run, session):
        note_refused(run, ours.id, session_id, verdict.reason)


async def _close_forgotten(run: Run, ours: Ours) -> None:
    """Its payment page was never made, or made and never heard of: then nobody has seen it."""
    if _is_over(ours, run.means.clock()) and ours.is_unfinished:
        await _close(run, ours, "its payment page was never opened")


async def _without_counterpart(run: Run, ours: Ours) -> None:
    if ours.is_unfinished and _is_over(ours, run.means.clock()):
        await _close(run, ours, "Stripe does not know its payment page any more")
        return
    mend = "See that STRIPE_SECRET_KEY is of the account it was made in"
    what = f"it is {ours.status}, and Stripe does not know its payment page"
    run.differs(Difference.NO_COUNTERPART, ours.id, ours.session_id, what, mend)


async def _close(run: Run, ours: Ours, why: str) -> None:
    if not run.report.dry_run and not await mark_expired(ours.id, ours.session_id, now=run.means.clock()):
        return  # somebody was faster
    run.mended(Mended.CLOSED, ours.id, ours.session_id, why)


def _is_over(ours: Ours, now: datetime) -> bool:
    return now - ours.created_at > NOBODY_CAN_PAY
