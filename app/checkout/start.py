"""Decides how a purchase begins: what is written before Stripe is asked, and which earlier attempt is used again.

Knows no HTTP. Everything Stripe is told comes from the purchase as stored, so that the same key always comes with the
same request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.catalog.packs import Catalog, Pack
from app.checkout.closing import expire_at_stripe
from app.checkout.errors import PackNotOffered, WorkshopAlreadyOpen
from app.checkout.payment_page import Started, payment_page, return_page
from app.checkout.prices import is_price_of
from app.checkout.purchases import (
    NewPurchase,
    Purchase,
    add_purchase,
    fill_in_price,
    mark_expired,
    purchase_of_attempt,
    unfinished_purchase,
)
from app.clock import Clock
from app.database import repeated_if_undone, row, tx
from app.errors import BadInput, IdempotencyConflict, NotFound, StripeUnavailable, TryLater
from app.ids import new_id
from app.ledger.posting import lock_user
from app.payments.deadline import one_deadline
from app.payments.gateway import PaymentGateway
from app.web.words import said
from app.workshops.access import PaywallRules, WorkshopFacts, decide
from app.workshops.steps import FIRST_PAID_SLUG

__all__ = ["Shop", "Started", "start_purchase"]

KEY_LIVES = timedelta(hours=23)  # Stripe keeps a key, and a payment page, for a day
ROUNDS = (
    4  # each ends in a page, or in a purchase that is closed: rivals can add a round, not make it endless
)


@dataclass(frozen=True, slots=True)
class Shop:
    """What every purchase needs, whoever buys: the application puts it together once."""

    gateway: PaymentGateway
    catalog: Catalog
    rules: PaywallRules
    base_url: str
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who wants to buy what, as it would be sold now. `price_id` is empty while Stripe is silent."""

    user_id: str
    pack: Pack
    price_id: str
    base_url: str
    intent_workshop_id: str | None
    return_path: str | None
    attempt_key: str | None


async def start_purchase(
    user_id: str,
    pack_slug: str,
    *,
    intent_workshop_id: str | None = None,
    return_path: str | None = None,
    attempt_key: str | None = None,
    shop: Shop,
) -> Started:
    """Write a purchase and get the page where it is paid; once paid, its intent unlocks `intent_workshop_id`.

    Inside: transactions of its own, none open while Stripe is asked.
    Repeat: the same page, as long as the same would be sold; an attempt that was paid leads to the return page.
    Raises: BadInput: no such pack on sale. NotFound: the workshop. WorkshopAlreadyOpen. PackNotOffered.
      IdempotencyConflict: the form bought something else before. StripeUnavailable: the purchase is on record, and
      the next press goes on with it. StripeRefused. TryLater: rivals kept changing the purchase.
    """
    pack = shop.catalog.pack(pack_slug)
    if pack is None:
        raise BadInput(pack=said("This pack is not for sale here. Choose one of these."))
    if intent_workshop_id is not None:
        await _require_locked(user_id, intent_workshop_id, pack, shop.rules)
    with one_deadline():
        price_id = await _price_id(pack, shop.gateway)
        wish = _Wish(user_id, pack, price_id, shop.base_url, intent_workshop_id, return_path, attempt_key)
        for _ in range(ROUNDS):
            started = await _one_round(wish, shop)
            if started is not None:
                return started
    raise TryLater("the purchase kept changing")


async def _require_locked(user_id: str, workshop_id: str, pack: Pack, rules: PaywallRules) -> None:
    found = await row(
        "SELECT created_at, credit_consumed_at FROM workshops"
        " WHERE id = $1 AND clerk_user_id = $2 AND deleted_at IS NULL",
        workshop_id,
        user_id,
    )
    if found is None:
        raise NotFound("workshop")
    facts = WorkshopFacts(found["created_at"], found["credit_consumed_at"])
    if decide(facts, FIRST_PAID_SLUG, 0, rules).is_open:
        raise WorkshopAlreadyOpen(workshop_id=workshop_id, pack_slug=pack.slug)


async def _price_id(pack: Pack, gateway: PaymentGateway) -> str:
    try:
        price = await gateway.price_for(pack)
    except StripeUnavailable:
        return ""  # the purchase is written all the same: it is what the next press goes on with
    if price is None or not is_price_of(price, pack):
        raise PackNotOffered(pack.slug)
    return price.id


async def _one_round(wish: _Wish, shop: Shop) -> Started | None:
    """A page to pay on; None when the attempt at hand had to be closed first."""
    now = shop.clock()
    purchase = await _attempt(wish, now)
    if not purchase.is_unfinished:
        return Started(purchase.id, return_page(purchase))
    if _is_outdated(purchase, wish, now):
        if not await expire_at_stripe(purchase, shop.gateway):
            return Started(purchase.id, return_page(purchase))
        await mark_expired(purchase.id, purchase.stripe_session_id, now=now)
        return None
    if not purchase.stripe_price_id:
        raise StripeUnavailable("no price known yet")
    return await payment_page(purchase, gateway=shop.gateway, now=now)


@repeated_if_undone
async def _attempt(wish: _Wish, now: datetime) -> Purchase:
    """The attempt to go on with: what this form started before, the one that is open, or a new one."""
    async with tx():
        await lock_user(wish.user_id)
        if wish.attempt_key is not None:
            earlier = await purchase_of_attempt(wish.user_id, wish.attempt_key)
            if earlier is not None:
                return await _priced(_same(earlier, wish), wish)
        current = await unfinished_purchase(wish.user_id, wish.pack.slug, wish.intent_workshop_id)
        if current is not None:
            return await _priced(current, wish)
        return await add_purchase(_snapshot(wish, now))


def _same(earlier: Purchase, wish: _Wish) -> Purchase:
    if (earlier.pack, earlier.unlock_workshop_id) != (wish.pack.slug, wish.intent_workshop_id):
        raise IdempotencyConflict(str(wish.attempt_key))
    return earlier


async def _priced(purchase: Purchase, wish: _Wish) -> Purchase:
    """Fills in a price that was not known when the purchase was written; no request has gone out without it."""
    if purchase.stripe_price_id or not wish.price_id or not purchase.is_unfinished:
        return purchase
    return await fill_in_price(purchase.id, wish.price_id) or purchase


def _snapshot(wish: _Wish, now: datetime) -> NewPurchase:
    pack = wish.pack
    return NewPurchase(
        id=new_id("pur"),
        user_id=wish.user_id,
        pack=pack.slug,
        pack_name=pack.name,
        credits=pack.credits,
        amount_cents=pack.amount_cents,
        currency=pack.currency,
        stripe_price_id=wish.price_id,
        base_url=wish.base_url,
        unlock_workshop_id=wish.intent_workshop_id,
        return_path=wish.return_path,
        attempt_key=wish.attempt_key,
        created_at=now,
    )


def _is_outdated(purchase: Purchase, wish: _Wish, now: datetime) -> bool:
    """True when something else would be sold now, or when Stripe may have forgotten the request."""
    pack = wish.pack
    sold = (purchase.pack_name, purchase.credits, purchase.amount_cents, purchase.currency, purchase.base_url)
    if sold != (pack.name, pack.credits, pack.amount_cents, pack.currency, wish.base_url):
        return True
    if wish.price_id and purchase.stripe_price_id != wish.price_id:
        return True
    return now - purchase.created_at > KEY_LIVES
