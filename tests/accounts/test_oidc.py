"""Signing in by an OpenID Connect provider, which runs beside the tests and checks what we send it."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.accounts.errors import ProviderSilent
from app.accounts.providers.configured import CALLBACK
from app.accounts.providers.kept import KEPT_SECONDS, PAUSE_SECONDS, Kept
from app.accounts.providers.keys import ASKED_AGAIN_AFTER_SECONDS
from app.database import row, rows
from tests.accounts.browsers import Browser, element, heading
from tests.accounts.conftest import SetClock, Site, settings_with, site_with
from tests.accounts.provided import claiming, signed, way_back, with_query
from tests.accounts.provider import ALICE, CLIENT_ID, CLIENT_SECRET, Provider, new_key


async def signed_in(site: Site, path: str = "/sign-in/oidc") -> Browser:
    browser = site.browser()
    answer = await browser.get(await way_back(browser, path))
    assert answer.status_code == 303, answer.text
    return browser


async def user_of(browser: Browser) -> str:
    return str((await browser.get("/dashboard")).json()["user"])


async def test_whoever_the_provider_vouches_for_is_signed_in_and_led_back(
    oidc_site: Site, provider: Provider
) -> None:
    """5.1"""
    alice = oidc_site.browser()
    answer = await alice.get(await way_back(alice, "/sign-in/oidc?return_to=/transactions%3Fq%3Da%253Bb"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/transactions?q=a%3Bb")
    assert (await alice.get("/dashboard")).json()["name"] == "Alice"
    assert (await user_of(alice)).startswith("usr_")


async def test_the_provider_is_asked_as_agreed(oidc_site: Site, provider: Provider) -> None:
    """W10: code and PKCE by S256, a state and a nonce that differ each time; the verifier never leaves."""
    seen: list[dict[str, Any]] = []
    browser = oidc_site.browser()
    for _ in range(2):
        left = await browser.get("/sign-in/oidc")
        address = urlsplit(left.headers["location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/authorize"
        seen.append({name: texts[0] for name, texts in parse_qs(address.query).items()})
    first, second = seen
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert set(first["scope"].split()) == {"openid", "email", "profile"}
    assert first["redirect_uri"] == oidc_site.origin + CALLBACK
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert "code_verifier" not in first


async def test_going_to_the_provider_writes_nothing(oidc_site: Site, provider: Provider) -> None:
    """W03: whoever only sets out leaves no trace but a count of tries."""
    tables = "SELECT (SELECT count(*) FROM spent_sign_ins), (SELECT count(*) FROM sessions), " + (
        "(SELECT count(*) FROM users), (SELECT count(*) FROM identities)"
    )
    before = await row(tables)
    await oidc_site.browser().get("/sign-in/oidc")
    assert await row(tables) == before


@pytest.mark.parametrize("authentication", ["client_secret_basic", "client_secret_post"])
async def test_our_secret_is_shown_the_way_the_provider_wants(
    oidc_site: Site, provider: Provider, authentication: str
) -> None:
    """contract 3"""
    provider.authentication = authentication
    await signed_in(oidc_site)


async def test_coming_again_leads_to_the_same_person_whatever_else_changed(
    oidc_site: Site, provider: Provider
) -> None:
    """5.1, W12: the subject counts, never the address; a known person needs none."""
    provider.person = ALICE | {"sub": "again"}
    first = await user_of(await signed_in(oidc_site))
    for changes in ({"email": "new@example.test"}, {"email_verified": False}, {"name": ""}):
        provider.person |= changes
        assert await user_of(await signed_in(oidc_site)) == first


async def test_an_address_that_two_people_share_joins_nobody(oidc_site: Site, provider: Provider) -> None:
    """W12: neither two subjects of the provider nor somebody who came by mail."""
    by_mail = oidc_site.browser()
    await by_mail.post("/sign-in", email="shared@example.test")
    await by_mail.post(oidc_site.mailed_path, from_page=oidc_site.mailed_path)
    people = {await user_of(by_mail)}
    for subject in ("shared-1", "shared-2"):
        provider.person = ALICE | {"sub": subject, "email": "shared@example.test"}
        people.add(await user_of(await signed_in(oidc_site)))
    assert len(people) == 3


async def test_equal_subjects_of_two_providers_are_two_people(
    oidc_site: Site, provider: Provider, running: tuple[Provider, httpx.AsyncClient]
) -> None:
    """W12"""
    clock: Any = provider.clock
    provider.person = ALICE | {"sub": "twin"}
    people = {await user_of(await signed_in(oidc_site))}
    true_issuer, provider.issuer = provider.issuer, provider.issuer.replace("127.0.0.1", "localhost")
    try:
        elsewhere = site_with(settings_for(provider.issuer), http=running[1], clock=clock)
        people.add(await user_of(await signed_in(elsewhere)))
    finally:
        provider.issuer = true_issuer
    assert len(people) == 2


async def test_several_tabs_may_be_away_at_once(oidc_site: Site, provider: Provider) -> None:
    """5.1: the later one spoils neither the earlier nor itself."""
    browser = oidc_site.browser()
    first, second = await way_back(browser), await way_back(browser)
    assert first != second
    assert (await browser.get(first)).status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"email": ...},
        {"email_verified": False},
        {"email_verified": ...},
        {"email_verified": 1},
        {"email_verified": "false"},
        {"email": "not an address"},
        {"email": "a@example.test\nBcc: x@y.z"},
        {"email": ["a@example.test"]},
        {"email": "a@exämple.test"},
    ],
)
async def test_a_newcomer_needs_an_address_that_the_provider_vouches_for(
    oidc_site: Site, provider: Provider, claims: dict[str, Any]
) -> None:
    """5.1"""
    person = ALICE | {"sub": "no-address"} | claims
    provider.person = {name: value for name, value in person.items() if value is not ...}
    browser = oidc_site.browser()
    answer = await browser.get(await way_back(browser))
    assert (answer.status_code, heading(answer.text)) == (
        403,
        "Acme vouches for no e-mail address of yours",
    )
    assert await rows("SELECT 1 FROM identities WHERE subject = 'no-address'") == []


async def test_an_address_that_only_the_userinfo_endpoint_tells_will_do(
    oidc_site: Site, provider: Provider
) -> None:
    """5.1: and nobody else's."""
    provider.person = ALICE | {"sub": "by-userinfo", "email_verified": "true"}
    provider.told_by_token = ("sub",)
    assert (await (await signed_in(oidc_site)).get("/dashboard")).json()["name"] == "Alice"
    provider.answers["/userinfo"] = 200, ALICE | {"sub": "somebody-else"}, []
    browser = oidc_site.browser()
    assert (await browser.get(await way_back(browser))).status_code == 403


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("  Alice \u202e\0\n Liddell ", "Alice Liddell"),
        ("\ud800<b>", "<b>"),
        (["Alice"], "alice"),
        ("x" * 5000, "x" * 100),
    ],
)
async def test_a_name_is_kept_so_that_every_page_can_show_it(
    oidc_site: Site, provider: Provider, told: object, shown: str
) -> None:
    """W22, W26"""
    provider.forge = claiming(sub=f"named-{shown[:9]}", name=told)
    assert (await (await signed_in(oidc_site)).get("/dashboard")).json()["name"] == shown


