"""Reads from Stripe what became of money: refunds, disputes, and the pages on which it was paid. Changes nothing there.

A stand-in may ignore filters, know no paging, or lack a whole list; so everything is filtered again here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import stripe
import structlog

from app.errors import StripeMissing, StripeUnavailable
from app.payments import objects
from app.payments.answers import in_our_words
from app.payments.gateway import Change, ChargeRelated, CheckoutSession, Dispute, Refund
from app.payments.objects import Json

PAGE_SIZE = 100
OF_REFUNDS = ("refund.updated", "refund.failed", "charge.refund.updated")
OF_DISPUTES = ("updated", "funds_withdrawn", "funds_reinstated", "closed")
CHANGES = [*OF_REFUNDS, *(f"charge.dispute.{change}" for change in OF_DISPUTES)]
log = structlog.get_logger("app.payments")


Kind = TypeVar("Kind", CheckoutSession, Refund, Dispute, Change)
OfPayment = TypeVar("OfPayment", CheckoutSession, Refund, Dispute)
Ask = Callable[[Any], Awaitable[Any]]
Read = Callable[[Json], Kind]


class StripeLists:
    """The reading half of the gateway."""

    def __init__(self, client: stripe.StripeClient, *, is_live: bool) -> None:
        self._stripe = client.v1
        self.is_live = is_live

    async def refunds(self, payment_intent_id: str) -> list[Refund]:
        """As the Protocol says."""
        return await self._of_payment(self._stripe.refunds.list_async, objects.refund, payment_intent_id)

    async def disputes(self, payment_intent_id: str) -> list[Dispute]:
        """As the Protocol says."""
        return await self._of_payment(self._stripe.disputes.list_async, objects.dispute, payment_intent_id)

    async def sessions_for_payment_intent(self, payment_intent_id: str) -> list[CheckoutSession]:
        """As the Protocol says."""
        ask = self._stripe.checkout.sessions.list_async
        return await self._of_payment(ask, objects.checkout_session, payment_intent_id)

    def sessions_since(self, since_at: datetime) -> AsyncIterator[CheckoutSession]:
        """As the Protocol says."""
        return self._since(self._stripe.checkout.sessions.list_async, objects.checkout_session, since_at)

    def refunds_since(self, since_at: datetime) -> AsyncIterator[Refund]:
        """As the Protocol says."""
        return self._since(self._stripe.refunds.list_async, objects.refund, since_at)

    def disputes_since(self, since_at: datetime) -> AsyncIterator[Dispute]:
        """As the Protocol says."""
        return self._since(self._stripe.disputes.list_async, objects.dispute, since_at)

    def changes_since(self, since_at: datetime) -> AsyncIterator[Change]:
        """As the Protocol says."""
        return self._since(self._stripe.events.list_async, objects.change, since_at, types=CHANGES)

    async def payment_intent_of(self, kind: ChargeRelated, object_id: str) -> str | None:
        """As the Protocol says. A refund or dispute may name its charge alone."""
        ask: dict[ChargeRelated, Ask] = {
            "charge": self._stripe.charges.retrieve_async,
            "refund": self._stripe.refunds.retrieve_async,
            "dispute": self._stripe.disputes.retrieve_async,
        }
        async with in_our_words():
            found = (await ask[kind](object_id)).to_dict()
        payment, charge = (objects.object_id(found.get(name)) for name in ("payment_intent", "charge"))
        if payment is None and charge is not None:
            return await self.payment_intent_of("charge", charge)
        return payment

    async def purchase_named_by(self, payment_intent_id: str) -> str | None:
        """As the Protocol says."""
        async with in_our_words():
            found = await self._stripe.payment_intents.retrieve_async(payment_intent_id)
            return objects.purchase_id(found.to_dict())

    async def _of_payment(self, ask: Ask, read: Read[OfPayment], payment_intent_id: str) -> list[OfPayment]:
        listed = self._pages(ask, read, payment_intent=payment_intent_id)
        return [found async for found in listed if found.payment_intent_id == payment_intent_id]

    async def _since(
        self, ask: Ask, read: Read[Kind], since_at: datetime, **wanted: object
    ) -> AsyncIterator[Kind]:
        async for found in self._pages(ask, read, created={"gte": int(since_at.timestamp())}, **wanted):
            if found.created_at is None or found.created_at >= since_at.replace(microsecond=0):
                yield found

    async def _pages(self, ask: Ask, read: Read[Kind], **wanted: object) -> AsyncIterator[Kind]:
        """Everything in a list, each page within a time limit of its own unless the caller set one for all."""
        seen: set[str] = set()
        more: dict[str, object] = {}
        while True:
            page, has_more = await self._page(ask, read, wanted | more)
            fresh = [found for found in page if found.id not in seen]
            for found in fresh:
                yield found
            if has_more and not fresh and self.is_live:
                raise StripeUnavailable("a list promises more and does not go on")
            if not has_more or not fresh:  # a stand-in without paging sends its first page again
                return
            seen.update(found.id for found in fresh)
            more = {"starting_after": page[-1].id}

    async def _page(self, ask: Ask, read: Read[Kind], wanted: Json) -> tuple[list[Kind], bool]:
        try:
            async with in_our_words():
                found = (await ask({**wanted, "limit": PAGE_SIZE})).to_dict()
                return [read(each) for each in found["data"]], bool(found.get("has_more"))
        except StripeMissing:
            if self.is_live:
                raise
            log.warning("stripe_list_missing", asked=sorted(wanted))  # this stand-in keeps no such list
            return [], False
