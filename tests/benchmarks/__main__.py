"""`make bench`: every ratio in one run on a PostgreSQL of its own; prints a table and writes `bench.json`."""

import asyncio
import json
import sys
from pathlib import Path

import asyncpg
import structlog

from app import database
from app.settings import Settings
from tests.benchmarks import alike, bare, money, pages, served, statements
from tests.benchmarks.compare import TITLES, Figure
from tests.databases import Database, fresh_database, running_server

RESULTS = Path(__file__).parent.parent.parent / ".cache" / "bench.json"
CLIENTS = 16


async def measured(target: Database) -> list[Figure]:
    """All figures, on this database."""
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
            return [
                *await money.figures(pool),
                *await statements.figures(target),
                *await pages.figures(settings, pool, target.superuser_url),
                *await alike.figures(settings),
                *await served.figures(settings, pool),
            ]


def main() -> int:
    """0 when every published bound holds, else 1."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40)
    )  # log lines are not what is timed
    with running_server():
        found = asyncio.run(measured(fresh_database()))
    print(TITLES)
    for figure in found:
        print(figure.row())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.as_json() for figure in found], indent=1) + "\n")
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
