"""Stand-ins that only force an interleaving: every journey of money uses the real library and the sandbox."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from app.errors import StripeMissing, StripeUnavailable
from app.payments.gateway import (
    Change,
    ChargeRelated,
    CheckoutSession,
    Dispute,
    NewCheckout,
    NewCustomer,
    PriceRef,
    Refund,
    Sellable,
    StripeEvent,
)


class FakeGateway:
    """The gateway in memory. `meanwhile` runs once, after Stripe was read and before we write.

    `came_back` is what Stripe tells of every payment's refunds and disputes.
    """

    def __init__(self, *sessions: CheckoutSession, is_live: bool = False) -> None:
        self.sessions = {session.id: session for session in sessions}
        self.came_back: tuple[list[Refund], list[Dispute]] = ([], [])
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.is_live = is_live
        self.reads = 0

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        self.reads += 1
        if session_id not in self.sessions:
            raise StripeMissing("checkout session")
        session = self.sessions[session_id]
        await self._let_others_go_first()
        return session

    async def refunds(self, payment_intent_id: str) -> list[Refund]:
        return self.came_back[0]

    async def disputes(self, payment_intent_id: str) -> list[Dispute]:
        disputes = self.came_back[1]
        await self._let_others_go_first()
        return disputes

    async def payment_intent_of(self, kind: ChargeRelated, object_id: str) -> str | None:
        raise StripeMissing(kind)

    async def purchase_named_by(self, payment_intent_id: str) -> str | None:
        raise StripeMissing("payment intent")

    async def sessions_for_payment_intent(self, payment_intent_id: str) -> list[CheckoutSession]:
        return [one for one in self.sessions.values() if one.payment_intent_id == payment_intent_id]

    async def sessions_since(self, since_at: datetime) -> AsyncIterator[CheckoutSession]:
        for session in self.sessions.values():
            yield session

    async def refunds_since(self, since_at: datetime) -> AsyncIterator[Refund]:
        for refund in self.came_back[0]:
            yield refund

    async def disputes_since(self, since_at: datetime) -> AsyncIterator[Dispute]:
        for dispute in self.came_back[1]:
            yield dispute

    async def changes_since(self, since_at: datetime) -> AsyncIterator[Change]:
        returns: list[Refund | Dispute] = [*self.came_back[0], *self.came_back[1]]
        for found in returns:
            yield Change(f"evt_{found.id}", found, found.created_at)

    async def _let_others_go_first(self) -> None:
        if (rival := self.meanwhile) is not None:
            self.meanwhile = None
            await rival()

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
