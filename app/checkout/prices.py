"""Decides whether Stripe's prices are the catalogue's, and has the missing ones made."""

from dataclasses import dataclass

from app.catalog.packs import Catalog, Pack
from app.payments.deadline import one_deadline
from app.payments.gateway import PaymentGateway, PriceRef


@dataclass(frozen=True, slots=True)
class PackPrice:
    """A pack and its price at Stripe, if there is one. `findings` says what is wrong, in words."""

    pack: Pack
    price: PriceRef | None
    findings: tuple[str, ...]


async def push_catalog(gateway: PaymentGateway, catalog: Catalog) -> tuple[PackPrice, ...]:
    """Find or make the price of every pack.

    Shape: in the order of the catalogue. Repeat: makes nothing new.
    Raises: StripeUnavailable, StripeRefused. StripeMissing: a price that the settings name does not exist.
    """
    with one_deadline():
        return tuple([_compared(pack, await gateway.push_price(pack)) for pack in catalog.packs])


async def shown_catalog(gateway: PaymentGateway, catalog: Catalog) -> tuple[PackPrice, ...]:
    """Every pack with its price as Stripe has it; makes nothing. Raises: StripeUnavailable, StripeRefused."""
    with one_deadline():
        return tuple([_compared(pack, await gateway.price_for(pack)) for pack in catalog.packs])


def is_price_of(price: PriceRef, pack: Pack) -> bool:
    """Whether this pack can be sold at this price of Stripe's."""
    return not _differences(price, pack)


def _compared(pack: Pack, price: PriceRef | None) -> PackPrice:
    return PackPrice(
        pack, price, ("Stripe has no price for it",) if price is None else _differences(price, pack)
    )


def _differences(price: PriceRef, pack: Pack) -> tuple[str, ...]:
    found = []
    if (price.amount_cents, price.currency) != (pack.amount_cents, pack.currency):
        found.append(
            f"Stripe asks {price.amount_cents} {price.currency}, the catalogue {pack.amount_cents} {pack.currency}"
        )
    if not price.active:
        found.append("the price is switched off at Stripe")
    if not price.is_one_time:
        found.append("the price is a subscription")
    return tuple(found)
