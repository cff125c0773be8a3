"""`billing seed`: makes the demo people, never in production. What they are is decided in `demo`."""

import asyncio
import dataclasses
import os

from app.cli.demo.seed import SeedReport, seed_demo
from app.cli.reporting import say
from app.clock import utc_now
from app.database import pool
from app.errors import BillingError
from app.settings import Settings, load_settings


class NoDemoHere(BillingError):
    """Demo people were asked for where real people and real money are."""

    def __init__(self) -> None:
        super().__init__(
            "demo people are never made in production or beside a live Stripe key; nothing was written"
        )


def say_seeded(*, as_json: bool) -> None:
    """Seed and say what was made. Raises: NoDemoHere: nothing was written."""
    if os.environ.get("ENVIRONMENT") == "production":  # whatever else is set or missing
        raise NoDemoHere
    report = asyncio.run(_seeded(load_settings()))  # which refuses a live key outside production
    say([str(report)], dataclasses.asdict(report), as_json=as_json)


async def _seeded(settings: Settings) -> SeedReport:
    async with pool(settings.database_url):
        return await seed_demo(utc_now)
