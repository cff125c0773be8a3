"""Where a person is signed in: seen in a list, signed out one by one, elsewhere, or everywhere."""

import re

import pytest

from app.accounts.sessions.devices import device_of
from app.database import row, rows
from tests.accounts.browsers import Browser, element
from tests.accounts.conftest import Site
from tests.accounts.test_sessions import signed_in

PATH = "/account/sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def signed_in_by_mail(site: Site, address: str, user_agent: str = "") -> Browser:
    browser = site.browser()
    browser.client.headers["user-agent"] = user_agent
    await browser.post("/sign-in", email=address)
    assert (await browser.post(site.mailed_path, from_page=site.mailed_path)).status_code == 303
    return browser


def listed(page: str) -> list[str]:
    """The ids of the browsers that can be signed out from here."""
    return re.findall(rf'action="{PATH}/(ses_\w+)/sign-out"', page)


async def test_every_browser_is_listed_and_this_one_comes_first(site: Site) -> None:
    """ASVS 7.5.2"""
    here = await signed_in_by_mail(site, "here@example.test", FIREFOX)
    await signed_in_by_mail(site, "here@example.test", "curl/8")
    await signed_in_by_mail(site, "other@example.test")
    page = (await here.get(PATH)).text
    assert len(listed(page)) == 1
    assert page.index("Firefox on Linux") < page.index("An unknown browser")
    assert page.count("(this browser)") == 1
    assert element((await here.get("/account")).text, "a", href=PATH)


async def test_one_browser_is_signed_out_and_no_other(site: Site) -> None:
    """ASVS 7.5.2"""
    here = await signed_in_by_mail(site, "one@example.test")
    lost = await signed_in_by_mail(site, "one@example.test")
    third = await signed_in_by_mail(site, "one@example.test")
    [newest, _] = listed((await here.get(PATH)).text)
    done = await here.post(f"{PATH}/{newest}/sign-out", from_page=PATH)
    assert (done.status_code, done.headers["location"]) == (303, PATH)
    assert (await third.get("/dashboard")).status_code == 303
    assert (await lost.get("/dashboard")).status_code == 200
    assert (await here.post(f"{PATH}/{newest}/sign-out", from_page=PATH)).status_code == 404


async def test_somebody_elses_browser_stays_signed_in(site: Site) -> None:
    """ACCT-02: and is answered as one that never was."""
    alice, bob = (
        await signed_in_by_mail(site, "al@example.test"),
        await signed_in_by_mail(site, "bo@example.test"),
    )
    [his] = await rows(
        "SELECT s.id FROM sessions s JOIN users u USING (clerk_user_id) WHERE u.email = 'bo@example.test'"
    )
    for browser_id in (his["id"], "ses_01k00000000000000000000000", "x", "%00"):
        answer = await alice.post(f"{PATH}/{browser_id}/sign-out", from_page=PATH)
        assert answer.status_code == 404
    assert (await bob.get("/dashboard")).status_code == 200


async def test_everywhere_else_and_everywhere(site: Site) -> None:
    """ASVS 7.5.2"""
    here, there = [await signed_in_by_mail(site, "all@example.test") for _ in range(2)]
    bob = await signed_in_by_mail(site, "bob.all@example.test")
    await here.post(f"{PATH}/sign-out-others", from_page=PATH)
    assert "1 other browser signed out." in (await here.get(PATH)).text
    assert (await there.get("/dashboard")).status_code == 303
    assert "Sign out everywhere else" not in (await here.get(PATH)).text
    answer = await here.post(f"{PATH}/sign-out-all", from_page=PATH)
    assert (answer.headers["location"], here.cookie("session")) == ("/sign-in", None)
    assert (await here.get("/dashboard")).status_code == 303
    assert (await bob.get("/dashboard")).status_code == 200


async def test_a_session_that_has_run_out_is_not_listed(site: Site) -> None:
    """W09"""
    await signed_in_by_mail(site, "late.list@example.test")
    site.clock.pass_(days=15)
    here = await signed_in_by_mail(site, "late.list@example.test")
    assert listed((await here.get(PATH)).text) == []


async def test_every_sign_in_and_sign_out_is_noted_with_its_request(site: Site) -> None:
    """O11: who, what, when and in which request, and no secret."""
    here = await signed_in_by_mail(site, "noted@example.test")
    there = await signed_in_by_mail(site, "noted@example.test")
    token = there.cookie("session") or ""
    [browser_id] = listed((await here.get(PATH)).text)
    await here.post(f"{PATH}/{browser_id}/sign-out", from_page=PATH)
    await here.post(f"{PATH}/sign-out-others", from_page=PATH)
    await here.post("/sign-out", from_page=PATH)
    found = await rows(
        "SELECT t.* FROM audit_trail t JOIN users u USING (clerk_user_id)"
        " WHERE u.email = 'noted@example.test' ORDER BY t.noted_at"
    )
    assert [each["act"] for each in found] == [
        "signed_in", "signed_in", "browser_signed_out", "signed_out_elsewhere", "signed_out",
    ]  # fmt: skip
    assert found[1]["object_id"] == found[2]["object_id"] == browser_id
    assert {each["actor"] for each in found} == {"user"}
    assert {each["actor_id"] for each in found} == {found[0]["clerk_user_id"]}
    assert token and all(token not in str(dict(each)) and "@" not in str(dict(each)) for each in found)


async def test_a_sign_in_that_is_undone_leaves_no_note(site: Site, alice: Browser) -> None:
    """O11: the note stands or falls with what it tells of."""
    before = await row("SELECT count(*) AS n FROM audit_trail")
    assert (await alice.post("/sign-in/demo", user="nobody")).status_code == 422
    await signed_in(alice)
    after = await row("SELECT count(*) AS n FROM audit_trail")
    assert before is not None and after is not None
    assert after["n"] == before["n"] + 1


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26 like Mac OS X) Version/26 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("<script>alert(1)</script>", ""),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_by_what_we_know_and_never_by_its_own_words(user_agent: str, name: str) -> None:
    assert device_of(user_agent) == name
