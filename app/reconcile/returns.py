"""Money on its way back: refunds and disputes, held against what was last applied to the purchase they belong to."""

from collections.abc import Sequence

from app.checkout.clawback import Clawback, Followed, clawback
from app.checkout.fulfilment import Fulfilment
from app.checkout.money_back import MoneyBack, state_of, target_credits
from app.errors import UnknownPurchase
from app.payments.gateway import Change, ChargeRelated, Dispute, Refund
from app.reconcile.cursors import Window
from app.reconcile.ours import Ours, of_payments
from app.reconcile.report import Mended
from app.reconcile.step import Run, is_money_back, note_refused, one_by_one, undone_if_dry


async def compare_returns(run: Run, window: Window, batch: Sequence[Refund | Dispute]) -> None:
    """Have the credits follow wherever Stripe says something that was not applied.

    A payment that is none of ours stays so: it is asked about once.
    """
    payments = {found.id: await _payment_of(run, found) for found in batch}
    known = await of_payments([payment for payment in payments.values() if payment])
    seen: set[str] = set()
    for found in batch:
        payment = payments[found.id]
        if payment is None or payment in seen:
            continue
        ours = known.get(payment)
        if window.is_new(found.created_at) if ours is None else not is_applied(found, ours):
            seen.add(payment)
            await follow_money(run, ours, payment)


async def compare_changes(run: Run, batch: Sequence[Change]) -> None:
    """The same for what changed since of refunds and disputes that are older than the lists of new ones go back.

    So even a refund that fails after months, or a lost dispute that is won, needs no webhook. Stripe tells such a change
    for thirty days: only one that no webhook told of, while nobody compared for a month, is left for a person.
    Shape: oldest first. What is none of ours is named by those lists.
    """
    latest = {change.about.id: change.about for change in batch if change.about is not None}
    by_payment = {about.payment_intent_id or "": about for about in latest.values()}
    known = await of_payments([payment for payment in by_payment if payment])
    for payment, ours in known.items():
        told = [about for about in latest.values() if about.payment_intent_id == payment]
        if not all(is_applied(about, ours) for about in told):
            await follow_money(run, ours, payment)


def is_applied(found: Refund | Dispute, ours: Ours) -> bool:
    """True when the purchase says of itself that this very state was applied to it."""
    return state_of(found) in ours.returns_seen.split()


def is_target_met(ours: Ours) -> bool:
    """True when the ledger has taken back what the stored refunds and disputes demand."""
    back = MoneyBack(refunded_cents=ours.refunded_cents, dispute_status=ours.dispute_status)
    return ours.taken_credits == target_credits(ours.credits, ours.amount_cents, back)


async def follow_money(run: Run, ours: Ours | None, payment_intent_id: str) -> None:
    """Bring the credits of one payment to where its money is, and note what came of it.

    A dry run looks once, and not at a purchase that is not credited: of that its fulfilment speaks for both.
    """
    is_told = ours is not None and (ours.status != "paid" or ours.id in run.report.named)
    if run.report.dry_run and is_told:
        return
    async with one_by_one(run, ours.id if ours else None, payment_intent_id):
        try:
            found = await _followed(run, payment_intent_id)
        except UnknownPurchase:
            return
        if isinstance(found, Clawback):
            await _note(run, found, payment_intent_id)


async def _followed(run: Run, payment_intent_id: str) -> Clawback | Fulfilment:
    """In a dry run, the fulfilment that a clawback would have begun with, if that is where it was undone."""
    return await undone_if_dry(
        run, lambda also: clawback(payment_intent_id, **run.means.asking(), also=also, also_sale=also)
    )


async def _note(run: Run, found: Clawback, payment_intent_id: str) -> None:
    match found.outcome:
        case Followed.MOVED:
            kind = Mended.TAKEN_BACK if found.change_credits < 0 else Mended.GIVEN_BACK
            what = f"{abs(found.change_credits)} credits, with the money"
            run.mended(kind, found.purchase_id, payment_intent_id, what)
        case Followed.NOTED:
            what = "a refund or a dispute that moves no credits"
            run.mended(Mended.NOTED, found.purchase_id, payment_intent_id, what)
        case Followed.REFUSED if await _is_all_back(run, payment_intent_id):
            return
        case Followed.REFUSED:
            note_refused(run, found.purchase_id, payment_intent_id, found.reason)
        case Followed.SETTLED:
            return


async def _is_all_back(run: Run, payment_intent_id: str) -> bool:
    """What nobody owns is settled once it is with its buyer again."""
    pages = await run.means.gateway.sessions_for_payment_intent(payment_intent_id)
    return len(pages) == 1 and await is_money_back(run, pages[0])


async def _payment_of(run: Run, found: Refund | Dispute) -> str | None:
    payment = found.payment_intent_id
    if payment is None:
        kind: ChargeRelated = "refund" if isinstance(found, Refund) else "dispute"
        async with one_by_one(run, None, found.id):
            payment = await run.means.gateway.payment_intent_of(kind, found.id)
    return payment
