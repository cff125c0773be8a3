"""How long a signed-in browser stays so, and what its cookie is."""

import asyncio
from datetime import timedelta

import pytest

from app.accounts.sessions import session
from app.accounts.sign_in.demo import DEMO_PEOPLE
from app.database import row, rows
from tests.accounts.browsers import Browser
from tests.accounts.conftest import Site, settings_with, site_with


async def signed_in(browser: Browser, name: str = "zero") -> Browser:
    answer = await browser.post("/sign-in/demo", user=name)
    assert answer.status_code == 303
    return browser


async def test_signing_in_ignores_a_session_that_was_planted_before(site: Site, alice: Browser) -> None:
    """W06: the planted token stays worthless, and the form cookie of before is gone."""
    planted = "p" * 43
    alice.client.cookies.set("session", planted, domain="127.0.0.1", path="/")
    await alice.get("/sign-in")
    anonymous = alice.cookie("anon")
    assert anonymous is not None
    await signed_in(alice)
    assert alice.cookie("session") not in (None, planted)
    assert alice.cookie("anon") is None
    for token in (planted, anonymous):
        assert await session.resolve(token, now=site.clock()) is None


async def test_each_sign_in_has_a_new_token_and_ends_the_one_before(site: Site, alice: Browser) -> None:
    """W06"""
    await signed_in(alice)
    first = alice.cookie("session")
    answer = await alice.post("/sign-in/demo", from_page="/account", user="funded")
    assert answer.status_code == 303
    assert first is not None and await session.resolve(first, now=site.clock()) is None
    assert (await alice.get("/dashboard")).json()["user"] == "user_seed_billing_funded"


@pytest.mark.parametrize(
    ("base_url", "name", "is_secure"),
    [("https://credits.example.com", "__Host-session", True), ("http://127.0.0.1:8000", "session", False)],
)
async def test_the_cookie_suits_the_address(pool: None, base_url: str, name: str, is_secure: bool) -> None:
    """W07"""
    browser = site_with(settings_with(base_url=base_url)).browser()
    answer = await browser.post("/sign-in/demo", user="zero")
    [cookie] = [text for text in answer.headers.get_list("set-cookie") if text.startswith(f"{name}=")]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "path=/", "samesite=lax"} <= parts
    assert ("secure" in parts) is is_secure
    assert not any(part.startswith("domain") for part in parts)


async def test_static_files_and_health_answers_ask_nobody_who_they_are(
    alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W07: no cookie goes out with them, and the session is not even looked up."""
    await signed_in(alice)

    async def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("looked up")

    monkeypatch.setattr("app.accounts.sessions.middleware.resolve", unwanted)
    answer = await alice.get("/healthz")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def test_after_sign_out_the_old_cookie_leads_to_sign_in_everywhere(site: Site, alice: Browser) -> None:
    """W08: pages, fragments and forms."""
    await signed_in(alice)
    token = alice.cookie("session")
    assert token is not None
    answer = await alice.post("/sign-out", from_page="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert alice.cookie("session") is None
    replay = site.browser()
    replay.client.cookies.set("session", token, domain="127.0.0.1", path="/")
    page = await replay.get("/dashboard?a=b")
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?return_to=/dashboard%3Fa%3Db")
    fragment = await replay.get("/dashboard", HX_Request="true", Referer=f"{site.origin}/transactions?q=x")
    assert fragment.headers["hx-redirect"] == "/sign-in?return_to=/transactions%3Fq%3Dx"
    headers = {"Referer": f"{site.origin}/workshops/new"}
    form = await replay.client.post("/workshops", data={"title": "x"}, headers=headers)
    assert (form.status_code, form.headers["location"]) == (303, "/sign-in?return_to=/workshops/new")
    assert (await replay.get("/pricing")).json() == {"user": None}


async def test_signing_out_ends_this_session_only(site: Site, alice: Browser) -> None:
    """5.1"""
    elsewhere = await signed_in(site.browser(), "ready")
    await signed_in(alice, "ready")
    await alice.post("/sign-out", from_page="/account")
    assert (await elsewhere.get("/dashboard")).status_code == 200
    assert (await alice.get("/dashboard")).status_code == 303


async def test_a_form_of_a_signed_out_browser_still_meets_the_guard(alice: Browser) -> None:
    """ACCT-04: only a cookie that once was a session turns a form into a way to sign-in."""
    assert (await alice.client.post("/workshops", data={"title": "x"})).status_code == 403
    assert (await alice.client.post("/sign-in/demo", data={"user": "zero"})).status_code == 403


async def test_a_session_left_alone_ends_and_use_renews_it(site: Site, alice: Browser) -> None:
    """W09: idle expiry."""
    await signed_in(alice)
    site.clock.pass_(days=13)
    assert (await alice.get("/dashboard")).status_code == 200
    site.clock.pass_(days=13)
    assert (await alice.get("/dashboard")).status_code == 200
    site.clock.pass_(days=14)
    assert (await alice.get("/dashboard")).status_code == 303


async def test_no_use_carries_a_session_past_its_last_day(site: Site, alice: Browser) -> None:
    """W09: absolute expiry."""
    await signed_in(alice)
    for _ in range(11):
        site.clock.pass_(days=5)
        assert (await alice.get("/dashboard")).status_code == 200
    site.clock.pass_(days=5)
    assert (await alice.get("/dashboard")).status_code == 303


async def test_the_last_visit_is_written_once_a_minute(site: Site, alice: Browser) -> None:
    """W03: the one write that reading pages causes."""
    await signed_in(alice, "gate")
    started = site.clock()

    async def last_seen() -> object:
        found = await row(
            "SELECT last_seen_at FROM sessions WHERE token_hash = $1",
            session.digest(alice.cookie("session") or ""),
        )
        return found and found["last_seen_at"]

    site.clock.pass_(seconds=59)
    await alice.get("/dashboard")
    assert await last_seen() == started
    site.clock.pass_(seconds=1)
    await asyncio.gather(*(alice.get("/dashboard") for _ in range(5)))
    assert await last_seen() == started + timedelta(minutes=1)


async def test_a_closed_account_is_signed_out_everywhere_at_once(site: Site, alice: Browser) -> None:
    """W13"""
    address = "closing@example.test"
    await alice.post("/sign-in", email=address)
    await alice.post(site.mailed_path, from_page=site.mailed_path)
    user_id = (await alice.get("/dashboard")).json()["user"]
    await row("UPDATE users SET deleted_at = now() WHERE clerk_user_id = $1", user_id)
    assert (await alice.get("/dashboard")).status_code == 303


async def test_tokens_are_stored_as_hashes_only(site: Site, alice: Browser) -> None:
    """A5: who reads the table can sign in as nobody."""
    await signed_in(alice)
    token = (alice.cookie("session") or "").encode()
    stored = await rows("SELECT token_hash FROM sessions")
    assert stored and all(token not in each["token_hash"] for each in stored)


async def test_dead_sessions_are_swept_out_at_the_next_sign_in(site: Site, alice: Browser) -> None:
    """A table that nobody empties would only grow."""
    user_id = DEMO_PEOPLE[1].user_id
    await signed_in(alice, "funded")
    site.clock.pass_(days=15)
    await signed_in(site.browser(), "funded")
    left = await rows(
        "SELECT 1 FROM sessions WHERE clerk_user_id = $1 AND last_seen_at <= $2",
        user_id,
        site.clock() - session.IDLE,
    )
    assert left == []
