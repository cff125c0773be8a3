"""The welcome panel: there until it is put away, and then gone for good, in every browser."""

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from app.database import rows
from app.workshops.steps import FREE_STEPS, PAID_RANGE, STEPS
from tests.factories import give, make_user, make_workshop
from tests.transactions.signed_in import HTMX, Element, Html, signed_in, stranger

DONE = "/onboarding/complete"


@pytest_asyncio.fixture(loop_scope="session")
async def charlie(pool: None) -> str:
    return await make_user(name="Charlie", onboarding_complete=False)


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Litestar, charlie: str) -> httpx.AsyncClient:
    return await signed_in(app, charlie)


async def panels(client: httpx.AsyncClient, path: str = "/dashboard") -> list[Element]:
    return Html(await client.get(path)).all("section", id="onboarding-welcome")


async def dismiss(client: httpx.AsyncClient, *, onward: str = "", **headers: str) -> httpx.Response:
    token = Html(await client.get("/account")).all("input", name="csrf_token")[0]["value"]
    pressed = {"onward": onward} if onward else {}
    return await client.post(DONE, data={"csrf_token": token} | pressed, headers=headers)


async def is_complete(user_id: str) -> bool:
    [person] = await rows("SELECT onboarding_complete FROM users WHERE clerk_user_id = $1", user_id)
    return bool(person["onboarding_complete"])


async def test_the_first_dashboard_welcomes_and_says_what_is_free(client: httpx.AsyncClient) -> None:
    """ONBD-01: readable without JavaScript; the numbers come from the step list."""
    [panel] = await panels(client)
    assert f"{len(STEPS)} steps" in panel.text
    assert "notes" in panel.text
    assert f"Steps 1 to {len(FREE_STEPS)} are free" in panel.text
    assert f"1 credit opens steps {PAID_RANGE}" in panel.text
    form = panel.one("form", method="post", action=DONE)
    assert [each.text for each in form.all("button")] == ["Get started", "Close"]


async def test_the_button_begins_a_workshop_or_goes_on_with_the_latest(
    app: Litestar, client: httpx.AsyncClient, charlie: str
) -> None:
    """ONBD-05: by its title; a balance is named; each way ends the panel."""
    [panel] = await panels(client)
    assert panel.all("button", name="onward")[0]["value"] == "/workshops/new"
    assert "You have" not in panel.text
    await make_workshop(user_id=charlie, title="The one before")
    latest = await make_workshop(user_id=charlie, title="A kinder <queue>")
    await give(charlie, 2)
    [panel] = await panels(client)
    assert "You have 2 credits already." in panel.text
    [onward, close] = panel.all("button")
    assert (onward.text, close.text) == ("Continue “A kinder <queue>”", "Close")
    assert onward["value"] == f"/workshops/{latest}"
    answer = await dismiss(client, onward=onward["value"], **HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, f"/workshops/{latest}")
    assert await is_complete(charlie)


async def test_the_way_on_never_leads_off_the_site(client: httpx.AsyncClient) -> None:
    """ACCT-03"""
    answer = await dismiss(client, onward="//evil.example/workshops")
    assert answer.headers["location"] == "/dashboard"


async def test_help_brings_the_welcome_and_the_hints_back(client: httpx.AsyncClient, charlie: str) -> None:
    await dismiss(client)
    await rows("UPDATE users SET gate_hint_seen = true WHERE clerk_user_id = $1", charlie)
    form = Html(await client.get("/help")).one("form", action="/onboarding/replay")
    token = form.one("input", name="csrf_token")["value"]
    for _ in range(2):
        answer = await client.post("/onboarding/replay", data={"csrf_token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    assert len(await panels(client)) == 1
    [person] = await rows("SELECT gate_hint_seen FROM users WHERE clerk_user_id = $1", charlie)
    assert not person["gate_hint_seen"]


async def test_help_is_open_to_all_and_offers_the_welcome_to_those_who_can_have_it(app: Litestar) -> None:
    page = Html(await stranger(app).get("/help"))
    assert not page.all("form", action="/onboarding/replay")
    for subject in ("Workshops and steps", "Credits", "Payments", "Refunds and disputes", "Write to us"):
        assert subject in [each.text for each in page.all("h2")]
    assert f"Steps 1–{len(FREE_STEPS)} are free" in page.text


async def test_no_other_page_and_nobody_else_is_welcomed(app: Litestar, client: httpx.AsyncClient) -> None:
    """ONBD-01"""
    assert await panels(client)
    for path in ("/transactions", "/pricing", "/account", "/workshops/new"):
        assert await panels(client, path) == []
    alice = await signed_in(app, await make_user())
    assert await panels(alice) == []


async def test_without_javascript_the_button_leads_back_to_a_dashboard_without_it(
    client: httpx.AsyncClient, charlie: str
) -> None:
    """ONBD-02"""
    answer = await dismiss(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    assert await is_complete(charlie)
    assert await panels(client) == []


async def test_htmx_swaps_the_panel_away(client: httpx.AsyncClient, charlie: str) -> None:
    """ONBD-02: an empty answer; 204 would leave the panel where it is."""
    answer = await dismiss(client, **HTMX)
    assert (answer.status_code, answer.text) == (200, "")
    assert await is_complete(charlie)


async def test_dismissing_again_changes_nothing(client: httpx.AsyncClient, charlie: str) -> None:
    """ONBD-02"""
    await dismiss(client)
    [before] = await rows("SELECT * FROM users WHERE clerk_user_id = $1", charlie)
    assert (await dismiss(client, **HTMX)).status_code == 200
    assert (await dismiss(client)).status_code == 303
    assert await rows("SELECT * FROM users WHERE clerk_user_id = $1", charlie) == [before]


async def test_it_is_kept_in_the_database_alone(
    app: Litestar, client: httpx.AsyncClient, charlie: str
) -> None:
    """ONBD-03: a second browser gets no panel; no cookie holds the state."""
    second = await signed_in(app, charlie)
    assert await panels(second)
    answer = await dismiss(client)
    assert "set-cookie" not in answer.headers
    assert await panels(second) == []


@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_when_it_cannot_be_stored_the_panel_stays_and_a_message_says_so(
    client: httpx.AsyncClient, charlie: str, superuser_url: str, headers: dict[str, str]
) -> None:
    """ONBD-02: somebody holds the person's row for longer than we wait."""
    rival = await asyncpg.connect(superuser_url)
    try:
        async with rival.transaction():
            await rival.execute("SELECT FROM users WHERE clerk_user_id = $1 FOR UPDATE", charlie)
            answer = await dismiss(client, **headers)
    finally:
        await rival.close()
    assert answer.status_code == 503
    assert "Nothing was half done" in Html(answer).text
    if headers:
        assert Html(answer).all("div", id="flash")
    assert not await is_complete(charlie)
    assert await panels(client)


async def test_a_forged_dismissal_and_a_signed_out_one_write_nothing(
    app: Litestar, client: httpx.AsyncClient, charlie: str
) -> None:
    """ACCT-04"""
    assert (await client.post(DONE, data={"csrf_token": "0" * 64})).status_code == 403
    assert (await stranger(app).post(DONE)).status_code in {303, 403}
    assert not await is_complete(charlie)
