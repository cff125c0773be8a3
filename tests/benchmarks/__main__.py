"""`make bench`: every ratio in one run on a PostgreSQL of its own; prints a table and writes `bench.json`."""

import asyncio
import json
import sys
from pathlib import Path

import asyncpg
import structlog

from app import database
from app.settings import Settings
from tests.benchmarks import bare, money, pages
from tests.benchmarks.compare import Ratio
from tests.databases import Database, fresh_database, running_server

RESULTS = Path(__file__).parent.parent.parent / ".cache" / "bench.json"
CLIENTS = 16


async def measured(target: Database) -> list[Ratio]:
    """All ratios, on this database."""
    owner = await asyncpg.connect(target.owner_url)
    await owner.execute(bare.TABLES)
    await owner.close()
    settings = Settings(
        environment="development",
        database_url=target.app_url,
        session_secret="benchmarks-need-a-secret-of-32-bytes",
        stripe_secret_key="sk_test_benchmarks",
        stripe_webhook_secret="whsec_benchmarks",
        stripe_api_base="http://127.0.0.1:9",
    )
    async with database.pool(target.app_url, max_size=CLIENTS):
        async with asyncpg.create_pool(
            target.app_url, min_size=1, max_size=CLIENTS, connection_class=database.Plain
        ) as pool:
            return [*await money.ratios(pool), *await pages.ratios(settings, pool, target.superuser_url)]


def main() -> int:
    """0 when every published bound holds, else 1."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40)
    )  # log lines are not what is timed
    with running_server():
        found = asyncio.run(measured(fresh_database()))
    print(f"{'':5} {'':58} {'ours':>11} {'floor':>11} {'ratio':>6}  hold")
    for ratio in found:
        print(ratio.row())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([ratio.as_json() for ratio in found], indent=1) + "\n")
    return 0 if all(ratio.holds for ratio in found) else 1


if __name__ == "__main__":
    sys.exit(main())
