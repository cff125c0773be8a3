"""Counts the statements that a block sends to the database, over every connection of the pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg


@dataclass
class Counted:
    """How many statements were sent; opening and closing a transaction count too."""

    queries: int = 0


@asynccontextmanager
async def counted_queries() -> AsyncIterator[Counted]:
    """Count until the block ends, by listening where asyncpg sends."""
    counted = Counted()
    real = asyncpg.Connection._execute

    async def counting(self: asyncpg.Connection, *args: Any, **kwargs: Any) -> Any:
        counted.queries += 1
        return await real(self, *args, **kwargs)

    asyncpg.Connection._execute = counting  # type: ignore[method-assign]
    try:
        yield counted
    finally:
        asyncpg.Connection._execute = real  # type: ignore[method-assign]
