"""Signing in with the session token of the host product's Clerk instance."""

import httpx
import pytest

from app.database import row, rows
from tests.accounts.browsers import Browser, element, heading
from tests.accounts.clerk_instance import HOST, ClerkInstance
from tests.accounts.conftest import Site
from tests.accounts.provider import new_key


def at_the_host(site: Site, token: str) -> Browser:
    """A browser that is signed in to the host product."""
    browser = site.browser()
    browser.client.cookies.set("__session", token, domain="127.0.0.1", path="/")
    return browser


async def user_of(browser: Browser) -> str:
    return str((await browser.get("/dashboard")).json()["user"])


async def test_whoever_is_signed_in_at_the_host_is_known_here_under_the_same_id(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """5.1"""
    carol = at_the_host(clerk_site, instance.token(sub="user_2carol"))
    answer = await carol.get("/sign-in/clerk?return_to=/pricing")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pricing")
    assert await user_of(carol) == "user_2carol"
    assert (await carol.get("/dashboard")).json()["name"] == "carol"


async def test_the_row_that_the_host_product_has_made_is_the_persons(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """5.1, ACCT-01: a token without an address is enough for somebody who has a row."""
    new_user = "INSERT INTO users (id, clerk_user_id, email) VALUES ('h1', 'user_2host', 'host@example.test')"
    await row(new_user)
    browser = at_the_host(clerk_site, instance.token(sub="user_2host", email=..., email_verified=...))
    assert (await browser.get("/sign-in/clerk")).status_code == 303
    assert await user_of(browser) == "user_2host"
    found = await rows("SELECT id FROM users WHERE clerk_user_id = 'user_2host'")
    assert [each["id"] for each in found] == ["h1"]


async def test_whom_the_host_product_has_closed_is_not_let_in(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """W13: on the very first visit, too."""
    await row(
        "INSERT INTO users (id, clerk_user_id, email, deleted_at) "
        "VALUES ('h2', 'user_2gone', 'gone@example.test', now())"
    )
    browser = at_the_host(clerk_site, instance.token(sub="user_2gone"))
    answer = await browser.get("/sign-in/clerk")
    assert (answer.status_code, heading(answer.text)) == (403, "This account was closed")
    assert await rows("SELECT 1 FROM identities WHERE subject = 'user_2gone'") == []


@pytest.mark.parametrize("claims", [{"email": ...}, {"email_verified": False}, {"email_verified": ...}])
async def test_a_newcomer_needs_an_address_that_clerk_vouches_for(
    clerk_site: Site, instance: ClerkInstance, claims: dict[str, object]
) -> None:
    """5.1"""
    browser = at_the_host(clerk_site, instance.token(sub="user_2new", **claims))
    answer = await browser.get("/sign-in/clerk")
    assert heading(answer.text) == "app.example.test vouches for no e-mail address of yours"
    assert (answer.status_code, browser.cookie("session")) == (403, None)


async def test_a_token_that_is_a_minute_too_old_or_missing_leads_to_the_host(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """5.1: a little skew is forgiven, no more."""
    browser = at_the_host(clerk_site, instance.token(sub="user_2slow"))
    clerk_site.clock.pass_(seconds=60 + 59)
    assert (await browser.get("/sign-in/clerk")).status_code == 303
    late = at_the_host(clerk_site, instance.token(sub="user_2slow"))
    clerk_site.clock.pass_(seconds=60 + 60)
    for each in (late, clerk_site.browser()):
        answer = await each.get("/sign-in/clerk")
        assert heading(answer.text) == "You are not signed in at app.example.test just now"
        assert element(answer.text, "a", href=HOST)
        assert (answer.status_code, each.cookie("session")) == (403, None)


async def test_whoever_is_signed_in_already_goes_on_as_they_are(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """5.1: a link from elsewhere cannot swap the account."""
    browser = at_the_host(clerk_site, instance.token(sub="user_2first"))
    await browser.get("/sign-in/clerk")
    browser.client.cookies.set("__session", instance.token(sub="user_2other"), domain="127.0.0.1", path="/")
    assert (await browser.get("/sign-in/clerk?return_to=/pricing")).headers["location"] == "/pricing"
    assert await user_of(browser) == "user_2first"


async def test_keys_are_kept_for_an_hour_and_new_ones_are_found(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """W10"""
    for _ in range(3):
        await at_the_host(clerk_site, instance.token()).get("/sign-in/clerk")
    assert instance.asked == 1
    clerk_site.clock.pass_(minutes=2)
    instance.keys = [*instance.keys, new_key("ins_2")]
    assert (await at_the_host(clerk_site, instance.token()).get("/sign-in/clerk")).status_code == 303
    assert instance.asked == 2


async def test_without_keys_nobody_is_believed(clerk_site: Site, instance: ClerkInstance) -> None:
    """W10: fails closed, with a page that says to come again; what was read is not kept beyond its hour."""
    assert (await at_the_host(clerk_site, instance.token()).get("/sign-in/clerk")).status_code == 303
    clerk_site.clock.pass_(hours=1)
    for answer in (httpx.Response(500, json={}), httpx.Response(200, json={"keys": 1}), httpx.Response(302)):
        instance.answer = lambda request, answer=answer: answer
        browser = at_the_host(clerk_site, instance.token())
        told = await browser.get("/sign-in/clerk")
        assert (told.status_code, heading(told.text)) == (503, "app.example.test does not answer")
        assert browser.cookie("session") is None
        clerk_site.clock.pass_(seconds=5)


async def test_the_page_shows_the_host_product(clerk_site: Site) -> None:
    """5.1: the only way in here, so no form."""
    page = (await clerk_site.browser().get("/sign-in?return_to=/pricing")).text
    assert element(page, "a", href="/sign-in/clerk?return_to=/pricing")
    assert 'name="email"' not in page
