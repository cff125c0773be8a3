"""A program that seeds the database of its argument, and stops in the middle of the last person to be killed."""

import asyncio
import sys
from datetime import datetime

from app.cli.demo import seed, stories
from app.cli.demo.life import Life
from app.clock import utc_now
from app.database import pool
from app.settings import Settings


async def main(address: str) -> None:
    async def operator(life: Life, now: datetime) -> None:
        await stories.operator(life, now)
        sys.stdout.write("in the middle\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    seed.STORIES["operator"] = operator
    settings = Settings.model_validate({"environment": "development", "stripe_secret_key": "sk_test_1"})
    async with pool(address):
        await seed.seed_demo(utc_now, settings=settings)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