async def test_a_closed_account_lets_nobody_in(oidc_site: Site, provider: Provider) -> None:
    """5.1, W13"""
    provider.person = ALICE | {"sub": "closed"}
    user_id = await user_of(await signed_in(oidc_site))
    await row("UPDATE users SET deleted_at = now() WHERE clerk_user_id = $1", user_id)
    browser = oidc_site.browser()
    answer = await browser.get(await way_back(browser))
    assert (answer.status_code, heading(answer.text)) == (403, "This account was closed")
    assert browser.cookie("session") is None


async def test_whom_the_provider_locks_out_is_out_within_half_a_day(
    oidc_site: Site, provider: Provider
) -> None:
    """W13: its word is asked for again, however busy the session is."""
    browser = await signed_in(oidc_site)
    oidc_site.clock.pass_(hours=11, minutes=59)
    assert (await browser.get("/dashboard")).status_code == 200
    oidc_site.clock.pass_(minutes=1)
    assert (await browser.get("/dashboard")).status_code == 303


async def test_a_session_planted_before_signing_in_stays_worthless(
    oidc_site: Site, provider: Provider
) -> None:
    """W06: and what bound the browser to the attempt is gone."""
    browser = oidc_site.browser()
    browser.client.cookies.set("session", "p" * 43, domain="127.0.0.1", path="/")
    await browser.get(await way_back(browser))
    assert browser.cookie("session") not in (None, "p" * 43)
    assert (browser.cookie("sign-in"), browser.cookie("way-back")) == (None, None)


