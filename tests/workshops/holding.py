"""A rival that holds a person's row, so that whoever moves their credits meanwhile has to wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def holding(user_id: str, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The rival's connection, in an open transaction; it lets go with COMMIT or ROLLBACK, or when the block ends."""
    holder = await asyncpg.connect(database_url)
    try:
        await holder.execute("BEGIN")
        await holder.execute("SELECT FROM users WHERE clerk_user_id = $1 FOR NO KEY UPDATE", user_id)
        yield holder
    finally:
        await holder.close()


async def until_waiting(watcher: asyncpg.Connection, number: int) -> None:
    """Until so many sessions wait for the lock that the watcher holds."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    queued = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(2):
        while await watcher.fetchval(query) < 1 or await watcher.fetchval(queued) < number:
            await asyncio.sleep(0.005)
