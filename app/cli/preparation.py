"""Makes an installation ready to serve: schema, prices, demo people. Knows nothing of how programs are started."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

from app.cli.catalog_prices import push_prices
from app.clock import utc_now
from app.database import pool, row
from app.errors import StripeRefused, StripeUnavailable
from app.migrate import migrate
from app.settings import Settings, load_settings


@dataclass(frozen=True)
class Prepared:
    """What `prepare` found and did; `price_trouble` is why prices could not be made sure of, if so."""

    settings: Settings
    has_demo_people: bool
    price_trouble: str | None = None


def prepare(environment: Mapping[str, str], *, may_seed: bool) -> Prepared:
    """Migrate, push the prices and, in a database without people, make the demo people.

    Repeat: does what is still missing.
    Raises: BadSettings, MigrationFailed.
    """
    os.environ.update(environment)
    return asyncio.run(_prepared(load_settings(), may_seed=may_seed))


async def migrate_now(settings: Settings) -> list[str]:
    """Bring the schema up to date as its owner; the ids of the migrations that ran."""
    async with pool(owner_address(settings), max_size=1):
        return await migrate(settings.database_url)


def owner_address(settings: Settings) -> str:
    """The address of the role that owns the schema; one role may be everything."""
    return settings.migration_database_url or settings.database_url


async def _prepared(settings: Settings, *, may_seed: bool) -> Prepared:
    await migrate_now(settings)
    trouble = await _price_trouble(settings)
    async with pool(settings.database_url):
        if may_seed and not await _has_people():
            from app.cli.demo.seed import seed_demo

            await seed_demo(utc_now)
    return Prepared(settings, has_demo_people=may_seed, price_trouble=trouble)


async def _price_trouble(settings: Settings) -> str | None:
    """A Stripe that is away keeps nobody from looking at the product: packs are then sold later."""
    for _ in range(3):  # a sandbox on a busy machine may be late with its first answers
        try:
            await push_prices(settings)
            return None
        except StripeUnavailable:
            continue
        except StripeRefused as error:
            return str(error)
    return "Stripe does not answer"


async def _has_people() -> bool:
    return await row("SELECT 1 FROM users LIMIT 1") is not None
