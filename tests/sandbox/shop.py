"""What the tests sell, and how they begin a sale."""

from dataclasses import dataclass
from typing import Any

import stripe
from stripe.checkout import Session

SECRET = "whsec_for_tests"
SUCCESS_URL = "http://127.0.0.1:9/checkout/success?session_id={CHECKOUT_SESSION_ID}"
CANCEL_URL = "http://127.0.0.1:9/checkout/cancel"


@dataclass(frozen=True)
class Shop:
    """One product with one price."""

    stripe: stripe.StripeClient
    price_id: str
    product_id: str

    def order(self, **more: Any) -> dict[str, Any]:
        """The parameters of a session as the product sends them."""
        return {
            "mode": "payment",
            "line_items": [{"price": self.price_id, "quantity": 1}],
            "success_url": SUCCESS_URL,
            "cancel_url": CANCEL_URL,
            "client_reference_id": "pur_1",
            "metadata": {"purchase_id": "pur_1"},
            "payment_intent_data": {"metadata": {"purchase_id": "pur_1"}},
            "adaptive_pricing": {"enabled": False},
            "allow_promotion_codes": False,
            "automatic_tax": {"enabled": False},
            **more,
        }

    async def session(self, *, key: str | None = None, **more: Any) -> Session:
        """A new open session."""
        options: Any = {"idempotency_key": key} if key else {}
        params: Any = self.order(**more)
        return await self.stripe.v1.checkout.sessions.create_async(params, options)

    async def read(self, session_id: str, *expand: str) -> Session:
        """The session as it is now."""
        return await self.stripe.v1.checkout.sessions.retrieve_async(session_id, {"expand": [*expand]})

    async def event_types(self) -> list[str]:
        """The types of all events, oldest first."""
        events = await self.stripe.v1.events.list_async({"limit": 100})
        return [str(event.type) for event in events.data][::-1]


async def open_shop(client: stripe.StripeClient, amount_cents: int = 7900, currency: str = "usd") -> Shop:
    """A shop with a price of its own."""
    product = await client.v1.products.create_async({"name": "Single Flight"})
    price = await client.v1.prices.create_async(
        {
            "product": product.id,
            "currency": currency,
            "unit_amount": amount_cents,
            "lookup_key": f"single-flight-{amount_cents}-{currency}",
        }
    )
    return Shop(client, price.id, product.id)