async def test_after_signing_out_the_way_back_leads_nowhere(oidc_site: Site, provider: Provider) -> None:
    """W08, W10: Back after sign-out signs nobody in again."""
    browser = oidc_site.browser()
    back = await way_back(browser)
    await browser.get(back)
    await browser.post("/sign-out", from_page="/account")
    answer = await browser.get(back)
    assert (answer.status_code, browser.cookie("session")) == (403, None)


async def test_whoever_is_signed_in_goes_on(oidc_site: Site, provider: Provider) -> None:
    """5.1: a link from elsewhere cannot swap the account."""
    browser = await signed_in(oidc_site)
    before = len(provider.asked)
    answer = await browser.get("/sign-in/oidc?return_to=/pricing")
    assert (answer.headers["location"], len(provider.asked)) == ("/pricing", before)


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-out"])
async def test_a_hostile_way_back_leads_to_the_dashboard(
    oidc_site: Site, provider: Provider, path: str
) -> None:
    """ACCT-03, W18: asked for, or put into the cookie."""
    browser = oidc_site.browser()
    back = await way_back(browser, f"/sign-in/oidc?return_to={path}")
    browser.client.cookies.set("way-back", path, domain="127.0.0.1", path="/")
    assert (await browser.get(back)).headers["location"] == "/dashboard"


async def test_a_no_from_the_provider_is_a_calm_page(oidc_site: Site, provider: Provider) -> None:
    """5.1"""
    provider.person = None
    browser = oidc_site.browser()
    answer = await browser.get(await way_back(browser))
    assert (answer.status_code, heading(answer.text)) == (403, "You were not signed in")


JSON = [("content-type", "application/json")]
SILENT: dict[str, tuple[int, Any]] = {
    "an error": (500, {}),
    "a page": (200, b"<html>"),
    "nothing": (200, b""),
    "a list": (200, [1]),
    "a redirect": (302, b""),
    "more than we read": (200, b'{"x": "' + b"x" * 300_000 + b'"}'),
    "nested without end": (200, b"[" * 200_000),
    "nothing there": (404, {}),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
async def test_a_provider_that_does_not_answer_as_it_should_is_a_page_with_a_way_on(
    oidc_site: Site, provider: Provider, path: str
) -> None:
    """5.1: at each of the three places where we ask it; nobody sees its own words."""
    for name, (status, told) in SILENT.items():
        oidc_site.clock.pass_(seconds=KEPT_SECONDS)  # nothing that was read before counts any more
        browser = oidc_site.browser()
        asked = "/sign-in/oidc" if path.endswith("configuration") else await way_back(browser)
        provider.answers[path] = status, told, JSON
        answer = await browser.get(asked)
        provider.answers.clear()
        assert (answer.status_code, heading(answer.text)) == (503, "Acme does not answer"), name
        assert answer.headers["retry-after"] == "10"
        assert element(answer.text, "a", href="/sign-in/oidc?return_to=/dashboard")


async def test_a_provider_that_is_gone_is_the_same_page(running: tuple[Provider, httpx.AsyncClient]) -> None:
    """5.1"""
    settings = settings_for("http://127.0.0.1:1")
    answer = await site_with(settings, http=running[1]).browser().get("/sign-in/oidc")
    assert (answer.status_code, heading(answer.text)) == (503, "Acme does not answer")


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://ok.example/a\r\nSet-Cookie: a=b"},
        {"authorization_endpoint": None},
        {"token_endpoint": "ftp://ok.example"},
        {"jwks_uri": "http://[::1"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
    ],
)
async def test_a_provider_that_speaks_oddly_of_itself_is_not_gone_to(
    oidc_site: Site, provider: Provider, changes: dict[str, Any]
) -> None:
    """W10"""
    provider.answers["/.well-known/openid-configuration"] = 200, provider.discovery | changes, JSON
    answer = await oidc_site.browser().get("/sign-in/oidc")
    assert answer.status_code == 503


