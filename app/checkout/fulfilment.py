"""Decides what a checkout session gives its buyer: one function for the webhook, the return page and reconciliation.

Stripe's object is the truth, read afresh each time; an event is only the hint to look.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

import asyncpg
import structlog

from app.checkout.intent import carry_out_intent
from app.checkout.money_back import MoneyBack, target_credits
from app.checkout.outcome import Also, Fulfilment, Outcome, Source, already, answer, as_stored
from app.checkout.purchases import (
    Purchase,
    mark_expired,
    mark_failed,
    mark_refused,
    mark_settling,
    paying,
    purchase_by_id,
    purchase_with_balance,
)
from app.checkout.returns import apply_money_back, is_foreign, money_back_of
from app.checkout.verdict import Meaning, Verdict, judge
from app.database import repeated_if_undone, tx
from app.errors import (
    BalanceFull,
    IdempotencyConflict,
    StripeMissing,
    StripeRefused,
    StripeUnavailable,
    UnknownPurchase,
)
from app.ledger.payments import PurchaseMovement, await_purchase, fail_purchase, post_claimed
from app.ledger.posting import Posted, lock_user
from app.ledger.statement import balance_of
from app.payments.deadline import one_deadline
from app.payments.gateway import CheckoutSession, PaymentGateway
from app.workshops.access import PaywallRules

__all__ = ["Fulfilment", "Outcome", "Source", "fulfil"]

log = structlog.get_logger("app.checkout")


@dataclass(frozen=True, slots=True)
class _Case:
    """A purchase and what Stripe says of it, on the way to its fulfilment."""

    purchase: Purchase
    session: CheckoutSession
    back: MoneyBack
    source: Source
    rules: PaywallRules
    now: datetime

    @property
    def movement(self) -> PurchaseMovement:
        bought = self.purchase
        return PurchaseMovement(
            bought.user_id,
            bought.id,
            bought.credits,
            bought.description,
            self.session.id,
            self.source.request_id,
        )

    @property
    def is_all_returned(self) -> bool:
        bought = self.purchase
        return target_credits(bought.credits, bought.amount_cents, self.back) == bought.credits


async def fulfil(
    session_id: str,
    *,
    source: Source,
    gateway: PaymentGateway,
    rules: PaywallRules,
    now: datetime,
    also: Also | None = None,
    owner: str | None = None,
) -> Fulfilment:
    """Give the buyer the credits of a paid checkout session, once, and carry out the purchase's intent.

    Units: the price is in minor units of the purchase's own currency; the grant is whole credits.
    Inside: a tx of its own; `also` is told the outcome and runs last in it (the inbox stamps its event).
    Repeat: changes nothing and answers `already`, whoever calls; Stripe is not asked again.
    Raises: UnknownPurchase: the session is none of ours, or not `owner`'s; nothing was written. StripeUnavailable:
      but for the page, which is told `pending`. StripeMissing, StripeRefused: likewise.
    Source: https://docs.stripe.com/checkout/fulfillment
    """
    known = await purchase_with_balance(session_id, owner)
    if owner is not None and known is None:
        raise UnknownPurchase(session_id)
    if known is not None and known[0].status == "paid":
        return await _told(already(*known), also)
    try:
        with one_deadline():
            session = await gateway.checkout_session(session_id)
            back = await money_back_of(session, gateway)
    except (StripeUnavailable, StripeMissing, StripeRefused):
        if known is None or source.kind != "page":
            raise
        return answer(Outcome.PENDING, known[0], reason="silent")  # claims no more than Stripe said
    purchase = known[0] if known is not None else await _purchase_named_by(session)
    if purchase is None:
        return await _told(_stranger(session), also)
    verdict = judge(session, purchase, live=gateway.is_live, event_type=source.event_type)
    if verdict.meaning is Meaning.PAID and is_foreign(purchase, back):
        verdict = Verdict(Meaning.REFUSED, "currency of a refund")
    return await _apply(verdict, _Case(purchase, session, back, source, rules, now), also)


async def _purchase_named_by(session: CheckoutSession) -> Purchase | None:
    """The purchase that asked for a session we have not stored yet; None if it names one we do not have."""
    named = session.named_purchase_id
    if named is None:
        raise UnknownPurchase(session.id)
    return await purchase_by_id(named) if named.isprintable() else None


@repeated_if_undone
async def _apply(verdict: Verdict, case: _Case, also: Also | None) -> Fulfilment:
    match verdict.meaning:
        case Meaning.PAID:
            return await _grant(case, also)
        case Meaning.SETTLING:
            return await _await_money(case, also)
        case Meaning.FAILED:
            return await _give_up(case, also)
        case Meaning.EXPIRED:
            return await _expire(case, also)
        case Meaning.OPEN:
            waiting = answer(Outcome.PENDING, case.purchase, reason="open")
            return await _told(replace(waiting, payment_url=case.session.url), also)
        case Meaning.REFUSED:
            return await _refuse(case, verdict, also)
        case _:
            assert_never(verdict.meaning)


async def _grant(case: _Case, also: Also | None) -> Fulfilment:
    try:
        return await _grant_once(case, also)
    except asyncpg.UniqueViolationError:  # somebody noted in that very moment that the money is settling
        return await _grant_once(case, also)
    except BalanceFull:
        return await _refuse(case, Verdict(Meaning.REFUSED, "no room in the balance"), also)


async def _grant_once(case: _Case, also: Also | None) -> Fulfilment:
    """All or nothing: the purchase paid, its credits counted, its intent carried out, whatever else is asked.

    The order is the rule: what shall be taken from the credits again comes before the intent could spend them.
    A purchase of which nothing more is asked is one statement, and needs no transaction round it.
    """
    if also is None and case.purchase.unlock_workshop_id is None and not case.back.seen:
        posted = await _post(case)
        return await _not_posted(case, None) if posted is None else _granted(case, posted)
    async with tx():
        posted = await _post(case)
        if posted is None:
            return await _not_posted(case, also)
        granted = await _with_intent(case, await _less_money_back(case, _granted(case, posted)))
        if also is not None:
            await also(granted)
    return granted


async def _post(case: _Case) -> Posted | None:
    claim = paying(case.purchase.id, case.session, now=case.now)
    return await post_claimed(claim, case.movement, actor=case.source.actor(case.purchase))


async def _not_posted(case: _Case, also: Also | None) -> Fulfilment:
    """Somebody else was faster; nothing else may keep the credits back. Inside: the caller's tx, if there is one."""
    found = await _overtaken(case, None)
    if found.outcome not in (Outcome.ALREADY, Outcome.REFUSED):
        raise IdempotencyConflict(f"the movement of {case.purchase.id}")
    if also is not None:
        await also(found)
    return found


