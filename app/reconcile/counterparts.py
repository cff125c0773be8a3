"""Our side: purchases that we call paid. Each needs a payment at Stripe, and a ledger that has followed the money."""

from datetime import datetime

from app.errors import StripeMissing
from app.reconcile.compare import Need, compare
from app.reconcile.ours import Ours, credited_since
from app.reconcile.report import Difference
from app.reconcile.returns import follow_money, is_target_met
from app.reconcile.running import Run, one_by_one

LOOK_IT_UP = "Look up in the ledger who credited it, and have it corrected"


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
    run.differs(kind, ours.id, ours.session_id, what, LOOK_IT_UP)