async def test_a_provider_that_names_itself_in_every_way_back_is_held_to_it(
    oidc_site: Site, provider: Provider
) -> None:
    """W10: RFC 9207, against answers that were mixed up."""
    told = provider.discovery | {"authorization_response_iss_parameter_supported": True}
    provider.answers["/.well-known/openid-configuration"] = 200, told, JSON
    browser = oidc_site.browser()
    assert (await browser.get(await way_back(browser))).status_code == 403
    back = with_query(await way_back(browser), iss=provider.issuer)
    assert (await browser.get(back)).status_code == 303


async def test_new_keys_are_asked_for_once_and_invented_names_ask_for_nothing(
    oidc_site: Site, provider: Provider
) -> None:
    """W10: the provider changes its keys and nobody notices; a flood of unknown names is no flood of requests."""
    await signed_in(oidc_site)
    oidc_site.clock.pass_(seconds=ASKED_AGAIN_AFTER_SECONDS)
    second = new_key("second")
    provider.keys = [*provider.keys, second]
    provider.asked.clear()
    await signed_in(oidc_site)
    assert provider.asked.count("/jwks") == 1
    provider.forge = lambda header, claims: signed(header | {"kid": "invented"}, claims)
    for _ in range(5):
        browser = oidc_site.browser()
        assert (await browser.get(await way_back(browser))).status_code == 403
    assert provider.asked.count("/jwks") == 1
    provider.forge, provider.keys = None, [second]
    oidc_site.clock.pass_(seconds=KEPT_SECONDS)
    await signed_in(oidc_site)
    assert provider.asked.count("/jwks") == 2
    provider.forge = lambda header, claims: signed(header | {"kid": "first"}, claims)
    browser = oidc_site.browser()
    assert (
        await browser.get(await way_back(browser))
    ).status_code == 403  # taken back, so no longer believed


async def test_many_at_once_ask_once_and_a_silent_provider_is_left_in_peace_for_a_moment() -> None:
    """5.1: nobody queues behind somebody else's wait."""
    clock, asked, is_away = SetClock(), 0, True

    async def fetch() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        if is_away:
            raise ProviderSilent("away")
        return asked

    kept = Kept(fetch, clock.ticks)
    told = await asyncio.gather(*(kept.get() for _ in range(10)), return_exceptions=True)
    assert (asked, {type(each) for each in told}) == (1, {ProviderSilent})
    is_away = False
    clock.pass_(seconds=PAUSE_SECONDS)
    assert await asyncio.gather(*(kept.get() for _ in range(10))) == [2] * 10


async def test_the_page_shows_the_provider_and_there_is_no_such_door_without_it(
    oidc_site: Site, provider: Provider, site: Site
) -> None:
    """5.1: the ways in are those of SIGN_IN."""
    page = (await oidc_site.browser().get("/sign-in?return_to=/pricing")).text
    assert element(page, "a", href="/sign-in/oidc?return_to=/pricing")
    for path in ("/sign-in/oidc", CALLBACK, "/sign-in/clerk"):
        assert (await site.browser().get(path)).status_code == 404


def settings_for(issuer: str) -> Any:
    return settings_with(
        sign_in=("email", "oidc"),
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Acme",
    )
