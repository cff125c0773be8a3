"""Decides which packs can be sold at this moment. Knows the catalogue and the gateway, no page."""

import asyncio

from app.catalog.packs import Catalog, Pack
from app.checkout.prices import is_price_of
from app.errors import BillingError
from app.payments.deadline import one_deadline
from app.payments.gateway import PaymentGateway

PATIENCE_SECONDS = 0.8  # a page that only shows prices does not wait for a slow payment service


async def unsellable(catalog: Catalog, gateway: PaymentGateway) -> frozenset[str]:
    """The packs whose price at Stripe is missing, switched off or different from the catalogue."""
    with one_deadline(PATIENCE_SECONDS):
        sold = await asyncio.gather(*(_is_sold(pack, gateway) for pack in catalog.packs))
    return frozenset(pack.slug for pack, is_sold in zip(catalog.packs, sold, strict=True) if not is_sold)


async def _is_sold(pack: Pack, gateway: PaymentGateway) -> bool:
    try:
        price = await gateway.price_for(pack)
    except BillingError:
        return True  # while Stripe is silent it counts as offered: the press of the button decides
    return price is not None and is_price_of(price, pack)
