"""`billing sign-out` at the keyboard: one person's browsers, nobody else's, and a note of who did it. O11, ASVS 7.4.5."""

import asyncio
import getpass
import json
from pathlib import Path

from app.accounts.sessions import session
from app.clock import utc_now
from app.database import rows, tx
from tests.cli.product import billing
from tests.factories import make_user


async def signed_in_twice(user_id: str) -> list[str]:
    """The tokens of two browsers."""
    async with tx():
        return [await session.create(user_id, provider="demo", now=utc_now()) for _ in range(2)]


async def who_is_signed_in(*tokens: str) -> list[str]:
    found = [await session.resolve(token, now=utc_now()) for token in tokens]
    return [each.clerk_user_id for each in found if each is not None]


async def notes_on(user_id: str) -> list[tuple[str, ...]]:
    found = await rows(
        "SELECT act, actor, actor_id, detail, reason FROM audit_trail"
        " WHERE clerk_user_id = $1 AND act <> 'signed_in' ORDER BY noted_at",
        user_id,
    )
    return [tuple(each.values()) for each in found]


async def test_a_person_is_signed_out_of_every_browser_by_address_or_id(
    pool: None, database_url: str, tmp_path: Path
) -> None:
    alice, bob = await make_user(), await make_user(name="Bob")
    tokens = [*await signed_in_twice(alice), *await signed_in_twice(bob)]

    async def sign_out(*words: str) -> tuple[int, str]:
        asked = ("sign-out", *words)
        done = await asyncio.to_thread(billing, *asked, data_dir=tmp_path, DATABASE_URL=database_url)
        return done.returncode, done.stdout

    code, said = await sign_out(f"{alice}@example.test", "--reason", "a lost laptop", "--json")
    assert (code, json.loads(said)) == (0, {"user_id": alice, "browsers_signed_out": 2})
    assert await who_is_signed_in(*tokens) == [bob, bob]
    assert await sign_out(alice) == (0, f"{alice} was signed in nowhere\n")
    me = getpass.getuser()
    assert await notes_on(alice) == [
        ("signed_out_everywhere", "operator", me, "2 ended", "a lost laptop"),
        ("signed_out_everywhere", "operator", me, "0 ended", ""),
    ]
    assert await notes_on(bob) == []


async def test_an_address_of_several_people_signs_nobody_out(
    pool: None, database_url: str, tmp_path: Path
) -> None:
    twins = [await make_user(email="twins@example.test") for _ in range(2)]
    tokens = [token for twin in twins for token in await signed_in_twice(twin)]
    for address, told in (
        ("twins@example.test", "2 people have"),
        ("nobody@example.test", "nobody is called"),
    ):
        done = await asyncio.to_thread(
            billing, "sign-out", address, data_dir=tmp_path, DATABASE_URL=database_url
        )
        assert (done.returncode, done.stdout, told in done.stderr) == (1, "", True)
    assert len(await who_is_signed_in(*tokens)) == 4
