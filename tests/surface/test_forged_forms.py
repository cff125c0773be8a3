"""Every form of the application against every way of forging one; the forms are found in the application itself."""

from collections.abc import Callable

import httpx
import pytest
from litestar import Litestar

from app.web.csrf import csrf_token
from tests.accounts.browsers import csrf_token as token_on
from tests.factories import make_user
from tests.surface.people import Owner, owner
from tests.surface.walk import Door, changing, doors, fingerprint
from tests.workshops.site import HTMX, SECRET, Browser, Site

OURS = "http://testserver"
PLANTED = "p" * 43
FIELDS = {"title": "Forged", "start": "free", "notes": "Forged", "pack": "single-flight", "user": "zero"}
Forged = tuple[dict[str, str], dict[str, str]]  # what else the form holds, and its headers


def own(browser: Browser) -> dict[str, str]:
    return {"csrf_token": csrf_token(browser.token, SECRET)}


ATTACKS: dict[str, Callable[[Browser, str], Forged]] = {
    "no token": lambda alice, other: ({}, {}),
    "another session's token": lambda alice, other: ({"csrf_token": csrf_token(other, SECRET)}, {}),
    "a signed-out browser's token, with its cookie planted": lambda alice, other: (
        {"csrf_token": csrf_token(PLANTED, SECRET)},
        {},
    ),
    "another site's page": lambda alice, other: (own(alice), {"origin": "https://evil.example"}),
    "a page that the browser calls another site's": lambda alice, other: (
        own(alice),
        {"sec-fetch-site": "cross-site"},
    ),
    "a page without an origin": lambda alice, other: (own(alice), {"origin": "null"}),
    "a neighbour under the same name": lambda alice, other: (own(alice), {"sec-fetch-site": "same-site"}),
}


def every_form(app: Litestar) -> list[Door]:
    found = changing(app)
    assert len(found) >= 12
    return found


@pytest.mark.parametrize("extra", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_forged_form_does_anything(
    site: Site, alice: Owner, attack: str, extra: dict[str, str]
) -> None:
    """ACCT-04, W01, W02, H09: 403 at every door, and no row anywhere is another."""
    other = (await site.browser(await make_user(name="Mallory"))).token
    alice.browser.client.cookies.set("anon", PLANTED)
    before = await fingerprint()
    for door in every_form(site.app):
        fields, headers = ATTACKS[attack](alice.browser, other)
        answer = await alice.browser.client.request(
            door.method,
            door.at(alice.ids | {"token": "t" * 43}),
            data=FIELDS | fields,
            headers=headers | extra,
        )
        assert answer.status_code == 403, door
    assert await fingerprint() == before


async def test_a_form_from_before_signing_in_again_is_refused(site: Site) -> None:
    """W06: the token went with its session, and the new session takes none of it."""
    client = site.nobody()
    answer = await sign_in(client)
    assert answer.status_code == 303
    old = token_on((await client.get("/account")).text)
    await client.post("/sign-in/demo", data={"csrf_token": old, "user": "funded"})
    before = await fingerprint()
    for door in every_form(site.app):
        ids = dict.fromkeys(door.parameters, "x" * 43)
        refused = await client.request(door.method, door.at(ids), data=FIELDS | {"csrf_token": old})
        assert refused.status_code == 403, door
    assert await fingerprint() == before


async def test_no_door_refuses_a_form_of_ours(site: Site) -> None:
    """The other half: what is refused above is refused for being forged. Each form comes from a session of its own."""
    for door in every_form(site.app):
        alice = await owner(site)
        answer = await alice.browser.client.request(
            door.method,
            door.at(alice.ids | {"token": "t" * 43}),
            data=FIELDS | own(alice.browser),
            headers={"origin": OURS, "sec-fetch-site": "same-origin"},
        )
        if door.path.startswith("/sign-in/email/"):
            assert answer.status_code in (403, 404)  # an unknown link
            continue
        assert answer.status_code not in (403, 405) and answer.status_code < 500, door


def test_the_signed_webhook_alone_needs_no_token(site: Site) -> None:
    """W05"""
    assert {str(each) for each in doors(site.app) if each.opt.get("no_csrf")} == {"POST /webhooks/stripe"}


async def sign_in(client: httpx.AsyncClient) -> httpx.Response:
    token = token_on((await client.get("/sign-in")).text)
    return await client.post("/sign-in/demo", data={"csrf_token": token, "user": "zero"})


async def test_reading_changes_nothing(site: Site, alice: Owner) -> None:
    """W03: every page is opened, with and without JavaScript, as oneself and signed out; nothing is written but when
    a session was last seen, counters, and step rows that were missing. (The return page has tests of its own.)
    """
    opened = [each for each in doors(site.app) if each.method in ("GET", "HEAD")]
    assert len(opened) >= 25
    ids = alice.ids | {"token": "t" * 43, "digest": "d", "name": "app.css", "rest": "no/such/page"}
    before = await fingerprint()
    for door in opened:
        for headers in ({}, HTMX):
            for client in (alice.browser.client, site.nobody()):
                answer = await client.request(door.method, door.at(ids), headers=headers)
                assert answer.status_code < 500, door
    assert await fingerprint() == before
