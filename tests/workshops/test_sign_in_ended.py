"""UI-25: the sign-in ends while somebody writes. What was typed is there again, for them alone, and is not saved unasked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from app.accounts.sessions import session
from app.database import rows
from app.workshops.saving import LONGEST_NOTES
from tests.factories import make_user
from tests.web.reading import by_id, hidden, parsed, words
from tests.workshops.site import HTMX, Browser, Site
from tests.workshops.stories import at_step, new_workshop, stored, write

OURS = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
TYPED = "Half a page that nobody wants to write twice"
FORM = {"notes": TYPED, "version": "1", "continue": "1"}


@dataclass(frozen=True)
class Writing:
    """Alice's browser, open at a step, with text in the box."""

    site: Site
    browser: Browser
    user: str
    workshop: str

    @property
    def here(self) -> str:
        return f"/workshops/{self.workshop}/steps/challenge"

    async def press(self, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        return await self.browser.post(self.here, fields or FORM, {**OURS, **headers})

    async def sign_in(self, user: str | None = None) -> Browser:
        """In the same browser."""
        token = await session.create(user or self.user, provider="demo", now=self.site.clock())
        self.browser.client.cookies.set("session", token, domain="", path="/")
        return Browser(self.browser.client, token)


@pytest_asyncio.fixture(loop_scope="session")
async def writing(site: Site) -> AsyncIterator[Writing]:
    user = await make_user()
    yield Writing(site, await site.browser(user), user, await new_workshop(user))


async def session_expires(writing: Writing) -> None:
    """As an idle one does: the browser still has its cookie."""
    await session.end(writing.browser.token)


async def signed_out_in_another_tab(writing: Writing) -> None:
    """The cookie is gone as well."""
    answer = await writing.browser.post("/sign-out")
    assert any(each.startswith("session=") for each in answer.headers.get_list("set-cookie"))
    writing.browser.client.cookies.delete("session", domain="", path="/")  # set by the test, kept by httpx


ENDS = [session_expires, signed_out_in_another_tab]
End = Callable[[Writing], Awaitable[None]]


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
async def test_what_was_typed_stands_there_again_after_signing_in_and_is_saved_when_asked(
    writing: Writing, ends: End, headers: dict[str, str]
) -> None:
    """UI-25: back to the same page; nothing is lost, and nothing is saved that nobody pressed for."""
    await ends(writing)
    answer = await writing.press(None, **headers)
    on = answer.headers.get("location") or answer.headers["hx-redirect"]
    assert on == f"/sign-in?return_to={writing.here}"
    assert "What you typed is kept" in words(by_id(parsed((await writing.browser.get(on)).text), "flash"))
    assert (await stored(writing.workshop)).notes["challenge"] == ""
    alice = await writing.sign_in()
    page = parsed((await alice.get(writing.here)).text)
    assert by_id(page, "notes").text == TYPED
    assert "It is not saved yet." in words(by_id(page, "workshops-notes"))
    saved = await alice.post(
        writing.here, {"notes": TYPED, "version": hidden(by_id(page, "main"), "version")}
    )
    assert saved.status_code == 303
    assert (await stored(writing.workshop)).notes["challenge"] == TYPED
    assert await kept_of(writing.workshop) == 0
    assert "It is not saved yet." not in (await alice.get(writing.here)).text


async def test_another_person_in_the_same_browser_and_the_owner_in_another_see_nothing_of_it(
    writing: Writing,
) -> None:
    """UI-25, ACCT-02"""
    await session_expires(writing)
    await writing.press()
    bob = await writing.sign_in(await make_user(name="Bob"))
    theirs = await bob.get(writing.here)
    assert (theirs.status_code, TYPED in theirs.text) == (404, False)
    elsewhere = await writing.site.browser(writing.user)
    assert TYPED not in (await elsewhere.get(writing.here)).text
    assert TYPED in (await (await writing.sign_in()).get(writing.here)).text


async def test_notes_saved_elsewhere_meanwhile_are_shown_beside_it(writing: Writing) -> None:
    """WORK-03: neither text is overwritten unseen."""
    await session_expires(writing)
    await writing.press()
    await write(writing.user, writing.workshop, "challenge", "From the phone", moves_on=False)
    alice = await writing.sign_in()
    page = parsed((await alice.get(writing.here)).text)
    assert (by_id(page, "stored").text, by_id(page, "notes").text) == ("From the phone", TYPED)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {},
    ],
    ids=str,
)
async def test_what_another_site_sends_is_never_kept(writing: Writing, headers: dict[str, str]) -> None:
    """ACCT-04: only a page of ours can leave something to be found."""
    await session_expires(writing)
    answer = await writing.browser.post(writing.here, FORM, headers)
    assert answer.status_code in (303, 403)
    assert "typed" not in writing.browser.client.cookies
    assert await kept_of(writing.workshop) == 0


@pytest.mark.parametrize("workshop", ["ws_01k00000000000000000000000", "x", "%00", "ws_%F0%9F%92%A9"])
async def test_a_workshop_that_is_not_there_is_answered_like_one_that_is(
    writing: Writing, workshop: str
) -> None:
    """ACCT-02: signed out, nobody learns which ids there are."""
    await session_expires(writing)
    known = await writing.press()
    unknown = await writing.browser.post(f"/workshops/{workshop}/steps/challenge", FORM, OURS)
    assert (known.status_code, unknown.status_code) == (303, 303)
    assert set(known.headers) == set(unknown.headers)


async def test_it_is_kept_for_a_day_once_per_step_and_never_beyond_what_notes_hold(
    writing: Writing,
) -> None:
    await session_expires(writing)
    for text in ("First", "Second", "x" * (LONGEST_NOTES + 1)):
        await writing.press({"notes": text, "version": "1"})
    assert await kept_of(writing.workshop) == 1
    alice = await writing.sign_in()
    assert by_id(parsed((await alice.get(writing.here)).text), "notes").text == "Second"
    writing.site.clock.ahead = timedelta(days=1, minutes=1)
    try:
        assert "Second" not in (await (await writing.sign_in()).get(writing.here)).text
        other = Writing(writing.site, writing.browser, writing.user, await new_workshop(writing.user))
        await session_expires(Writing(writing.site, await writing.sign_in(), writing.user, ""))
        await other.press()
        assert (await kept_of(writing.workshop), await kept_of(other.workshop)) == (0, 1)
    finally:
        writing.site.clock.ahead = timedelta()


async def test_of_a_step_that_is_closed_by_now_nothing_is_shown(writing: Writing) -> None:
    """PAYW-05"""
    workshop = await at_step(writing.user, "journey-mapping")
    there = f"/workshops/{workshop}/steps/reframe"
    await session_expires(writing)
    await writing.browser.post(there, FORM, OURS)
    answer = await (await writing.sign_in()).get(there)
    assert (answer.status_code, TYPED in answer.text) == (402, False)


async def kept_of(workshop: str) -> int:
    return len(await rows("SELECT FROM drafts WHERE workshop_id = $1", workshop))
