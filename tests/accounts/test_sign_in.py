"""The ways in: the demo people, and a link by e-mail."""

import asyncio
import re
from urllib.parse import quote

import pytest

from app.accounts.sign_in.demo import DEMO_PEOPLE
from app.accounts.sign_in.mail import SmtpMailer
from app.database import row, rows
from tests.accounts.browsers import Browser, csrf_token, element, heading
from tests.accounts.conftest import Site, settings_with, site_with
from tests.accounts.patience import limits_pass
from tests.transactions.counting import counted_queries


async def test_the_page_shows_each_demo_person_with_a_line_on_them(alice: Browser) -> None:
    """5.1, interface 9.3"""
    page = (await alice.get("/sign-in")).text
    for person in DEMO_PEOPLE:
        assert element(page, "button", name="user", value=person.name)
        assert person.shows in page


async def test_one_press_signs_in_a_demo_person_and_leads_back(alice: Browser) -> None:
    """5.1"""
    answer = await alice.post("/sign-in/demo", user="gate", return_to="/workshops/new")
    assert (answer.status_code, answer.headers["location"]) == (303, "/workshops/new")
    assert (await alice.get("/dashboard")).json()["user"] == "user_seed_billing_gate"


async def test_who_was_about_to_buy_a_pack_is_told_so(alice: Browser) -> None:
    """BILL-01: also after a mistyped address."""
    wanted = "To buy Single Flight, $79.00. You come back to it after signing in."
    way_back = "/pricing?pack=single-flight&return_to=%2Fdashboard"
    assert wanted in (await alice.get(f"/sign-in?return_to={quote(way_back)}")).text
    assert wanted in (await alice.post("/sign-in", email="nobody", return_to=way_back)).text


@pytest.mark.parametrize(
    "way_back",
    [
        "/pricing",
        "/pricing?pack=",
        "/pricing?pack=unknown",
        "/dashboard?pack=single-flight",
        "https://evil.example/pricing?pack=single-flight",
    ],
)
async def test_who_was_about_to_buy_nothing_that_is_sold_reads_no_price(
    alice: Browser, way_back: str
) -> None:
    page = await alice.get(f"/sign-in?return_to={quote(way_back)}")
    assert page.status_code == 200
    assert "To buy" not in page.text


UNREADABLE = ["http://[", "http://[::1", "//[", "http://a:b:c"]


@pytest.mark.parametrize("referer", UNREADABLE)
async def test_a_page_before_this_one_that_cannot_be_read_leads_to_the_dashboard(
    site: Site, alice: Browser, referer: str
) -> None:
    """ACCT-03: whatever the browser says it came from."""
    asked = await alice.get("/dashboard", hx_request="true", referer=referer)
    assert (asked.status_code, asked.headers["hx-redirect"]) == (200, "/sign-in?return_to=/dashboard")
    alice.client.cookies.set("session", "ended")
    sent = await alice.client.post("/workshops", headers={"referer": referer})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?return_to=/dashboard")


async def test_a_port_that_is_none_is_not_one_of_our_addresses(alice: Browser) -> None:
    """W18"""
    assert (await alice.get("/dashboard", host="127.0.0.1:99999")).status_code == 400


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-out"])
async def test_a_hostile_way_back_leads_to_the_dashboard(alice: Browser, path: str) -> None:
    """ACCT-03"""
    answer = await alice.post("/sign-in/demo", user="gate", return_to=path)
    assert answer.headers["location"] == "/dashboard"


async def test_a_way_back_that_was_tampered_with_in_storage_is_checked_again(
    site: Site, alice: Browser
) -> None:
    """W18"""
    await alice.post("/sign-in", email="tampered@example.test", return_to="/pricing")
    await row("UPDATE sign_in_links SET return_path = '//evil.example' WHERE email = 'tampered@example.test'")
    answer = await alice.post(site.mailed_path, from_page=site.mailed_path)
    assert answer.headers["location"] == "/dashboard"


async def test_whoever_is_signed_in_does_not_see_the_form_again(alice: Browser) -> None:
    """5.1"""
    await alice.post("/sign-in/demo", user="gate")
    answer = await alice.get("/sign-in?return_to=/pricing")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pricing")


async def test_an_unknown_demo_person_is_refused(alice: Browser) -> None:
    """5.1"""
    assert (await alice.post("/sign-in/demo", user="nobody")).status_code == 422
    assert alice.cookie("session") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"sign_in": ("email",)},
        {"environment": "production", "base_url": "https://credits.example.com"},
        {"stripe_secret_key": "sk_live_123"},
    ],
)
async def test_there_is_no_demo_where_people_or_money_are_real(
    pool: None, changes: dict[str, object]
) -> None:
    """DEMO-02"""
    browser = site_with(settings_with(**changes)).browser()
    page = (await browser.get("/sign-in")).text
    assert "demo" not in page
    assert (await browser.post("/sign-in/demo", user="zero")).status_code == 404


