"""The lock that lets one of many runners work: `database.only_one`."""

import asyncio
import secrets

import pytest

from app.database import only_one, row


@pytest.fixture
def name() -> str:
    return f"a test {secrets.token_hex(4)}"


async def is_free(name: str) -> bool:
    async with only_one(name) as won:
        return won


async def until_free(name: str) -> None:
    """A server that loses a connection notices in a moment of its own."""
    async with asyncio.timeout(10):
        while not await is_free(name):
            await asyncio.sleep(0.005)


async def test_one_of_many_works_and_the_others_hear_so_at_once(pool: None, name: str) -> None:
    """M43, O08."""
    async with asyncio.timeout(5), only_one(name) as first:
        async with only_one(name) as second, only_one(f"{name}, another") as other:
            assert (first, second, other) == (True, False, True)
        assert not await is_free(name), "the one that left took nothing away with it"
    await until_free(name)


async def test_a_holder_that_fails_or_is_stopped_gives_it_up(pool: None, name: str) -> None:
    with pytest.raises(RuntimeError, match="half-way"):
        async with only_one(name):
            raise RuntimeError("half-way")
    await until_free(name)
    holds = asyncio.Event()

    async def hold() -> None:
        async with only_one(name):
            holds.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await holds.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder
    await until_free(name)


async def test_a_holder_whose_connection_dies_gives_it_up(pool: None, name: str) -> None:
    """C01: a killed process cannot keep the others from working."""
    async with only_one(name) as won:
        killed = await row(
            "SELECT pg_terminate_backend(pid) AS done FROM pg_locks WHERE locktype = 'advisory'"
            " AND objid::bigint = hashtext($1)::bigint & 4294967295",
            f"billing {name}",
        )
        assert won
        assert killed is not None
        assert killed["done"]
        await until_free(name)
