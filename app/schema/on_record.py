"""Says which migrations this version brings and which of them a database has on record. Imports nothing of Piccolo's
migrations, so that a server starts without them.
"""

from app.database import rows
from app.schema.comparison import recorded_by_migration


def known() -> list[str]:
    """The ids of the migrations that this version of the product brings, oldest first."""
    return list(recorded_by_migration())


async def applied() -> set[str]:
    """The ids of the migrations that this database has on record."""
    if (await rows("SELECT to_regclass('migration') AS tracker"))[0]["tracker"] is None:
        return set()
    return {found["name"] for found in await rows("SELECT name FROM migration WHERE app_name = 'billing'")}


async def missing() -> list[str]:
    """The ids of the migrations still to run, oldest first."""
    done = await applied()
    return [migration for migration in known() if migration not in done]