def _granted(case: _Case, posted: Posted) -> Fulfilment:
    log.info("purchase_fulfilled", purchase_id=case.purchase.id, source=case.source.kind)
    found = answer(Outcome.GRANTED, case.purchase)
    return replace(found, balance_after_credits=posted.balance_after_credits, paid_at=case.now)


async def _less_money_back(case: _Case, granted: Fulfilment) -> Fulfilment:
    """Inside: the caller's tx. Raises: ReadAgain."""
    if not case.back.seen:
        return granted
    taken = await apply_money_back(case.purchase, case.back, case.session.payment_intent_id, case.source)
    return granted if taken is None else replace(granted, balance_after_credits=taken.balance_after_credits)


async def _with_intent(case: _Case, granted: Fulfilment) -> Fulfilment:
    """Inside: the caller's tx."""
    intent = await carry_out_intent(
        case.purchase,
        rules=case.rules,
        now=case.now,
        actor=case.source.actor(case.purchase),
        request_id=case.source.request_id,
        is_returned=case.is_all_returned,
    )
    if intent is None:
        return granted
    balance = await balance_of(case.purchase.user_id)
    return replace(granted, balance_after_credits=balance.balance_credits, intent_outcome=intent)


async def _await_money(case: _Case, also: Also | None) -> Fulfilment:
    settling = answer(Outcome.PENDING, case.purchase, reason="settling")
    if case.purchase.status == "settling" and also is None:
        return settling
    async with tx():
        await lock_user(case.purchase.user_id)
        if await mark_settling(case.purchase.id, case.session) is None:
            return await _overtaken(case, also)
        await await_purchase(case.movement, actor=case.source.actor(case.purchase))
        if also is not None:
            await also(settling)
    return settling


async def _give_up(case: _Case, also: Also | None) -> Fulfilment:
    """The delayed payment failed: its movement stays on record as failed, even if nobody saw it wait."""
    failed = answer(Outcome.FAILED, case.purchase, reason="declined")
    if case.purchase.status == "failed" and also is None:
        return failed
    async with tx():
        await lock_user(case.purchase.user_id)
        if await mark_failed(case.purchase.id, case.session, now=case.now) is None:
            return await _overtaken(case, also)
        await await_purchase(case.movement, actor=case.source.actor(case.purchase))
        await fail_purchase(case.purchase.id)
        if also is not None:
            await also(failed)
    return failed


async def _expire(case: _Case, also: Also | None) -> Fulfilment:
    expired = answer(Outcome.FAILED, case.purchase, reason="expired")
    if not case.purchase.is_unfinished:
        return await _told(expired, also)
    async with tx():
        if await mark_expired(case.purchase.id, case.session.id, now=case.now) is None:
            return await _overtaken(case, also)
        if also is not None:
            await also(expired)
    return expired


async def _refuse(case: _Case, verdict: Verdict, also: Also | None) -> Fulfilment:
    """Keep the money's trace for a person to look at; nothing is granted."""
    reason = verdict.reason or "mismatch"
    refused = answer(Outcome.REFUSED, case.purchase, reason=reason)
    is_noted = (case.purchase.status, case.purchase.refused_reason) == ("refused", reason)
    async with tx():
        if verdict.touches_purchase and not is_noted:
            await mark_refused(case.purchase.id, case.session, reason)
        if also is not None:
            await also(refused)
    log.error("payment_quarantined", purchase_id=case.purchase.id, session_id=case.session.id, reason=reason)
    return refused


async def _overtaken(case: _Case, also: Also | None) -> Fulfilment:
    """Somebody else was faster: its state is told as it is now. Inside: the caller's tx."""
    known = await purchase_with_balance(case.session.id)
    if known is None:
        found = answer(Outcome.REFUSED, case.purchase, reason="another checkout session")
    elif known[0].status == "paid":
        found = already(*known)
    else:
        found = as_stored(known[0])
    if also is not None:
        await also(found)
    return found


async def _told(found: Fulfilment, also: Also | None) -> Fulfilment:
    if also is not None:
        async with tx():
            await also(found)
    return found


def _stranger(session: CheckoutSession) -> Fulfilment:
    log.error("payment_quarantined", session_id=session.id, reason="unknown purchase")
    return Fulfilment(Outcome.REFUSED, reason="unknown purchase")
