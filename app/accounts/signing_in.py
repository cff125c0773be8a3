"""The ways in as use cases: each ends with a new session. Knows no request, no cookie and no page."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts import sessions
from app.accounts.demo import demo_person
from app.accounts.links import LinkState, take_link
from app.accounts.people import person
from app.database import repeated_if_undone, tx


@dataclass(frozen=True, slots=True)
class Entered:
    """A sign-in that worked: the new session's token, and the path that was asked for first."""

    session_token: str
    return_path: str


@repeated_if_undone
async def enter_as_demo(name: str, *, old_session: str | None, now: datetime) -> str:
    """Sign in as a demo person; the new session's token.

    Inside: a tx of its own.
    Raises: BadInput: the name is none of theirs.
    """
    who = demo_person(name)
    async with tx():
        user_id = await person(
            "demo", who.name, email=who.email, name=who.full_name, email_verified=True, user_id=who.user_id
        )
        return await sessions.create(user_id, provider="demo", now=now, instead_of=old_session)


@repeated_if_undone
async def enter_by_link(
    token: str, *, browser: str | None, old_session: str | None, now: datetime
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
        user_id = await person("email", email, email=email, name=email.partition("@")[0], email_verified=True)
        session = await sessions.create(user_id, provider="email", now=now, instead_of=old_session)
        return Entered(session, link["return_path"])
