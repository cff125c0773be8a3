"""The product with a mistake put in on purpose, as factories for the server: what the oracle must catch.

In both the return page only looks, so that webhooks alone decide; and the moment between the two commits is held open.
"""

import asyncio

from litestar import Litestar

from app import asgi
from app.checkout import standing
from app.checkout.fulfilment import fulfil
from app.checkout.outcome import Fulfilment, Source
from app.database import row, tx
from app.errors import StripeMissing
from app.ids import new_id
from app.ledger.posting import Actor, Movement, post
from app.ledger.rules import Kind
from app.payments.gateway import StripeEvent
from app.webhooks import handlers
from app.webhooks.handlers import Handler, Means
from app.webhooks.inbox import settle

WINDOW_SECONDS = 0.1


def mark_first() -> Litestar:
    """Stamps the event done in a commit of its own, and only then gives the credits: a crash between loses them."""
    return _product_with(marked_then_applied)


def apply_first() -> Litestar:
    """Gives the credits under a key of the delivery's own, and marks the purchase later: a crash between doubles them."""
    return _product_with(applied_then_marked)


def _product_with(handler: Handler) -> Litestar:
    handlers.HANDLERS = dict.fromkeys(handlers.HANDLERS, handler)
    vars(standing)["fulfil"] = _never_fulfilled
    return asgi.create_app()


async def _never_fulfilled(*_: object, **__: object) -> Fulfilment:
    raise StripeMissing("checkout session")


async def marked_then_applied(event: StripeEvent, session_id: str, means: Means) -> None:
    """The handler of `mark_first`."""
    await settle(event, "done")
    await asyncio.sleep(WINDOW_SECONDS)
    source = Source("webhook", event.id, event.type)
    await fulfil(session_id, source=source, gateway=means.gateway, rules=means.rules, now=means.now)


async def applied_then_marked(event: StripeEvent, session_id: str, means: Means) -> None:
    """The handler of `apply_first`."""
    session = await means.gateway.checkout_session(session_id)
    bought = await row("SELECT * FROM purchases WHERE id = $1", session.purchase_id)
    if bought is None or bought["status"] == "paid" or session.payment_status != "paid":
        return
    movement = Movement(
        bought["clerk_user_id"],
        Kind.PURCHASE,
        bought["credits"],
        "Purchase",
        new_id("ctx"),
        Actor("stripe", event.id),
        purchase_id=bought["id"],
    )
    async with tx():
        await post(movement)
    await asyncio.sleep(WINDOW_SECONDS)
    await row(
        "UPDATE purchases SET status = 'paid', paid_at = $2, stripe_session_id = $3 WHERE id = $1",
        bought["id"],
        means.now,
        session_id,
    )
    await settle(event, "done")
