"""A second way in: only for who is signed in, only by their own press, and never one that leads to somebody else."""

from typing import Any

from app.database import rows
from tests.accounts.browsers import Browser, element, heading
from tests.accounts.clerk_instance import ClerkInstance
from tests.accounts.conftest import Site
from tests.accounts.provided import way_back
from tests.accounts.provider import ALICE, Provider, consent

WAYS = "/account/sign-in"


def clerk_token(provider: Provider, **claims: Any) -> str:
    return ClerkInstance(provider.clock, provider.issuer, list(provider.keys)).token(**claims)


async def by_mail(site: Site, address: str) -> Browser:
    browser = site.browser()
    await browser.post("/sign-in", email=address)
    answer = await browser.post(site.mailed_path, from_page=site.mailed_path)
    assert answer.status_code == 303
    return browser


async def user_of(browser: Browser) -> str:
    return str((await browser.get("/dashboard")).json()["user"])


async def add_link(browser: Browser) -> str:
    """Where the page's own link to the provider leads."""
    page = (await browser.get(WAYS)).text
    return next(
        part.split('"')[0].replace("&amp;", "&")
        for part in page.split('href="')
        if part.startswith(f"{WAYS}/oidc")
    )


async def ways_in(user_id: str) -> list[str]:
    found = await rows(
        "SELECT provider FROM identities WHERE clerk_user_id = $1 ORDER BY created_at", user_id
    )
    return [each["provider"] for each in found]


async def test_a_signed_in_person_adds_the_provider_and_comes_in_by_it(
    everywhere: Site, provider: Provider
) -> None:
    """W12: one account, two ways; the session goes on and nobody else appears."""
    provider.person = ALICE | {"sub": "second-way", "email_verified": False}
    dora = await by_mail(everywhere, "dora@example.test")
    user_id, session = await user_of(dora), dora.cookie("session")
    back = await dora.get(await way_back(dora, await add_link(dora)))
    assert (back.status_code, back.headers["location"]) == (303, WAYS)
    page = (await dora.get(WAYS)).text
    assert "From now on you can sign in with Acme, too." in page
    assert (await user_of(dora), dora.cookie("session")) == (user_id, session)
    assert await ways_in(user_id) == ["email", provider.issuer]
    elsewhere = everywhere.browser()
    await elsewhere.get(await way_back(elsewhere))
    assert await user_of(elsewhere) == user_id
    assert "Add Acme" not in page


async def test_a_signed_in_person_adds_the_host_product(everywhere: Site, provider: Provider) -> None:
    """W12: by a press, and what is theirs already stays as it is."""
    erin = await by_mail(everywhere, "erin@example.test")
    token = clerk_token(provider, sub="user_2erin", email=...)
    erin.client.cookies.set("__session", token, domain="127.0.0.1", path="/")
    for _ in range(2):
        answer = await erin.post(f"{WAYS}/clerk", from_page=WAYS)
        assert (answer.status_code, answer.headers["location"]) == (303, WAYS)
    assert await ways_in(await user_of(erin)) == ["email", "clerk"]
    elsewhere = everywhere.browser()
    elsewhere.client.cookies.set("__session", token, domain="127.0.0.1", path="/")
    assert (await elsewhere.get("/sign-in/clerk")).status_code == 303
    assert await user_of(elsewhere) == await user_of(erin)


async def test_a_way_that_signs_in_somebody_else_is_left_to_them(
    everywhere: Site, provider: Provider
) -> None:
    """W12: by identity, and by the row that a host product has made."""
    provider.person = ALICE | {"sub": "taken"}
    owner = everywhere.browser()
    await owner.get(await way_back(owner))
    mallory = await by_mail(everywhere, "mallory@example.test")
    answer = await mallory.get(await way_back(mallory, await add_link(mallory)))
    assert (answer.status_code, heading(answer.text)) == (
        409,
        "This Acme account signs in somebody else here",
    )
    await rows("INSERT INTO users (id, clerk_user_id, email) VALUES ('h3', 'user_2taken', 'h@example.test')")
    token = clerk_token(provider, sub="user_2taken")
    mallory.client.cookies.set("__session", token, domain="127.0.0.1", path="/")
    assert (await mallory.post(f"{WAYS}/clerk", from_page=WAYS)).status_code == 409
    assert await ways_in(await user_of(mallory)) == ["email"]


async def test_no_other_site_can_make_somebody_add_a_way_in(everywhere: Site, provider: Provider) -> None:
    """W11: not by a link, not with another session's key, not by a form."""
    frank, other = (
        await by_mail(everywhere, "frank@example.test"),
        await by_mail(everywhere, "x@example.test"),
    )
    key_of_other = await add_link(other)
    for path in (f"{WAYS}/oidc", f"{WAYS}/oidc?key=", f"{WAYS}/oidc?key=%C3%A9", key_of_other):
        assert (await frank.get(path)).status_code == 403
    assert (await frank.client.post(f"{WAYS}/clerk")).status_code == 403
    assert await ways_in(await user_of(frank)) == ["email"]


