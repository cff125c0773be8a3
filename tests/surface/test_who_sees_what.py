"""Every door × everybody × page, fragment and file: the owner alone sees it, and "not yours" is "not there"."""

from collections.abc import Mapping

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from app.accounts.people import Proven, person
from app.database import rows, tx
from app.web.csrf import csrf_token
from tests.factories import make_user
from tests.surface.people import MARK, OPERATOR, Owner, given_away, unknown_ids
from tests.surface.walk import ASKED, Door, doors, fingerprint
from tests.transactions.counting import counted_queries
from tests.web.reading import untokened
from tests.workshops.site import SECRET, Browser, Site

PLANTED = "p" * 43
PUBLIC = {
    "/",
    "/badge",
    "/operator",  # for operators alone: everybody else, signed in or not, is told that there is no such page
    "/dev/mailbox",
    "/healthz",
    "/help",
    "/metrics",  # for who brings the token of the settings
    "/pricing",
    "/readyz",
    "/sign-in",
    "/sign-in/demo",
    "/sign-in/clerk",
    "/sign-in/email/{token}",
    "/sign-in/oidc",
    "/sign-in/oidc/callback",
    "/sign-out",
    "/static/{digest}/{name}",
    "/styleguide",
    "/webhooks/stripe",
    "/{rest}",
}
# Signed out, the price list says what a pack costs before anybody signs in.
NEW_EACH_TIME = {"content-length", "set-cookie", "x-request-id"}  # the first by the mask of a token
FOR_VISITORS_TOO = {"/checkout"}
AS = {
    "page": {},
    "fragment": {"hx-request": "true", "hx-request-type": "partial"},
    "history restored": {"hx-request": "true", "hx-history-restore-request": "true"},
}
REST = {"token": "t" * 43, "digest": "d", "name": "app.css", "rest": "no"}


def private(app: Litestar) -> list[Door]:
    return [each for each in doors(app) if each.path not in PUBLIC]


def of_a_thing(app: Litestar) -> list[Door]:
    """The doors that lead to one thing of somebody's, and the pages that take an id in their address's query."""
    ids = {"workshop_id", "purchase_id", "transaction_id", "session_id", "browser_id", "way_id"}
    found = [each for each in private(app) if ids & set(each.parameters)]
    asked = [Door("GET", path, {}) for path in ASKED if "session_id}" in path or "purchase_id}" in path]
    assert len(found) >= 15
    return found + asked


