"""Stripe's side: payment pages, each held against the purchase it is for."""

from collections.abc import Mapping

from app.payments.gateway import CheckoutSession
from app.reconcile.compare import Need, compare
from app.reconcile.ours import Ours, of_sessions
from app.reconcile.report import Difference
from app.reconcile.step import LOOK_UP_WHO_CREDITED, Run, is_money_back, one_by_one, settle

MENDS = {
    Difference.UNKNOWN_PURCHASE: "Refund it at Stripe, or restore the purchase from a backup",
    Difference.SECOND_PAYMENT: "Refund it at Stripe: its buyer has paid twice",
    Difference.NOT_PAID: LOOK_UP_WHO_CREDITED,
    Difference.WRONG_SUM: "Look up who changed the purchase, and put its snapshot back",
    Difference.WRONG_CREDITS: "Stop sales and run `billing check`: this should be impossible",
}


async def compare_sessions(run: Run, batch: list[CheckoutSession]) -> None:
    """Act on what a program may decide, and name the rest."""
    pairs = await _pairs(batch)
    for session in batch:
        await _compare_one(run, session, pairs.get(session.id))


async def _pairs(batch: list[CheckoutSession]) -> Mapping[str, Ours]:
    """Each page's purchase: the one that has it, else the one that it names."""
    names = {
        session.id: name for session in batch if (name := session.named_purchase_id) and name.isprintable()
    }
    found = await of_sessions([session.id for session in batch], list(names.values()))
    by_session = {ours.session_id: ours for ours in found}
    by_id = {ours.id: ours for ours in found}
    pairs = {
        session.id: by_session.get(session.id) or by_id.get(names.get(session.id, "")) for session in batch
    }
    return {session_id: ours for session_id, ours in pairs.items() if ours is not None}


async def _compare_one(run: Run, session: CheckoutSession, ours: Ours | None) -> None:
    async with one_by_one(run, ours.id if ours else session.named_purchase_id, session.id):
        need = compare(session, ours)
        if need is Difference.NOT_PAID:  # unless it was paid, and credited, since the list was read
            session = await run.means.gateway.checkout_session(session.id)
            need = compare(session, ours)
        if ours is not None and session.is_paid:
            _count_payment(run, session, ours)
        if isinstance(need, Difference):
            await _note(run, need, session, ours)
        elif need is Need.LOOK and ours is not None:
            await settle(run, ours, session.id)


def _count_payment(run: Run, session: CheckoutSession, ours: Ours) -> None:
    if ours.session_id not in (None, session.id):
        return
    run.report.compared.add(ours.id)
    run.report.paid.add(ours.id)
    if ours.status == "paid":
        run.report.complete.add(ours.id)
        if ours.told_by != "system":
            run.report.timely.add(ours.id)


async def _note(run: Run, kind: Difference, session: CheckoutSession, ours: Ours | None) -> None:
    if session.is_paid and await is_money_back(run, session):
        return
    purchase_id = ours.id if ours else session.named_purchase_id
    run.differs(kind, purchase_id, session.id, _words(kind, session, ours), MENDS[kind])


def _words(kind: Difference, session: CheckoutSession, ours: Ours | None) -> str:
    paid = (
        f"Stripe has {session.amount_total_cents} {session.currency} by payment {session.payment_intent_id}"
    )
    match kind:
        case Difference.WRONG_SUM if ours is not None:
            return f"{paid}, the purchase says {ours.amount_cents} {ours.currency}"
        case Difference.WRONG_CREDITS if ours is not None:
            return f"{ours.credited_credits} credits are counted of {ours.credits}"
        case Difference.SECOND_PAYMENT if ours is not None:
            return f"{paid}, and the purchase is bound to {ours.session_id}"
        case Difference.NOT_PAID:
            return f"it was credited, and Stripe calls its payment {session.payment_status}"
        case _:
            return paid
