"""Decides how an attempt to buy is given up: its page at Stripe is closed first, so nobody can still pay on it."""

from app.checkout.purchases import Purchase, mark_expired, purchase_by_id
from app.clock import Clock
from app.errors import NotFound, StripeMissing, StripeRefused
from app.payments.deadline import one_deadline
from app.payments.gateway import PaymentGateway


async def close_purchase(user_id: str, purchase_id: str, *, gateway: PaymentGateway, clock: Clock) -> bool:
    """Give up a purchase that was not paid. False: there is nothing to give up; its page tells how it stands.

    Repeat: changes nothing.
    Raises: NotFound: not theirs. StripeUnavailable: it is still open.
    """
    purchase = await purchase_by_id(purchase_id)
    if purchase is None or purchase.user_id != user_id:
        raise NotFound("purchase")
    with one_deadline():
        if not purchase.is_unfinished or not await expire_at_stripe(purchase, gateway):
            return False
    return await mark_expired(purchase.id, purchase.stripe_session_id, now=clock()) is not None


async def expire_at_stripe(purchase: Purchase, gateway: PaymentGateway) -> bool:
    """Close the payment page of a purchase. False: it is complete; somebody paid, or is about to have.

    A page whose making was never answered has been seen by nobody.
    """
    if purchase.stripe_session_id is None:
        return True
    try:
        await gateway.expire_checkout_session(purchase.stripe_session_id)
    except StripeMissing:
        return True
    except StripeRefused:
        session = await gateway.checkout_session(purchase.stripe_session_id)
        return session.status == "expired" and not session.is_paid
    return True
