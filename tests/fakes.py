"""Stand-ins that only force an interleaving: every journey of money uses the real library and the sandbox."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from app.errors import StripeMissing, StripeUnavailable
from app.payments.gateway import (
    CheckoutSession,
    NewCheckout,
    NewCustomer,
    PriceRef,
    Sellable,
    StripeEvent,
)


class FakeGateway:
    """The gateway in memory. `meanwhile` runs once, after Stripe was read and before we write."""

    def __init__(self, *sessions: CheckoutSession, is_live: bool = False) -> None:
        self.sessions = {session.id: session for session in sessions}
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.is_live = is_live
        self.reads = 0

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        self.reads += 1
        if session_id not in self.sessions:
            raise StripeMissing("checkout session")
        session = self.sessions[session_id]
        if (rival := self.meanwhile) is not None:
            self.meanwhile = None
            await rival()
        return session

    async def create_checkout_session(self, new: NewCheckout) -> CheckoutSession:
        raise StripeUnavailable("this gateway only reads")

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        raise StripeUnavailable("this gateway only reads")

    async def create_customer(self, new: NewCustomer) -> str:
        raise StripeUnavailable("this gateway only reads")

    async def price_for(self, pack: Sellable) -> PriceRef | None:
        raise StripeUnavailable("this gateway only reads")

    async def push_price(self, pack: Sellable) -> PriceRef:
        raise StripeUnavailable("this gateway only reads")

    async def receipt_url(self, payment_intent_id: str) -> str | None:
        raise StripeUnavailable("this gateway only reads")

    def read_event(self, body: bytes, header: str | None, *, now: datetime) -> StripeEvent:
        raise AssertionError("signatures are never faked")


class SilentGateway(FakeGateway):
    """Stripe does not answer."""

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        raise StripeUnavailable("silent")


class UnaskedGateway(FakeGateway):
    """Stripe must not be asked."""

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        raise AssertionError("Stripe was asked")

    async def price_for(self, pack: Sellable) -> PriceRef | None:
        raise AssertionError("Stripe was asked")
