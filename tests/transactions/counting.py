"""Counts the statements that a block sends to the database, over every connection of the pool."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.accounts import limits


@dataclass
class Counted:
    """How many statements were sent that bring rows, and how many those brought; opening and closing a transaction are none."""

    queries: int = 0
    rows: int = 0


@asynccontextmanager
async def counted_queries() -> AsyncIterator[Counted]:
    """Count until the block ends, by listening where asyncpg sends. Limits are not swept meanwhile: chance decides that."""
    counted = Counted()
    swept, limits.SWEEP_ONE_IN = limits.SWEEP_ONE_IN, sys.maxsize
    sending: Any = asyncpg.Connection  # every fetch of it goes through `_execute`, which it does not publish
    real = sending._execute

    async def counting(self: asyncpg.Connection, *args: Any, **kwargs: Any) -> Any:
        counted.queries += 1
        found = await real(self, *args, **kwargs)
        counted.rows += len((found[0] if isinstance(found, tuple) else found) or ())
        return found

    sending._execute = counting
    try:
        yield counted
    finally:
        sending._execute = real
        limits.SWEEP_ONE_IN = swept