async def knocked(
    browser: Browser, door: Door, ids: Mapping[str, str], headers: Mapping[str, str]
) -> httpx.Response:
    fields = {"csrf_token": csrf_token(browser.token, SECRET), "notes": "x"} if door.method != "GET" else None
    return await browser.client.request(door.method, door.at(ids), data=fields, headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def bob(site: Site) -> Browser:
    return await site.browser(await make_user(name="Bob"))


@pytest_asyncio.fixture(loop_scope="session")
async def olga(site: Site) -> Browser:
    """An operator, by the setting and by the way in that proves her address."""
    async with tx():
        user_id = await person(Proven("email", OPERATOR, OPERATOR, "Olga"))
    return await site.browser(user_id, provider="email")


@pytest.fixture
def strangers(bob: Browser, olga: Browser) -> Mapping[str, Browser]:
    """Who is signed in, and has nothing to do with Alice."""
    return {"bob": bob, "an operator": olga}


@pytest.mark.parametrize("shape", AS)
@pytest.mark.parametrize("who", ["bob", "an operator"])
async def test_what_is_somebody_elses_is_not_there(
    site: Site, alice: Owner, strangers: Mapping[str, Browser], who: str, shape: str
) -> None:
    """ACCT-02, W14, W15: byte for byte what an id that never was is answered with; and nothing changes.

    An operator sees no more of other people's than anybody else.
    """
    visitor = strangers[who]
    unknown = unknown_ids()
    before = await fingerprint()
    for door in of_a_thing(site.app):
        theirs = await knocked(visitor, door, alice.ids, AS[shape])
        nobodys = await knocked(visitor, door, unknown, AS[shape])
        assert (theirs.status_code, nobodys.status_code) == (404, 404), door
        assert untokened(theirs.text) == untokened(nobodys.text), door
    assert await fingerprint() == before


async def test_what_is_somebody_elses_is_looked_for_and_read_no_further_than_what_never_was(
    site: Site, alice: Owner, bob: Browser
) -> None:
    """W47: as many questions to the database, and as many rows from it, so no clock can tell."""
    unknown = unknown_ids()
    for door in of_a_thing(site.app):
        work = []
        for ids in (alice.ids, unknown):
            async with counted_queries() as counted:
                await knocked(bob, door, ids, {})
            work.append((counted.queries, counted.rows))
        assert work[0] == work[1], door


async def test_what_was_given_away_is_not_there_for_its_former_owner(site: Site, alice: Owner) -> None:
    """W14: who owned it once knows its id, and nothing else any more."""
    workshop_id = await given_away(alice)
    unknown = unknown_ids()
    for door in of_a_thing(site.app):
        if "workshop_id" in door.path:
            answer = await knocked(alice.browser, door, alice.ids | {"workshop_id": workshop_id}, {})
            nobodys = await knocked(alice.browser, door, unknown, {})
            assert (answer.status_code, untokened(answer.text)) == (404, untokened(nobodys.text)), door


@pytest.mark.parametrize("shape", AS)
async def test_the_owner_finds_all_of_it(site: Site, alice: Owner, shape: str) -> None:
    """The other half: the ids that are "not there" above lead somewhere for whom they belong to."""
    marked = 0
    for door in of_a_thing(site.app):
        if door.method == "GET":
            answer = await knocked(alice.browser, door, alice.ids, AS[shape])
            assert answer.status_code in (200, 303, 409), door
            marked += MARK in answer.text
    assert marked >= 4


async def test_signed_out_every_private_page_leads_to_sign_in(site: Site, alice: Owner) -> None:
    """ACCT-02, H04, W08: nobody at all, and a session that has ended, at every door and in every shape."""
    ended = await site.browser(alice.user_id)
    await ended.post("/sign-out")
    ended.client.cookies.set("session", ended.token)
    for browser in (Browser(site.nobody(), ""), ended):
        browser.client.cookies.set("anon", PLANTED)
        knocking = replace_token(browser)
        for door in private(site.app):
            for headers in AS.values():
                answer = await knocked(knocking, door, alice.ids | REST, headers)
                on = answer.headers.get("location") or answer.headers.get("hx-redirect") or ""
                led = on.startswith("/sign-in?return_to=") and answer.status_code in (200, 303)
                assert led or (door.path in FOR_VISITORS_TOO and answer.status_code == 422), door
                assert MARK not in answer.text, door


def replace_token(browser: Browser) -> Browser:
    """Fills in forms as a signed-out browser with that form cookie does."""
    return Browser(browser.client, PLANTED)


@pytest.mark.parametrize("who", ["bob", "an operator"])
async def test_no_page_of_anybodys_shows_a_trace_of_somebody_else(
    site: Site, alice: Owner, strangers: Mapping[str, Browser], who: str
) -> None:
    """W14, W15: ids of hers in the query, in filters and as a search find nothing of hers either."""
    visitor = strangers[who]
    asked = [each.format(**alice.ids) for each in ASKED] + [f"/transactions?q={MARK}"]
    opened = [each.at(alice.ids | REST) for each in doors(site.app) if each.method == "GET"]
    hers = [MARK, *(text for name, text in alice.ids.items() if name in ("transaction_id",))]
    for path in [*asked, *opened]:
        answer = await visitor.client.get(path)
        shown = answer.text.replace(f"q={MARK}", "").replace(f'value="{MARK}"', "").replace(f"“{MARK}”", "")
        assert not any(each in shown for each in hers) or answer.status_code == 404, path


@pytest.mark.parametrize("shape", AS)
async def test_operators_have_a_page_and_to_everybody_else_it_is_not_there(
    site: Site, alice: Owner, bob: Browser, olga: Browser, shape: str
) -> None:
    """W14: byte for byte what an address that nobody has taken is answered with."""
    assert (await olga.get("/operator", AS[shape])).status_code == 200
    for browser in (alice.browser, bob, Browser(site.nobody(), "")):
        answer = await browser.get("/operator", AS[shape])
        nowhere = await browser.get("/nowhere", AS[shape])
        assert (answer.status_code, nowhere.status_code) == (404, 404)
        assert untokened(answer.text) == untokened(nowhere.text)
        assert unmarked(answer) == unmarked(nowhere)


async def test_below_every_address_a_page_that_is_not_there_knows_who_is_signed_in(
    site: Site, alice: Owner
) -> None:
    """UI-05, W29: the header of a signed-in person, as on every page; nobody signed in gets the other one."""
    nobody = Browser(site.nobody(), "")
    pages = [each for each in doors(site.app) if not each.opt.get("no_session")]
    for path in {each.at(alice.ids | REST).rstrip("/") for each in pages}:
        for below in (f"{path}/no", f"{path}/no/such/page"):
            answer, other = await alice.browser.get(below), await nobody.get(below)
            if (answer.status_code, other.status_code) == (
                404,
                404,
            ):  # else it is a page, or for another verb
                shown = 'id="balance"' in answer.text, 'id="balance"' in other.text
                assert shown == (True, False), below
    for verb in ("PUT", "DELETE"):
        assert (await alice.browser.client.request(verb, "/workshops/a/b/c")).status_code == 404


def unmarked(answer: httpx.Response) -> dict[str, str]:
    """Its headers, but for what is new in every answer."""
    return {name: text for name, text in answer.headers.items() if name not in NEW_EACH_TIME}


def test_which_pages_are_for_everybody_is_known(site: Site) -> None:
    """A new public page is a decision: it is written down above, or it asks for a signed-in person."""
    assert {each.path for each in doors(site.app)} >= PUBLIC


async def test_fields_that_no_form_has_change_nothing(site: Site, alice: Owner) -> None:
    """W16: who owns, owes, has paid or is somebody else is never asked of a form."""
    mallory = await make_user(name="Mallory")
    browser = await site.browser(mallory)
    lies = {
        "clerk_user_id": alice.user_id, "user_id": alice.user_id, "owner": alice.user_id, "id": alice.ids["workshop_id"],
        "credits": "99", "amount": "-99", "amount_cents": "1", "price": "0", "quantity": "99", "status": "paid",
        "credit_balance": "99", "credit_consumed_at": "2026-01-01", "is_operator": "true", "paid": "1", "seq": "1",
    }  # fmt: skip
    before = await rows_of(alice.user_id)
    made = await browser.post("/workshops", lies | {"title": "Mine", "start": "free"})
    workshop = made.headers["location"]
    for path, fields in {
        f"{workshop}/steps/challenge": {"notes": "x"},
        f"{workshop}/unlock": {},
        f"{workshop}/unlock/undo": {},
        "/checkout": {"pack": "single-flight"},
        "/account": {"theme": "dark", "time_zone": "UTC", "locale": "en"},
        "/onboarding/complete": {},
    }.items():
        assert (await browser.post(path, lies | fields)).status_code < 500, path
    [mine] = await rows("SELECT credit_consumed_at FROM workshops WHERE clerk_user_id = $1", mallory)
    [person] = await rows("SELECT credit_balance, ledger_seq FROM users WHERE clerk_user_id = $1", mallory)
    [bought] = await rows(
        "SELECT credits, amount_cents, status FROM purchases WHERE clerk_user_id = $1", mallory
    )
    assert (mine["credit_consumed_at"], person["credit_balance"], person["ledger_seq"]) == (None, 0, None)
    pack = site.till.shop.catalog.pack("single-flight")
    assert pack is not None
    assert tuple(bought) == (pack.credits, pack.amount_cents, "open")
    assert await rows_of(alice.user_id) == before


async def rows_of(user_id: str) -> list[str]:
    """All that is stored of a person, as text."""
    tables = ("users", "workshops", "purchases", "credit_transactions", "preferences")
    found = [
        await rows(f"SELECT t::text AS is FROM {each} t WHERE clerk_user_id = $1", user_id) for each in tables
    ]
    return sorted(each["is"] for part in found for each in part)
