"""Decides what becomes of credits whose money goes back: one function for refunds and disputes, webhook and reconciler.

Stripe's refunds and disputes are the truth, read afresh each time; an event is only the hint to look. Two readings of
one payment may be applied in the wrong order only if nobody noticed the other: see `returns.apply_money_back`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from app.checkout.fulfilment import Fulfilment, Outcome, fulfil
from app.checkout.money_back import MoneyBack
from app.checkout.outcome import Also, Source
from app.checkout.purchases import UNFINISHED, Purchase, purchase_by_id, purchase_by_payment
from app.checkout.returns import ReadAgain, apply_money_back, is_foreign, is_settled, read_money_back
from app.database import repeated_if_undone, tx
from app.errors import StripeMissing, TryLater, UnknownPurchase
from app.ledger.posting import lock_user
from app.payments.deadline import one_deadline
from app.payments.gateway import PaymentGateway
from app.workshops.access import PaywallRules

READINGS = 5
UNPAID = UNFINISHED | {"settling"}
log = structlog.get_logger("app.checkout")


class Followed(StrEnum):
    """What came of looking at a payment's money."""

    MOVED = "moved"  # credits were taken back, or given back
    NOTED = "noted"  # Stripe said something new that moves no credits
    SETTLED = "settled"  # nothing new
    REFUSED = "refused"  # does not match; a person looks at it


@dataclass(frozen=True, slots=True)
class Clawback:
    """What became of a purchase whose money may have gone back; `change_credits` is signed as the balance felt it."""

    outcome: Followed
    purchase_id: str | None = None
    reason: str | None = None
    change_credits: int = 0
    balance_after_credits: int | None = None


AlsoBack = Callable[[Clawback], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Look:
    """One payment, and what is needed to look at it."""

    payment_intent_id: str
    source: Source
    gateway: PaymentGateway
    rules: PaywallRules
    now: datetime
    also_sale: Also | None


async def clawback(
    payment_intent_id: str,
    *,
    source: Source,
    gateway: PaymentGateway,
    rules: PaywallRules,
    now: datetime,
    also: AlsoBack | None = None,
    also_sale: Also | None = None,
) -> Clawback:
    """Bring the credits of a payment to where Stripe says its money is; fulfil the purchase first if nobody has.

    Inside: a tx of its own; `also` is told the outcome and runs last in it (the inbox stamps its event), as does
      `also_sale` in that of a fulfilment.
    Repeat: writes nothing.
    Raises: UnknownPurchase: the payment is none of ours. StripeUnavailable, StripeMissing. TryLater: Stripe
      contradicts itself for the moment, or others kept changing the same purchase.
    Source: https://docs.stripe.com/refunds
    """
    look = _Look(payment_intent_id, source, gateway, rules, now, also_sale)
    with one_deadline():
        for _ in range(READINGS):
            try:
                return await _look_once(look, also)
            except ReadAgain:
                continue
    raise TryLater(f"the money of {payment_intent_id} keeps moving")


async def _look_once(look: _Look, also: AlsoBack | None) -> Clawback:
    purchase = await _purchase_of(look)
    if isinstance(purchase, Clawback):
        return await _told(purchase, also)
    if purchase.status == "paid" and purchase.livemode != look.gateway.is_live:
        return await _told(_refused(look, purchase.id, "livemode"), also)  # this key cannot see its money
    back = await read_money_back(look.gateway, look.payment_intent_id)
    if is_foreign(purchase, back):
        return await _told(_refused(look, purchase.id, "currency of a refund"), also)
    if back.moved and purchase.status in UNPAID:
        raise TryLater("Stripe shows money back of a payment that it shows unpaid")
    if await is_settled(purchase, back):
        return await _told(Clawback(Followed.SETTLED, purchase.id), also)
    return await _apply(look, purchase, back, also)


@repeated_if_undone
async def _apply(look: _Look, purchase: Purchase, back: MoneyBack, also: AlsoBack | None) -> Clawback:
    async with tx():
        await lock_user(purchase.user_id)
        posted = await apply_money_back(purchase, back, look.payment_intent_id, look.source)
        found = Clawback(Followed.NOTED, purchase.id)
        if posted is not None:
            before, after = posted.balance_before_credits, posted.balance_after_credits
            found = Clawback(Followed.MOVED, purchase.id, None, after - before, after)
        if also is not None:
            await also(found)
    return found


async def _purchase_of(look: _Look) -> Purchase | Clawback:
    """The purchase of a payment, fulfilled if Stripe says that it is paid."""
    known = await purchase_by_payment(look.payment_intent_id)
    if known is not None and known.status == "paid":
        return known
    session_id = known.stripe_session_id if known is not None else None
    found = session_id or await _session_of(look)
    if isinstance(found, Clawback):
        return found
    fulfilled = await fulfil(
        found,
        source=look.source,
        gateway=look.gateway,
        rules=look.rules,
        now=look.now,
        also=look.also_sale,
    )
    return await purchase_by_payment(look.payment_intent_id) or await _unbound(look, fulfilled)


async def _session_of(look: _Look) -> str | Clawback:
    """The checkout session of a payment that no purchase of ours is bound to yet."""
    named = await _purchase_named(look)
    purchase = await purchase_by_id(named) if named is not None and named.isprintable() else None
    if named is not None and purchase is None:
        return _refused(look, None, "unknown purchase")
    # Bound to this very payment, it was bound since we looked: the webhook of the sale was as fast as this one.
    if purchase is not None and purchase.payment_intent not in (None, look.payment_intent_id):
        return _refused(look, purchase.id, "another payment")
    if purchase is not None and purchase.stripe_session_id is not None:
        return purchase.stripe_session_id
    pages = await look.gateway.sessions_for_payment_intent(look.payment_intent_id)
    if not pages and purchase is None:
        raise UnknownPurchase(look.payment_intent_id)
    return pages[0].id if pages else _refused(look, named, "no checkout session")


async def _purchase_named(look: _Look) -> str | None:
    try:
        return await look.gateway.purchase_named_by(look.payment_intent_id)
    except StripeMissing:
        return None


async def _unbound(look: _Look, fulfilled: Fulfilment) -> Purchase | Clawback:
    """The session was not paid with this payment; or it is a stand-in's, which may name none."""
    if fulfilled.purchase_id is not None and not look.gateway.is_live:
        purchase = await purchase_by_id(fulfilled.purchase_id)
        if purchase is not None and purchase.status == "paid" and purchase.payment_intent is None:
            return purchase
    why = fulfilled.reason if fulfilled.outcome is Outcome.REFUSED else None
    return _refused(look, fulfilled.purchase_id, why or "another payment")


def _refused(look: _Look, purchase_id: str | None, reason: str) -> Clawback:
    log.error(
        "payment_quarantined", purchase_id=purchase_id, payment_intent=look.payment_intent_id, reason=reason
    )
    return Clawback(Followed.REFUSED, purchase_id, reason)


async def _told(found: Clawback, also: AlsoBack | None) -> Clawback:
    if also is not None:
        async with tx():
            await also(found)
    return found
