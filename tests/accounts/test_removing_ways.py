"""A way in is removed by its owner's own press, with every browser that came by it, and never the last one."""

import asyncio
import re

import httpx
import pytest

from app.accounts.errors import WayStays
from app.accounts.people import Proven, add_way_in, person
from app.accounts.sessions import session
from app.accounts.sign_in.removing import Removed, remove_way
from app.clock import utc_now
from app.database import row, rows, tx
from app.ids import new_id
from tests.accounts.browsers import Browser, heading
from tests.accounts.conftest import Site, settings_with
from tests.accounts.provided import way_back
from tests.accounts.provider import ALICE, Provider
from tests.accounts.test_ways import WAYS, add_link, by_mail, user_of, ways_in

OFFERED = settings_with(sign_in=("email",))


def removable(page: str) -> list[str]:
    """The addresses that the page offers for removing a way, in its order."""
    return re.findall(rf'href="({WAYS}/idn_\w+/remove)"', page)


async def with_both(site: Site, provider: Provider, name: str) -> Browser:
    """Somebody in by mail who has added the provider: the mail is the first of the ways that can go."""
    provider.person = ALICE | {"sub": name, "email": f"{name}@acme.test"}
    browser = await by_mail(site, f"{name}@example.test")
    await browser.get(await way_back(browser, await add_link(browser)))
    return browser


async def by_provider(site: Site) -> Browser:
    browser = site.browser()
    await browser.get(await way_back(browser))
    return browser


async def two_ways() -> tuple[str, list[str]]:
    """A person with two addresses, and the ids of both."""
    first, second = (f"{word}-{new_id('idn')}@example.test" for word in ("first", "second"))
    async with tx():
        user_id = await person(Proven("email", first, first, "Two"))
        await add_way_in(user_id, Proven("email", second, second, ""))
    found = await rows("SELECT id FROM identities WHERE clerk_user_id = $1 ORDER BY created_at", user_id)
    return user_id, [each["id"] for each in found]


async def test_a_way_that_is_removed_leads_here_no_longer_and_its_browsers_are_signed_out(
    everywhere: Site, provider: Provider
) -> None:
    """O11, ASVS 7.4.1: asked first, done by the press, and noted."""
    here = await with_both(everywhere, provider, "kate")
    user_id, there = await user_of(here), await by_provider(everywhere)
    assert await user_of(there) == user_id
    _, path = removable((await here.get(WAYS)).text)
    asked = await here.get(path)
    assert (asked.status_code, heading(asked.text)) == (200, "Remove Acme?")
    assert await user_of(there) == user_id, "asking does nothing"
    done = await here.post(path, from_page=path)
    assert (done.status_code, done.headers["location"]) == (303, WAYS)
    page = (await here.get(WAYS)).text
    assert "kate@acme.test no longer leads to this account." in page
    assert removable(page) == []
    assert (await there.get("/dashboard")).status_code == 303
    assert await user_of(await by_provider(everywhere)) != user_id, "a new account, with nothing in it"
    assert await ways_in(user_id) == ["email"]
    noted = await row(
        "SELECT * FROM audit_trail WHERE act = 'way_in_removed' AND clerk_user_id = $1", user_id
    )
    assert noted is not None
    assert (noted["actor"], noted["object_id"]) == ("user", path.split("/")[3])
    assert noted["detail"] == f"by {provider.issuer}, 1 browsers signed out"


async def test_who_came_by_the_way_that_goes_is_signed_out_with_it(
    everywhere: Site, provider: Provider
) -> None:
    here = await with_both(everywhere, provider, "lara")
    path, _ = removable((await here.get(WAYS)).text)
    waiting = everywhere.browser()
    await waiting.post("/sign-in", email="lara@example.test")
    link = everywhere.mailed_path
    done = await here.post(path, from_page=path)
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
    assert "lara@example.test no longer leads to this account." in (await here.get("/sign-in")).text
    assert not here.cookie("session")
    assert (await here.get("/dashboard")).status_code == 303
    assert (await waiting.get(link)).status_code == 404, "a link on its way to the address is worth nothing"


