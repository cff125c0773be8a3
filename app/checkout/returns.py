"""Brings a purchase and its credits to where Stripe says the money is: the one place where they are taken back.

Used by the fulfilment, for money that is back before its credits were counted, and by the clawback.
"""

import asyncio

import structlog

from app.checkout.money_back import NOTHING, MoneyBack, Reason, money_back, reason_for, target_credits
from app.checkout.outcome import Source
from app.checkout.payment_words import is_held
from app.checkout.purchases import Purchase, purchase_by_id
from app.database import row
from app.errors import TryLater
from app.ledger.payments import Cause, TakenBack, give_back, note_return, take_back, taken_back
from app.ledger.posting import Posted
from app.payments.gateway import CheckoutSession, PaymentGateway
from app.web.filters import credits, money
from app.web.manner import PLAIN

log = structlog.get_logger("app.checkout")

_KEEP = """
UPDATE purchases
   SET amount_refunded_cents = least($2, amount_cents), refund_pending_cents = $3, dispute_status = $4,
       disputed_at = $5, returns_seen = $6, payment_intent = coalesce(payment_intent, $7),
       updated_at = clock_timestamp()
 WHERE id = $1"""


class ReadAgain(TryLater):
    """Somebody applied another state of Stripe's since we read ours, which may be the older one."""


async def read_money_back(gateway: PaymentGateway, payment_intent_id: str) -> MoneyBack:
    """What Stripe says now. Raises: StripeUnavailable. Inside: no transaction."""
    refunds, disputes = await asyncio.gather(
        gateway.refunds(payment_intent_id), gateway.disputes(payment_intent_id)
    )
    return money_back(refunds, disputes)


async def money_back_of(session: CheckoutSession, gateway: PaymentGateway) -> MoneyBack:
    """What is back already of the money of a session; nothing unless it is paid. Otherwise as `read_money_back`."""
    if not session.is_paid or session.payment_intent_id is None:
        return NOTHING
    return await read_money_back(gateway, session.payment_intent_id)


def is_foreign(purchase: Purchase, back: MoneyBack) -> bool:
    """True when money came back in a currency in which this purchase was not paid: its sum would mean nothing."""
    return not back.currencies <= {purchase.currency}


async def is_settled(purchase: Purchase, back: MoneyBack) -> bool:
    """True when nothing is to be written: what Stripe says was applied before."""
    if purchase.returns_seen != back.seen:
        return False
    if purchase.status != "paid":
        return True
    so_far = await taken_back(purchase.user_id, purchase.id)
    return _change_credits(purchase, back, so_far) == _untold_cents(purchase, back, so_far) == 0


async def apply_money_back(
    purchase: Purchase, back: MoneyBack, payment_intent_id: str | None, source: Source
) -> Posted | None:
    """Write the difference to what is taken back already, and note on the purchase what Stripe said.

    The purchase is as it was *before* Stripe was read. Whoever finds that another reading was applied since cannot
    know which of the two is the newer, writes nothing, and reads again.
    Shape: the movement, if one was needed; money that moves no credit is noted beside the ledger.
    Inside: the caller's tx, which holds the person's row; a paid purchase is counted.
    Repeat: writes nothing.
    Raises: ReadAgain.
    """
    now = await purchase_by_id(purchase.id)
    if now is None or now.returns_seen != purchase.returns_seen:
        raise ReadAgain(f"the money of {purchase.id} moved meanwhile")
    posted = await _follow(now, back, source) if now.status == "paid" else None
    if back.seen != now.returns_seen:
        cents = back.refunded_cents, back.pending_cents
        dispute = back.dispute_status, back.disputed_at
        await row(_KEEP, now.id, *cents, *dispute, back.seen, payment_intent_id)
    return posted


async def _follow(purchase: Purchase, back: MoneyBack, source: Source) -> Posted | None:
    so_far = await taken_back(purchase.user_id, purchase.id)
    change_credits = _change_credits(purchase, back, so_far)
    returned_cents = _untold_cents(purchase, back, so_far)
    if change_credits == 0:
        if returned_cents:
            await note_return(purchase.user_id, purchase.id, returned_cents)
        return None
    reason = reason_for(change_credits, was_held=is_held(purchase.dispute_status), back=back)
    cause = Cause(
        description=_description(purchase, reason, change_credits, returned_cents),
        actor=source.actor(purchase),
        reason=reason,
        returned_cents=returned_cents,
        request_id=source.request_id,
    )
    log.info("credits_follow_money", purchase_id=purchase.id, change_credits=change_credits, reason=reason)
    move = take_back if change_credits < 0 else give_back
    return await move(purchase.user_id, purchase.id, abs(change_credits), **cause)


def _change_credits(purchase: Purchase, back: MoneyBack, so_far: TakenBack) -> int:
    """What the balance still has to feel; credits that were taken already are felt."""
    return so_far.credits - target_credits(purchase.credits, purchase.amount_cents, back)


def _untold_cents(purchase: Purchase, back: MoneyBack, so_far: TakenBack) -> int:
    """Money that went back and stands nowhere with its moment yet; negative if it came back."""
    return min(back.refunded_cents, purchase.amount_cents) - so_far.returned_cents


def _description(purchase: Purchase, reason: Reason, change_credits: int, returned_cents: int) -> str:
    """What the ledger keeps, whoever's request brought it about: in the plain manner."""
    changed = f"{'+' if change_credits > 0 else ''}{credits(change_credits, PLAIN)}"
    match reason:
        case Reason.REFUNDED:
            returned = money(returned_cents, purchase.currency, PLAIN)
            return f"Refund of {purchase.pack_name}: {changed}, {returned} returned"
        case Reason.REFUND_FAILED:
            return f"Refund of {purchase.pack_name} failed: {changed} given back"
        case Reason.DISPUTED:
            return f"Dispute about {purchase.pack_name}: {changed} held"
        case Reason.DISPUTE_ENDED:
            return f"Dispute about {purchase.pack_name} ended: {changed} given back"