async def test_the_wish_of_one_person_is_not_carried_out_for_another(
    everywhere: Site, provider: Provider
) -> None:
    """W11: whoever signs in meanwhile in the same browser gets nothing, and nothing is a sign-in instead."""
    provider.person = ALICE | {"sub": "meanwhile"}
    browser = await by_mail(everywhere, "gina@example.test")
    away = await browser.get(await add_link(browser))
    back, kept = await consent(away.headers["location"]), browser.cookie("sign-in")
    await browser.post("/sign-in/demo", from_page="/account", user="refund")
    browser.client.cookies.set("sign-in", str(kept), domain="127.0.0.1", path="/")
    assert (await browser.get(back)).status_code == 403
    browser.client.cookies.delete("session")
    assert (await browser.get(back)).status_code == 403
    assert await rows("SELECT 1 FROM identities WHERE subject = 'meanwhile'") == []


async def test_signed_out_there_is_only_the_way_to_sign_in(everywhere: Site) -> None:
    """5.1"""
    for path in (WAYS, f"{WAYS}/oidc?key=x"):
        answer = await everywhere.browser().get(path)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")


async def test_where_there_is_no_provider_nothing_can_be_added(site: Site) -> None:
    """contract 3"""
    harry = await by_mail(site, "harry@example.test")
    page = (await harry.get(WAYS)).text
    assert "harry@example.test" in page
    assert "Add Acme" not in page
    assert (await harry.get(f"{WAYS}/oidc")).status_code == 404
    assert (await harry.post(f"{WAYS}/clerk", from_page="/account")).status_code == 404
    assert element((await harry.get("/account")).text, "a", href=WAYS)


async def test_a_signed_in_person_adds_an_address_and_comes_in_by_it(
    everywhere: Site, provider: Provider
) -> None:
    """W58: opening the link uses nothing up, one press adds it, a second finds it used."""
    provider.person = ALICE | {"sub": "adds-an-address"}
    ivy = everywhere.browser()
    await ivy.get(await way_back(ivy))
    user_id = await user_of(ivy)
    sent = await ivy.post(f"{WAYS}/email", from_page=WAYS, email=" Ivy@Example.TEST ")
    assert (sent.status_code, sent.headers["location"]) == (303, WAYS)
    assert "A link is on its way to ivy@example.test." in (await ivy.get(WAYS)).text
    link = everywhere.mailed_path
    assert heading((await ivy.get(link)).text) == "Add this address"
    added = await ivy.post(link, from_page=link)
    assert (added.status_code, added.headers["location"]) == (303, WAYS)
    assert (await ivy.post(link, from_page="/account")).status_code == 410
    assert await ways_in(user_id) == [provider.issuer, "email"]
    assert await user_of(await by_mail(everywhere, "ivy@example.test")) == user_id


async def test_a_link_that_adds_is_no_link_that_signs_in_and_the_other_way_round(site: Site) -> None:
    """W11, W58: whoever can read the mail gains nothing by changing its address, in whatever browser."""
    jack = await by_mail(site, "jack@example.test")
    await jack.post(f"{WAYS}/email", from_page=WAYS, email="jack2@example.test")
    token = site.mailed_path.rpartition("/")[2]
    stranger = await by_mail(site, "stranger@example.test")
    for browser, path, form in (
        (jack, f"/sign-in/email/{token}", "/account"),
        (site.browser(), f"/sign-in/email/{token}", "/sign-in"),
        (stranger, f"{WAYS}/email/{token}", "/account"),
    ):
        assert (await browser.get(path)).status_code == 403
        assert (await browser.post(path, from_page=form)).status_code == 403
    await jack.post("/sign-in/demo", from_page="/account", user="refund")
    assert (await jack.get(f"{WAYS}/email/{token}")).status_code == 403, "another person in the same browser"
    await stranger.post("/sign-in", from_page="/account", email="jack3@example.test")
    sign_in_token = site.mailed_path.rpartition("/")[2]
    assert (await stranger.get(f"{WAYS}/email/{sign_in_token}")).status_code == 403


async def test_an_address_that_signs_in_somebody_else_is_told_only_after_its_mail_was_read(
    site: Site,
) -> None:
    """W58, W12"""
    await by_mail(site, "owner@example.test")
    kate = await by_mail(site, "kate@example.test")
    answers = []
    for address in ("owner@example.test", "nobody@example.test"):
        await kate.post(f"{WAYS}/email", from_page=WAYS, email=address)
        page = (await kate.get(WAYS)).text.replace(address, "…")
        answers.append(page.partition("<main")[2].partition("<form")[0])
    assert answers[0] == answers[1]
    await kate.post(f"{WAYS}/email", from_page=WAYS, email="owner@example.test")
    pressed = await kate.post(site.mailed_path, from_page="/account")
    assert (pressed.status_code, heading(pressed.text)) == (
        409,
        "This address signs in somebody else here",
    )
    assert await ways_in(await user_of(kate)) == ["email"]


async def test_what_is_no_address_is_kept_and_explained(site: Site) -> None:
    """5.1"""
    lena = await by_mail(site, "lena@example.test")
    answer = await lena.post(f"{WAYS}/email", from_page=WAYS, email="lena at home")
    assert answer.status_code == 422
    assert element(answer.text, "input", id="email")["value"] == "lena at home"
