"""The ways in as use cases: each ends with a new session. Knows no request, no cookie and no page."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.people import Proven, add_way_in, person
from app.accounts.sessions import session
from app.accounts.sign_in.demo import demo_person
from app.accounts.sign_in.links import LinkState, take_link
from app.database import repeated_if_undone, tx


@dataclass(frozen=True, slots=True)
class Entered:
    """A sign-in that worked: the new session's token, and the path that was asked for first."""

    session_token: str
    return_path: str


@repeated_if_undone
async def enter_as_demo(name: str, *, old_session: str | None, now: datetime, device: str = "") -> str:
    """Sign in as a demo person; the new session's token.

    Inside: a tx of its own.
    Raises: BadInput: the name is none of theirs.
    """
    who = demo_person(name)
    async with tx():
        user_id = await person(Proven("demo", who.name, who.email, who.full_name, user_id=who.user_id))
        return await session.create(user_id, provider="demo", now=now, instead_of=old_session, device=device)


@repeated_if_undone
async def enter_by_link(
    token: str, *, browser: str | None, old_session: str | None, now: datetime, device: str = ""
) -> Entered | LinkState:
    """Sign in with a mailed link, using it up; anything but `Entered` says why it did not work.

    Inside: a tx of its own.
    Raises: AccountClosed: the address belongs to an account that was closed; the link is not used up.
    """
    async with tx():
        state, link = await take_link(token, browser=browser, now=now)
        if link is None or state is not LinkState.READY:
            return state
        email: str = link["email"]
        user_id = await person(Proven("email", email, email, email.partition("@")[0]))
        new_token = await session.create(
            user_id, provider="email", now=now, instead_of=old_session, device=device
        )
        return Entered(new_token, link["return_path"])


@repeated_if_undone
async def enter_proven(proven: Proven, *, old_session: str | None, now: datetime, device: str = "") -> str:
    """Sign in somebody for whom a provider vouches; the new session's token.

    Inside: a tx of its own.
    Raises: AccountClosed, NoProvenEmail.
    """
    async with tx():
        user_id = await person(proven)
        return await session.create(
            user_id,
            provider=proven.provider,
            now=now,
            instead_of=old_session,
            device=device,
            longest=session.VOUCHED_FOR,
        )


@repeated_if_undone
async def add_proven(user_id: str, proven: Proven) -> None:
    """Let a signed-in person come in this way too.

    Inside: a tx of its own.
    Raises: BelongsToAnother: nothing was changed.
    """
    async with tx():
        await add_way_in(user_id, proven)


@repeated_if_undone
async def add_by_link(user_id: str, token: str, *, browser: str, now: datetime) -> str | LinkState:
    """Let a signed-in person come in by the address of a mailed link, using it up: that address, or why it did not work.

    Inside: a tx of its own.
    Raises: BelongsToAnother: nothing was changed, and the link is not used up.
    """
    async with tx():
        state, link = await take_link(token, browser=browser, now=now)
        if link is None or state is not LinkState.READY:
            return state
        email: str = link["email"]
        await add_way_in(user_id, Proven("email", email, email, email.partition("@")[0]))
        return email