async def test_the_last_way_in_stays(site: Site) -> None:
    mara = await by_mail(site, "mara@example.test")
    user_id = await user_of(mara)
    assert removable((await mara.get(WAYS)).text) == []
    found = await row("SELECT id FROM identities WHERE clerk_user_id = $1", user_id)
    assert found is not None
    path = f"{WAYS}/{found['id']}/remove"
    for answer in (await mara.get(path), await mara.post(path, from_page=WAYS)):
        assert (answer.status_code, heading(answer.text)) == (409, "This way to sign in has to stay")
    assert await ways_in(user_id) == ["email"]


async def test_the_last_way_that_is_still_offered_stays(pool: None) -> None:
    """A provider that was taken out of SIGN_IN lets nobody in, however many of its accounts lead here."""
    user_id, [first, second] = await two_ways()
    await row("UPDATE identities SET provider = 'https://old.example.test' WHERE id = $1", second)
    with pytest.raises(WayStays):
        await remove_way(user_id, first, OFFERED, token="")
    await remove_way(user_id, second, OFFERED, token="")


async def test_of_two_that_remove_the_last_two_ways_at_once_one_is_refused(pool: None) -> None:
    for _ in range(10):
        user_id, ways = await two_ways()
        removing = (remove_way(user_id, each, OFFERED, token="") for each in ways)
        outcomes = await asyncio.gather(*removing, return_exceptions=True)
        assert sorted(isinstance(each, WayStays) for each in outcomes) == [False, True]
        assert await ways_in(user_id) == ["email"]


@pytest.mark.parametrize(("provider", "subject"), [("clerk", "user_2self"), ("demo", "zero")])
async def test_a_way_that_would_lead_here_all_the_same_stays(pool: None, provider: str, subject: str) -> None:
    """An account that is named after the host product's, or a demo person's."""
    user_id, [first, second] = await two_ways()
    subject = user_id if provider == "clerk" else f"{subject}-{user_id}"
    await row("UPDATE identities SET provider = $2, subject = $3 WHERE id = $1", second, provider, subject)
    offered = settings_with(
        sign_in=("email", "demo", "clerk"),
        clerk_issuer="https://c.example.test",
        clerk_authorized_parties=("x",),
    )
    with pytest.raises(WayStays):
        await remove_way(user_id, second, offered, token="")
    await remove_way(user_id, first, offered, token="")


async def test_nobody_removes_a_way_of_somebody_elses(everywhere: Site, provider: Provider) -> None:
    """ACCT-02, W11: not theirs is not there, and no other site can press for them."""
    owner = await with_both(everywhere, provider, "nora")
    path, _ = removable((await owner.get(WAYS)).text)
    mallory = await by_mail(everywhere, "mallory3@example.test")
    for other in (path, f"{WAYS}/{new_id('idn')}/remove", f"{WAYS}/%00/remove"):
        assert (await mallory.get(other)).status_code == 404
        assert (await mallory.post(other, from_page=WAYS)).status_code == 404
    forged: httpx.Response = await owner.client.post(path)
    assert forged.status_code == 403
    assert len(await ways_in(await user_of(owner))) == 2


async def test_a_sign_in_that_is_under_way_while_its_way_is_removed_ends_signed_out(pool: None) -> None:
    """W13: known, but without a session yet when the press comes; whoever is first, no browser stays in by it."""
    user_id, (way_id, _) = await two_ways()
    [way] = await rows("SELECT subject FROM identities WHERE id = $1", way_id)
    is_known, may_go_on = asyncio.Event(), asyncio.Event()

    async def signing_in() -> None:
        async with tx():
            known = await person(Proven("email", way["subject"], way["subject"], ""))
            is_known.set()
            await may_go_on.wait()
            await session.create(known, provider="email", now=utc_now())

    entering = asyncio.create_task(signing_in())
    await is_known.wait()
    removing = asyncio.create_task(remove_way(user_id, way_id, OFFERED, token=""))
    await done_or_waiting(removing)
    may_go_on.set()
    await asyncio.gather(entering, removing)
    assert await rows("SELECT 1 FROM sessions WHERE clerk_user_id = $1", user_id) == []


async def done_or_waiting(removing: asyncio.Task[Removed]) -> None:
    """Until it has ended, or stands in front of somebody else's lock."""
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
    while not removing.done() and not await rows(waiting):
        await asyncio.sleep(0.01)
