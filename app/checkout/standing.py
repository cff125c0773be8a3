"""Finds out how a purchase stands: asks Stripe where that can still change, then our own records. No HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.checkout.fulfilment import fulfil
from app.checkout.outcome import Source
from app.checkout.reading import PurchaseFacts, purchase_of_session
from app.checkout.start import Shop
from app.checkout.view import ReturnState, return_href, return_state
from app.errors import (
    StandingRefused,
    StandingUnknown,
    StripeMissing,
    StripeRefused,
    StripeUnavailable,
    UnknownPurchase,
)
from app.ids import is_id
from app.payments.gateway import PaymentGateway


async def standing_of(
    session_id: str, buyer_id: str, shop: Shop, *, request_id: str | None
) -> tuple[ReturnState, PurchaseFacts]:
    """Give the credits of the buyer's own purchase if they are due, then say how it stands.

    The purchase is read after its credits were counted, so they are in the balance it comes with.
    Raises: UnknownPurchase: none of ours, or not this buyer's; Stripe was not asked.
    """
    if not is_id(session_id):
        raise UnknownPurchase(session_id)
    try:
        found = await fulfil(
            session_id,
            source=Source("page", request_id=request_id),
            gateway=shop.gateway,
            rules=shop.rules,
            now=shop.clock(),
            owner=buyer_id,
        )
    except StripeMissing:
        found = None
    facts = await purchase_of_session(buyer_id, session_id)
    return return_state(found, facts), facts


async def open_page_of(facts: PurchaseFacts, gateway: PaymentGateway) -> str | None:
    """The address where a purchase can still be paid, or None. Raises: StripeUnavailable."""
    if not facts.is_unfinished or facts.session_id is None:
        return None
    try:
        session = await gateway.checkout_session(facts.session_id)
    except StripeMissing:
        return None
    return session.url if session.status == "open" else None


@contextmanager
def perhaps_paid() -> Iterator[None]:
    """Round what is asked of a page that its buyer has seen: without an answer nobody knows if they paid.

    Raises: StandingUnknown, StandingRefused.
    """
    try:
        yield
    except StripeUnavailable as error:
        raise StandingUnknown(str(error)) from error
    except StripeRefused as error:
        raise StandingRefused(code=error.code, param=error.param, status=error.status) from error


def standing_href(facts: PurchaseFacts) -> str:
    """The page where a purchase tells how it stands."""
    return return_href(facts.session_id) if facts.session_id else f"/purchases/{facts.purchase_id}"
