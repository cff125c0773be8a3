"""Every door of a workshop, walked by the table of routes: closed steps stay closed, foreign workshops are not there."""

from dataclasses import dataclass

import pytest
import pytest_asyncio

from app.workshops.deleting import delete_workshop
from app.workshops.steps import PAID_STEPS
from tests.factories import make_user
from tests.web.reading import untokened
from tests.workshops.site import HTMX, Browser, Site
from tests.workshops.stories import at_gate, balance_of, new_workshop, stored

SLUGS = [step.slug for step in PAID_STEPS]
SHOWS_STEPS = {
    ("GET", "/workshops/{workshop_id}/steps/{slug}"),
    ("POST", "/workshops/{workshop_id}/steps/{slug}"),
    ("GET", "/workshops/{workshop_id}/build-pack"),
}
SHOWS_NOTHING_OF_STEPS = {
    ("GET", "/workshops/{workshop_id}"),
    ("POST", "/workshops/{workshop_id}/unlock"),
    ("POST", "/workshops/{workshop_id}/unlock/undo"),
    ("POST", "/workshops/{workshop_id}/start"),
    ("GET", "/workshops/{workshop_id}/delete"),
    ("POST", "/workshops/{workshop_id}/delete"),
}
LIES = [
    {},
    HTMX,
    {"HX-Request": "true", "HX-Boosted": "true"},
    {"HX-Request": "true", "HX-History-Restore-Request": "true"},
    {"X-HTTP-Method-Override": "GET", "X-Forwarded-For": "127.0.0.1"},
    {"Accept": "application/json"},
]


@dataclass(frozen=True)
class Locked:
    """Alice at the gate without a credit."""

    browser: Browser
    user: str
    workshop: str


@pytest_asyncio.fixture(loop_scope="session")
async def locked(site: Site) -> Locked:
    user = await make_user()
    return Locked(await site.browser(user), user, await at_gate(user))


def doors(site: Site) -> set[tuple[str, str]]:
    """Method and path of every route of the application that leads to one workshop."""
    found = set()
    for route in site.app.routes:
        path = route.path_format
        if path.startswith("/workshops/{"):
            found |= {(method, path) for method in getattr(route, "methods", [])}
    return {(method, path) for method, path in found if method not in ("OPTIONS", "HEAD")}


def test_every_route_of_a_workshop_is_known_to_these_tests(site: Site) -> None:
    """PAYW-05: a new route has to say here whether it shows anything of a step; if so, it is tried below."""
    assert doors(site) == SHOWS_STEPS | SHOWS_NOTHING_OF_STEPS


@pytest.mark.parametrize("lie", LIES, ids=str)
@pytest.mark.parametrize(("method", "path"), sorted(SHOWS_STEPS))
async def test_every_door_to_a_closed_step_answers_402_whatever_is_sent(
    locked: Locked, method: str, path: str, lie: dict[str, str]
) -> None:
    """PAYW-05: whatever headers, method, slug or current step is sent, nothing changes."""
    before = await stored(locked.workshop)
    fields = {"notes": "x", "continue": "1", "current_step": "validate", "version": "1", "slug": "challenge"}
    for slug in SLUGS:
        address = path.format(workshop_id=locked.workshop, slug=slug)
        if method == "GET":
            answer = await locked.browser.get(f"{address}?step=challenge&current_step=validate&try=1", lie)
        else:
            answer = await locked.browser.post(address, fields, lie)
        assert answer.status_code == 402, address
    assert await stored(locked.workshop) == before


async def test_notes_too_long_for_a_closed_step_are_still_answered_402(locked: Locked) -> None:
    """PAYW-05: the paywall is decided before anything else about a step."""
    answer = await locked.browser.post(
        f"/workshops/{locked.workshop}/steps/validate", {"notes": "x" * 30_000}
    )
    assert answer.status_code == 402


@pytest.mark.parametrize(("method", "path"), sorted(SHOWS_STEPS | SHOWS_NOTHING_OF_STEPS))
@pytest.mark.parametrize("slug", ["challenge", "reframe"])
async def test_another_persons_a_deleted_and_an_unknown_workshop_are_equally_not_there(
    site: Site, method: str, path: str, slug: str
) -> None:
    """ACCT-02: 404 with equal bytes, and nothing changes."""
    user, bob = await make_user(balance_credits=1), await make_user(name="Bob")
    alice = await site.browser(user)
    bobs, gone = await new_workshop(bob), await new_workshop(user)
    await delete_workshop(user, gone, now=site.clock())
    before = await stored(bobs)
    texts = set()
    for workshop in (bobs, gone, "ws_01k00000000000000000000000", "x", "%00", "ws_%F0%9F%92%A9"):
        address = path.format(workshop_id=workshop, slug=slug)
        answer = await (alice.get(address) if method == "GET" else alice.post(address, {"notes": "x"}))
        assert answer.status_code == 404, address
        texts.add(untokened(answer.text))
    assert len(texts) == 1
    assert (await stored(bobs), await balance_of(user)) == (before, 1)


@pytest.mark.parametrize(
    ("method", "path"), sorted(each for each in SHOWS_STEPS | SHOWS_NOTHING_OF_STEPS if each[0] == "POST")
)
async def test_a_form_without_its_token_changes_nothing(locked: Locked, method: str, path: str) -> None:
    """ACCT-04, W01"""
    before = await stored(locked.workshop)
    address = path.format(workshop_id=locked.workshop, slug="journey-mapping")
    answer = await locked.browser.client.request(method, address, data={"notes": "x"})
    assert answer.status_code == 403
    assert await stored(locked.workshop) == before


async def test_signed_out_every_page_leads_to_sign_in(site: Site, locked: Locked) -> None:
    """ACCT-02"""
    async with site.nobody() as nobody:
        for method, path in sorted(doors(site)):
            if method == "GET":
                address = path.format(workshop_id=locked.workshop, slug="challenge")
                answer = await nobody.get(address)
                assert answer.headers["location"] == f"/sign-in?return_to={address}"