async def test_without_email_there_is_no_such_form(pool: None) -> None:
    """5.1: the ways in are those of SIGN_IN."""
    browser = site_with(settings_with(sign_in=("demo",))).browser()
    assert 'name="email"' not in (await browser.get("/sign-in")).text
    assert (await browser.post("/sign-in", email="a@example.test")).status_code == 404


async def test_a_mailed_link_signs_in_and_leads_back(site: Site, alice: Browser) -> None:
    """5.1, W58"""
    sent = await alice.post("/sign-in", email="  Alice@Example.TEST ", return_to="/transactions?q=a")
    assert heading(sent.text) == "Check your mail"
    assert site.mailer.letters[0].to == "alice@example.test"
    confirm = await alice.get(site.mailed_path)
    assert heading(confirm.text) == "Continue to your account"
    answer = await alice.client.post(site.mailed_path, data={"csrf_token": csrf_token(confirm.text)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/transactions?q=a")
    assert (await alice.get("/dashboard")).json()["name"] == "alice"


async def test_coming_again_leads_to_the_same_person(site: Site, alice: Browser) -> None:
    """5.1, ACCT-01"""
    users = set()
    for address in ("again@example.test", "AGAIN@example.test"):
        newcomer = site.browser()
        await newcomer.post("/sign-in", email=address)
        await newcomer.post(site.mailed_path, from_page=site.mailed_path)
        users.add((await newcomer.get("/dashboard")).json()["user"])
    assert len(users) == 1


async def test_known_and_unknown_addresses_get_the_same_words(site: Site, alice: Browser) -> None:
    """W58"""
    await alice.post("/sign-in", email="known1@example.test")
    await alice.post(site.mailed_path, from_page=site.mailed_path)
    pages = []
    for address in ("known1@example.test", "fresh1@example.test"):
        text = (await site.browser().post("/sign-in", email=address)).text
        pages.append(re.sub(r'name="csrf_token" value="\w+"', "", text).replace(address, "…"))
    assert pages[0] == pages[1]


async def test_known_and_unknown_addresses_are_the_same_work(site: Site, alice: Browser) -> None:
    """W47, W58: who belongs to the address is not even looked up, so no clock can tell."""
    await alice.post("/sign-in", email="known2@example.test")
    await alice.post(site.mailed_path, from_page=site.mailed_path)
    asked = []
    for address in ("known2@example.test", "fresh2@example.test"):
        browser = site.browser()
        token = csrf_token((await browser.get("/sign-in")).text)
        async with counted_queries() as counted:
            await browser.client.post("/sign-in", data={"csrf_token": token, "email": address})
        asked.append(counted.queries)
    assert asked[0] == asked[1] > 0


async def test_opening_a_link_uses_nothing_up(site: Site, alice: Browser) -> None:
    """W58: mail scanners open links, in another browser and more than once."""
    await alice.post("/sign-in", email="scanned@example.test")
    for opener in (site.browser(), site.browser(), alice, alice):
        await opener.get(site.mailed_path)
    assert (await alice.post(site.mailed_path, from_page=site.mailed_path)).status_code == 303


async def test_a_link_works_once(site: Site, alice: Browser) -> None:
    """W58: of two presses at once one signs in."""
    await alice.post("/sign-in", email="once@example.test")
    path, token = site.mailed_path, csrf_token((await alice.get(site.mailed_path)).text)
    both = [alice.client.post(path, data={"csrf_token": token}, cookies=None) for _ in range(2)]
    answers = await asyncio.gather(*both)
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    later = await site.browser().get(path)
    assert (later.status_code, heading(later.text)) == (410, "This sign-in link was used already")


async def test_a_link_expires_after_ten_minutes(site: Site, alice: Browser) -> None:
    """W58"""
    await alice.post("/sign-in", email="late@example.test")
    site.clock.pass_(minutes=9, seconds=59)
    assert (await alice.get(site.mailed_path)).status_code == 200
    site.clock.pass_(seconds=1)
    late = await alice.get(site.mailed_path)
    assert (late.status_code, heading(late.text)) == (410, "This sign-in link has expired")
    pressed = await alice.post(site.mailed_path)
    assert (pressed.status_code, alice.cookie("session")) == (410, None)


async def test_a_link_is_bound_to_the_browser_that_asked(site: Site, alice: Browser) -> None:
    """W11: neither opening nor pressing works elsewhere, and nothing is used up by trying."""
    await alice.post("/sign-in", email="bound@example.test")
    victim = site.browser()
    for answer in (await victim.get(site.mailed_path), await victim.post(site.mailed_path)):
        assert answer.status_code == 403
        assert heading(answer.text) == "This link was asked for in another browser"
    assert victim.cookie("session") is None
    assert (await alice.post(site.mailed_path, from_page=site.mailed_path)).status_code == 303


async def test_every_link_a_browser_asked_for_stays_good(site: Site, alice: Browser) -> None:
    """5.1: asking twice must not spoil the mail that comes first."""
    await alice.post("/sign-in", email="twice@example.test")
    first = site.mailed_path
    await alice.post("/sign-in", email="twice@example.test")
    assert (await alice.post(first, from_page=first)).status_code == 303


@pytest.mark.parametrize("token", ["x", "%00", "%ED%A0%80", "é" * 5, "a" * 3000])
async def test_an_invented_link_is_told_so(alice: Browser, token: str) -> None:
    """5.1"""
    answer = await alice.get(f"/sign-in/email/{token}")
    assert answer.status_code == 404


async def test_a_closed_account_lets_nobody_in(site: Site, alice: Browser) -> None:
    """5.1: the same words before the proof, the truth after it."""
    await alice.post("/sign-in", email="closed@example.test")
    await alice.post(site.mailed_path, from_page=site.mailed_path)
    user_id = (await alice.get("/dashboard")).json()["user"]
    await row("UPDATE users SET deleted_at = now() WHERE clerk_user_id = $1", user_id)
    again = site.browser()
    assert heading((await again.post("/sign-in", email="closed@example.test")).text) == "Check your mail"
    answer = await again.post(site.mailed_path, from_page=site.mailed_path)
    assert (answer.status_code, heading(answer.text)) == (403, "This account was closed")
    assert again.cookie("session") is None


async def test_an_address_gets_five_links_and_then_one_every_two_minutes(site: Site, alice: Browser) -> None:
    """ACCT-04: parallel presses count too."""
    token = csrf_token((await alice.get("/sign-in")).text)
    fields = {"csrf_token": token, "email": "flooded@example.test"}
    answers = await asyncio.gather(*(alice.client.post("/sign-in", data=fields) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
    refused = await alice.post("/sign-in", email="flooded@example.test")
    assert 110 <= int(refused.headers["retry-after"]) <= 120
    assert (await alice.post("/sign-in", email="calm@example.test")).status_code == 200
    await limits_pass(minutes=2)
    assert (await alice.post("/sign-in", email="flooded@example.test")).status_code == 200
    assert (await alice.post("/sign-in", email="flooded@example.test")).status_code == 429


@pytest.mark.parametrize(
    "typed",
    [
        *("", "alice", "alice@", "@example.test", "a b@example.test", "a@example"),
        *("a@b.c\nBcc: x@y.z", "ä@example.test", "a@exämple.test", "<a@example.test>"),
        *("a@example.test,b@example.test", f"{'a' * 250}@example.test"),
    ],
)
async def test_what_is_no_address_is_kept_and_explained(site: Site, alice: Browser, typed: str) -> None:
    """5.1, W58"""
    before = len(site.mailer.letters)
    answer = await alice.post("/sign-in", email=typed)
    assert answer.status_code == 422
    field = element(answer.text, "input", id="email")
    assert (field["value"], field["aria-invalid"]) == (" ".join(typed.split()), "true")
    assert len(site.mailer.letters) == before


async def test_only_hashes_of_links_are_stored(site: Site, alice: Browser) -> None:
    """W58"""
    await alice.post("/sign-in", email="hashed@example.test")
    [stored] = await rows("SELECT * FROM sign_in_links WHERE email = 'hashed@example.test'")
    token = site.mailed_path.rpartition("/")[2]
    assert len(token) == 43
    assert token.encode() not in stored["token_hash"]
    assert token not in str(dict(stored))


async def test_a_mail_server_that_is_away_is_a_calm_page(pool: None) -> None:
    """5.1"""
    away = SmtpMailer("smtp://127.0.0.1:1", sender="no-reply@example.test")
    browser = site_with(settings_with(), mailer=away).browser()
    answer = await browser.post("/sign-in", email="away@example.test")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def test_the_mailbox_shows_letters_and_exists_in_development_only(site: Site, alice: Browser) -> None:
    """5.1"""
    await alice.post("/sign-in", email="boxed@example.test")
    page = (await alice.get("/dev/mailbox")).text
    assert element(page, "a", href=f"{site.origin}{site.mailed_path}")
    away = SmtpMailer("smtp://127.0.0.1:1", sender="no-reply@example.test")
    elsewhere = site_with(settings_with(), mailer=away).browser()
    assert (await elsewhere.get("/dev/mailbox")).status_code == 404


async def test_the_account_page_names_the_person_and_the_way_out(site: Site, alice: Browser) -> None:
    """contract 4"""
    assert (await alice.get("/account")).headers["location"] == "/sign-in?return_to=/account"
    await alice.post("/sign-in", email="bob@example.test")
    await alice.post(site.mailed_path, from_page=site.mailed_path)
    page = (await alice.get("/account")).text
    assert "bob@example.test" in page
    assert element(page, "form", action="/sign-out")
