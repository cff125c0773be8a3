"""`billing catalog`: the packs and their prices, as lines. What is wrong with a price is decided in `checkout.prices`."""

import asyncio
from collections.abc import Awaitable, Callable

from app.catalog.packs import load_catalog
from app.checkout.prices import PackPrice, push_catalog, shown_catalog
from app.cli.reporting import say
from app.errors import BillingError, StripeUnavailable
from app.payments.stripe_gateway import stripe_gateway
from app.settings import Settings, load_settings
from app.web.filters import money


class StripeSilent(BillingError):
    """Prices were asked for and nobody answered."""

    def __init__(self, settings: Settings) -> None:
        self.address = settings.stripe_api_base
        sandbox = f"the payment sandbox does not answer at {self.address}: start `billing run`, or `billing sandbox`"
        super().__init__(sandbox if self.address else "Stripe does not answer: try again")


async def push_prices(settings: Settings) -> tuple[PackPrice, ...]:
    """Find or make one Stripe price for each pack.

    Repeat: finds what the first call made.
    Raises: StripeUnavailable, StripeRefused.
    """
    async with stripe_gateway(settings) as gateway:
        return await push_catalog(gateway, load_catalog(settings.catalog_file))


async def found_prices(settings: Settings) -> tuple[PackPrice, ...]:
    """The packs with the prices Stripe has for them now. Raises: StripeUnavailable, StripeRefused."""
    async with stripe_gateway(settings) as gateway:
        return await shown_catalog(gateway, load_catalog(settings.catalog_file))


def say_prices(prices: Callable[[Settings], Awaitable[tuple[PackPrice, ...]]], *, as_json: bool) -> int:
    """Print each pack with its price; the exit code is 1 if one has none."""
    found = asyncio.run(_awaited(prices))
    say([_line(each) for each in found], {"packs": [_facts(each) for each in found]}, as_json=as_json)
    return 0 if all(each.price for each in found) else 1


async def _awaited(prices: Callable[[Settings], Awaitable[tuple[PackPrice, ...]]]) -> tuple[PackPrice, ...]:
    settings = load_settings()
    try:
        return await prices(settings)
    except StripeUnavailable as error:
        raise StripeSilent(settings) from error


def _line(each: PackPrice) -> str:
    pack = each.pack
    price = each.price.id if each.price else "no price at Stripe: run `billing catalog push`"
    return (
        f"{pack.slug:<22} {pack.credits:>3} credits  {money(pack.amount_cents, pack.currency):>10}  {price}"
    )


def _facts(each: PackPrice) -> dict[str, object]:
    pack = each.pack
    return {
        "pack": pack.slug,
        "credits": pack.credits,
        "amount_cents": pack.amount_cents,
        "currency": pack.currency,
        "stripe_price_id": each.price.id if each.price else None,
    }
