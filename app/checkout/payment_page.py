"""Decides how a stored purchase gets its page at Stripe: the buyer's customer, the request, the page it has already.

The idempotency key is `<purchase id>:<request_no>`, and the request is built from the row alone. An unknown outcome is
asked for again under the same key; only a definite refusal changes it.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import structlog

from app.checkout.purchases import (
    Purchase,
    keep_customer,
    mark_expired,
    mark_failed,
    mark_open,
    replace_customer,
)
from app.database import row
from app.errors import NotFound, StripeMissing, StripeRefused, StripeUnavailable
from app.payments.gateway import NewCheckout, NewCustomer, PaymentGateway

log = structlog.get_logger("app.checkout")


@dataclass(frozen=True, slots=True)
class Started:
    """A purchase and where its buyer goes next: Stripe's page, or the path of our return page if it is paid already."""

    purchase_id: str
    url: str


async def payment_page(purchase: Purchase, *, gateway: PaymentGateway, now: datetime) -> Started | None:
    """Where to pay an unfinished purchase. None: it changed under our hands; look at it again.

    Raises: StripeUnavailable: the outcome is unknown, or Stripe's answer for this key is a failure for good; then the
      purchase is failed, and the next press is a new one.
    """
    if purchase.stripe_session_id is not None:
        return await _page_again(purchase, purchase.stripe_session_id, gateway, now)
    ready = await _with_customer(purchase, gateway)
    try:
        session = await gateway.create_checkout_session(_request(ready))
    except StripeRefused as refusal:
        await _after_refusal(ready, refusal, gateway, now)
        return None
    opened = await mark_open(ready.id, session)
    if opened is None or session.url is None:
        return None
    log.info("purchase_started", purchase_id=opened.id, pack=opened.pack)
    return Started(opened.id, session.url)


def return_page(purchase: Purchase) -> str:
    """Our return page for a purchase that has its checkout session: a path, wherever we answer by now."""
    return "/checkout/success?" + urlencode({"session_id": purchase.stripe_session_id or ""})


async def _page_again(
    purchase: Purchase, session_id: str, gateway: PaymentGateway, now: datetime
) -> Started | None:
    try:
        session = await gateway.checkout_session(session_id)
    except StripeMissing:
        session = None
    if session is not None and session.status == "open" and session.url:
        return Started(purchase.id, session.url)
    if session is not None and session.status != "expired":
        return Started(purchase.id, return_page(purchase))
    await mark_expired(purchase.id, session_id, now=now)
    return None


def _request(purchase: Purchase) -> NewCheckout:
    cancel = urlencode({"purchase": purchase.id})
    return NewCheckout(
        idempotency_key=f"{purchase.id}:{purchase.request_no}",
        purchase_id=purchase.id,
        price_id=purchase.stripe_price_id,
        customer_id=purchase.stripe_customer_id or "",
        success_url=f"{purchase.base_url}/checkout/success?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{purchase.base_url}/checkout/cancel?{cancel}",
    )


async def _after_refusal(
    purchase: Purchase, refusal: StripeRefused, gateway: PaymentGateway, now: datetime
) -> None:
    """Mends what can be mended; the caller looks again."""
    if refusal.replayed:
        await mark_failed(purchase.id, None, now=now)
        raise StripeUnavailable("a stored failure was replayed") from refusal
    if (refusal.code, refusal.param) != ("resource_missing", "customer"):
        raise refusal
    dead_id = purchase.stripe_customer_id or ""
    key = f"customer:{purchase.user_id}:after:{dead_id}"
    await replace_customer(purchase, dead_id=dead_id, customer_id=await _new_customer(purchase, key, gateway))


async def _with_customer(purchase: Purchase, gateway: PaymentGateway) -> Purchase:
    """The purchase with its customer at Stripe: one per person, however many presses there are."""
    if purchase.stripe_customer_id is not None:
        return purchase
    found = await row("SELECT stripe_customer_id FROM users WHERE clerk_user_id = $1", purchase.user_id)
    known = found["stripe_customer_id"] if found else None
    return await keep_customer(
        purchase, known or await _new_customer(purchase, f"customer:{purchase.user_id}", gateway)
    )


async def _new_customer(purchase: Purchase, key: str, gateway: PaymentGateway) -> str:
    """Under `key`; a key that Stripe has stored another outcome for is left for one of this purchase."""
    buyer = await row("SELECT email, name FROM users WHERE clerk_user_id = $1", purchase.user_id)
    if buyer is None:
        raise NotFound("person")
    new = NewCustomer(key, purchase.user_id, buyer["name"], buyer["email"] or None)
    try:
        return await gateway.create_customer(new)
    except StripeRefused as refusal:
        log.warning("customer_refused", user_id=purchase.user_id, code=refusal.code, param=refusal.param)
        email = None if refusal.param == "email" else new.email
        return await gateway.create_customer(
            NewCustomer(f"{key}:{purchase.id}", new.user_id, new.name, email)
        )
