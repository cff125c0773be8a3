"""Which user row an identity belongs to."""

import asyncio

import pytest

from app.accounts.errors import AccountClosed
from app.accounts.people import Proven, person
from app.database import row, rows, tx


async def first_visit(provider: str, subject: str, *, email: str, user_id: str | None = None) -> str:
    async with tx():
        return await person(Proven(provider, subject, email, "Alice", user_id))


@pytest.mark.parametrize("provider", ["email", "demo", "clerk"])
async def test_twenty_first_visits_at_once_make_one_row(pool: None, provider: str) -> None:
    """ACCT-01: whatever the way in, and whether or not the provider brings an id."""
    known_id = f"user_{provider}_twenty" if provider != "email" else None
    visits = (
        first_visit(provider, "twenty", email=f"{provider}@twenty.test", user_id=known_id) for _ in range(20)
    )
    found = await asyncio.gather(*visits)
    assert len(set(found)) == 1
    users = await rows("SELECT clerk_user_id FROM users WHERE email = $1", f"{provider}@twenty.test")
    assert [each["clerk_user_id"] for each in users] == [found[0]]
    assert known_id in (None, found[0])


async def test_equal_subjects_of_two_providers_are_two_people(pool: None) -> None:
    """W12: and an e-mail address joins nobody."""
    ids = {
        await first_visit(each, "same", email="shared@example.test") for each in ("email", "https://issuer")
    }
    assert len(ids) == 2


async def test_our_own_ids_are_ours_and_those_of_providers_theirs(pool: None) -> None:
    """5.1"""
    assert (await first_visit("email", "own", email="own@example.test")).startswith("usr_")
    assert await first_visit("clerk", "sub", email="c@example.test", user_id="user_2abc") == "user_2abc"


async def test_a_closed_person_stays_closed(pool: None) -> None:
    """W13"""
    user_id = await first_visit("email", "gone", email="gone@example.test")
    await row("UPDATE users SET deleted_at = now() WHERE clerk_user_id = $1", user_id)
    with pytest.raises(AccountClosed):
        await first_visit("email", "gone", email="gone@example.test")
