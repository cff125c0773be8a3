"""Speaks to Stripe through its own library, whose objects and exceptions end in this package.

What is only read of money that moved stands in `stripe_lists.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
import stripe

from app.errors import NotVerifiable, StripeMissing, StripeUnavailable
from app.payments import objects
from app.payments.answers import in_our_words
from app.payments.envelope import TOLERANCE_SECONDS, read_envelope, signed_at
from app.payments.gateway import CheckoutSession, NewCheckout, NewCustomer, PriceRef, Sellable, StripeEvent
from app.payments.stripe_lists import StripeLists
from app.settings import Settings

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams
    from stripe.params.checkout import SessionCreateParams

PRICE_KEPT_SECONDS = 300.0
WITH_CHARGE = "payment_intent.latest_charge"


@asynccontextmanager
async def stripe_gateway(settings: Settings) -> AsyncIterator["StripeGateway"]:
    """The gateway for one event loop: its connections do not work in another."""
    stripe.enable_telemetry = False
    http = stripe.HTTPXClient(timeout=httpx.Timeout(4.0, connect=2.0))
    try:
        yield StripeGateway(_client(settings, http), settings)
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]  # Stripe's library leaves it untyped


def _client(settings: Settings, http: stripe.HTTPXClient) -> stripe.StripeClient:
    base = settings.stripe_api_base  # for all four hosts, or a test could reach Stripe itself
    return stripe.StripeClient(
        settings.stripe_secret_key.get_secret_value(),
        http_client=http,
        base_addresses={"api": base, "files": base, "connect": base, "meter_events": base} if base else None,
        max_network_retries=2,  # the client's own default is none
    )


class StripeGateway(StripeLists):
    """`PaymentGateway` through Stripe's own library."""

    def __init__(self, client: stripe.StripeClient, settings: Settings) -> None:
        super().__init__(client, is_live=settings.is_live)
        self._secrets = settings.webhook_secrets
        self._price_ids = settings.price_ids
        self._prices: dict[str, tuple[float, PriceRef]] = {}

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        """As the Protocol says."""
        async with in_our_words():
            found = await self._stripe.checkout.sessions.retrieve_async(session_id, {"expand": [WITH_CHARGE]})
            return objects.checkout_session(found.to_dict())

    async def create_checkout_session(self, new: NewCheckout) -> CheckoutSession:
        """As the Protocol says."""
        async with in_our_words():
            options: stripe.RequestOptions = {"idempotency_key": new.idempotency_key}
            made = await self._stripe.checkout.sessions.create_async(_session_params(new), options)
            return objects.checkout_session(made.to_dict())

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        """As the Protocol says. Without a key of ours: it is the same twice, and a stored failure would stand for a day."""
        async with in_our_words():
            return objects.checkout_session(
                (await self._stripe.checkout.sessions.expire_async(session_id)).to_dict()
            )

    async def create_customer(self, new: NewCustomer) -> str:
        """As the Protocol says."""
        params: CustomerCreateParams = {"name": new.name, "metadata": {"user_id": new.user_id}}
        if new.email:
            params["email"] = new.email
        async with in_our_words():
            made = await self._stripe.customers.create_async(params, {"idempotency_key": new.idempotency_key})
            return made.id

    async def price_for(self, pack: Sellable) -> PriceRef | None:
        """As the Protocol says; while Stripe is silent, what it said last."""
        now = asyncio.get_running_loop().time()
        known = self._prices.get(pack.lookup_key)
        if known is not None and now - known[0] < PRICE_KEPT_SECONDS:
            return known[1]
        try:
            found = await self._found_price(pack)
        except StripeUnavailable:
            if known is None:
                raise
            return known[1]
        self._keep(pack, found)
        return found

    async def push_price(self, pack: Sellable) -> PriceRef:
        """As the Protocol says."""
        price = await self._found_price(pack)
        if price is None and pack.slug in self._price_ids:
            raise StripeMissing(self._price_ids[pack.slug])  # what was set by hand is not replaced
        price = price or await self._new_price(pack)
        self._keep(pack, price)
        return price

    async def receipt_url(self, payment_intent_id: str) -> str | None:
        """As the Protocol says."""
        async with in_our_words():
            found = await self._stripe.payment_intents.retrieve_async(
                payment_intent_id, {"expand": ["latest_charge"]}
            )
            return objects.receipt_url(found.to_dict())

    def read_event(self, body: bytes, header: str | None, *, now: datetime) -> StripeEvent:
        """As the Protocol says. Stripe's own check knows no future, and stumbles over odd bytes."""
        try:
            if header is None or abs(now.timestamp() - signed_at(header)) > TOLERANCE_SECONDS:
                raise NotVerifiable("timestamp")
            if not any(_is_signed_with(secret, body, header) for secret in self._secrets):
                raise NotVerifiable("signature")
            return read_envelope(body, live=self.is_live)
        except NotVerifiable:
            raise
        except Exception as error:
            raise NotVerifiable(repr(error)[:200]) from error

    async def _found_price(self, pack: Sellable) -> PriceRef | None:
        chosen = self._price_ids.get(pack.slug)
        try:
            async with in_our_words():
                if chosen is not None:
                    return objects.price((await self._stripe.prices.retrieve_async(chosen)).to_dict())
                listed = await self._stripe.prices.list_async(
                    {"lookup_keys": [pack.lookup_key], "limit": 100}
                )
        except StripeMissing:
            return None
        # A stand-in may ignore the filter.
        same = [
            objects.price(found.to_dict()) for found in listed.data if found.lookup_key == pack.lookup_key
        ]
        return max(same, key=lambda found: found.active, default=None)

    async def _new_price(self, pack: Sellable) -> PriceRef:
        async with in_our_words():
            product = await self._stripe.products.create_async(
                {"name": pack.name, "metadata": {"pack": pack.slug}},
                {"idempotency_key": f"product:{pack.lookup_key}"},
            )
            made = await self._stripe.prices.create_async(
                {
                    "product": product.id,
                    "unit_amount": pack.amount_cents,
                    "currency": pack.currency,
                    "lookup_key": pack.lookup_key,
                    "metadata": {"pack": pack.slug},
                },
                {"idempotency_key": f"price:{pack.lookup_key}"},
            )
            return objects.price(made.to_dict())

    def _keep(self, pack: Sellable, price: PriceRef | None) -> None:
        if price is None:
            self._prices.pop(pack.lookup_key, None)  # asked again at once: `catalog push` may be under way
        else:
            self._prices[pack.lookup_key] = (asyncio.get_running_loop().time(), price)


def _session_params(new: NewCheckout) -> "SessionCreateParams":
    purchase = {"purchase_id": new.purchase_id}
    return {
        "mode": "payment",
        "line_items": [{"price": new.price_id, "quantity": 1}],
        "client_reference_id": new.purchase_id,
        "metadata": purchase,
        "payment_intent_data": {"metadata": purchase},  # refunds and disputes name only the payment
        "customer": new.customer_id,
        "success_url": new.success_url,
        "cancel_url": new.cancel_url,
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False},
    }


def _is_signed_with(secret: str, body: bytes, header: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, tolerance=None))
    except stripe.SignatureVerificationError:
        return False
