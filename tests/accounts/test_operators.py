"""Who is an operator: OPERATORS names addresses, and only one that the way in proved counts (W12)."""

from collections.abc import Awaitable, Callable

import pytest

from app.accounts.people import Proven
from app.accounts.sessions import session as sessions
from app.accounts.sign_in.entering import add_proven, enter_as_demo, enter_by_link, enter_proven
from app.accounts.sign_in.links import ask_for_link
from app.clock import utc_now
from app.database import row, tx
from app.ids import new_id
from app.settings import Settings
from tests.factories import make_user

ISSUER = "https://id.example.com"
Story = Callable[[str], Awaitable[str]]


async def by_mail(address: str) -> str:
    """The session of somebody who has pressed the link that was mailed there."""
    now, browser = utc_now(), new_id("aud")
    token = await ask_for_link(address, browser=browser, return_path="/", now=now)
    entered = await enter_by_link(token, browser=browser, old_session=None, now=now)
    assert not isinstance(entered, str)
    return entered.session_token


async def by_provider(subject: str, email: str | None, provider: str = ISSUER) -> str:
    """The session of somebody for whom a provider vouches, and for this address if there is one."""
    return await enter_proven(Proven(provider, subject, email, "Somebody"), old_session=None, now=utc_now())


async def person_behind(session: str) -> str:
    found = await sessions.resolve(session, now=utc_now())
    assert found is not None
    return found.clerk_user_id


async def is_operator(session: str, *operators: str) -> bool:
    found = await sessions.resolve(session, now=utc_now(), operators=operators)
    assert found is not None
    return found.is_operator


async def test_whoever_proves_a_listed_address_is_one(pool: None) -> None:
    """W12: by the mailed link, and by a provider that vouches for it."""
    address = f"{new_id('aud')}@example.test"
    for session in (await by_mail(address), await by_provider(address, address)):
        assert await is_operator(session, "other@example.test", address)
        assert not await is_operator(session, "other@example.test")
        assert not await is_operator(session)


async def says_so_in_the_users_row(address: str) -> str:
    """A host product wrote the row, with whatever address somebody typed there."""
    user_id = await make_user()
    await row("UPDATE users SET email = $2 WHERE clerk_user_id = $1", user_id, address)
    await row(
        "INSERT INTO identities (id, clerk_user_id, provider, subject) VALUES ($1, $2, 'clerk', $2)",
        new_id("idn"),
        user_id,
    )
    return await sessions.create(user_id, provider="clerk", now=utc_now())


async def is_a_demo_person(address: str) -> str:
    session = await enter_as_demo("zero", old_session=None, now=utc_now())
    await row("UPDATE identities SET email = $1, email_verified = true WHERE provider = 'demo'", address)
    return session


async def has_a_provider_that_vouches_no_more(address: str) -> str:
    await by_provider(address, address)
    return await by_provider(address, None)


async def has_another_address_at_the_provider_by_now(address: str) -> str:
    await by_provider(address, address)
    return await by_provider(address, "new@example.test")


async def came_in_by_another_way(address: str) -> str:
    """The address is theirs; but this session began with a provider's word, which says nothing of it."""
    user_id = await person_behind(await by_mail(address))
    added = Proven(ISSUER, address, None, "Somebody")
    await add_proven(user_id, added)
    return await enter_proven(added, old_session=None, now=utc_now())


async def may_have_come_in_by_an_address_that_was_added(address: str) -> str:
    """Who had an operator's browser for a minute adds an address of their own, and comes in by it for ever."""
    other = f"added-{address}"
    user_id = await person_behind(await by_mail(address))
    await add_proven(user_id, Proven("email", other, other, "Somebody"))
    return await by_mail(other)


async def writes_it_almost_alike(address: str) -> str:
    return await by_mail(f"x{address}")


@pytest.mark.parametrize(
    "somebody_who",
    [
        says_so_in_the_users_row,
        is_a_demo_person,
        has_a_provider_that_vouches_no_more,
        has_another_address_at_the_provider_by_now,
        came_in_by_another_way,
        may_have_come_in_by_an_address_that_was_added,
        writes_it_almost_alike,
    ],
    ids=lambda story: story.__name__,
)
async def test_nobody_else_is_one(pool: None, somebody_who: Story) -> None:
    """W12: never by `users.email`, which anybody may have typed somewhere."""
    address = f"{new_id('aud')}@example.test"
    assert not await is_operator(await somebody_who(address), address)


async def test_whoever_is_listed_no_more_is_none_at_the_next_page(pool: None) -> None:
    """W12: nothing of it is kept with the session."""
    address = f"{new_id('aud')}@example.test"
    session = await by_mail(address)
    async with tx():
        await row("UPDATE identities SET email_verified = false WHERE subject = $1", address)
    assert not await is_operator(session, address)
    assert Settings.model_fields["operators"].default == ()
