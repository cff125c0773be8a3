"""Hints at the gate and at the history: there on the first meeting, in the flow, and gone once they are put away."""

import httpx
import pytest
from litestar import Litestar

from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP
from tests.factories import make_user, make_workshop
from tests.transactions.signed_in import HTMX, Element, Html, signed_in

GATE = LAST_FREE_STEP.slug


async def hints(client: httpx.AsyncClient, path: str) -> list[Element]:
    return Html(await client.get(path)).all("form", id="onboarding-hint")


async def hide(client: httpx.AsyncClient, form: Element, **headers: str) -> httpx.Response:
    fields = {each["name"]: each["value"] for each in form.all("input")}
    return await client.post(form["action"], data=fields, headers=headers)


@pytest.fixture
async def alice(pool: None) -> str:
    return await make_user()


async def test_the_history_explains_itself_until_the_hint_is_put_away(app: Litestar, alice: str) -> None:
    """ONBD-03, ONBD-04: in every browser; without JavaScript it leads back to the history."""
    client, second = await signed_in(app, alice), await signed_in(app, alice)
    [hint] = await hints(client, "/transactions")
    assert "This is your account book." in hint.text
    answer = await hide(client, hint)
    assert (answer.status_code, answer.headers["location"]) == (303, "/transactions")
    assert "set-cookie" not in answer.headers
    assert await hints(client, "/transactions") == await hints(second, "/transactions") == []


async def test_the_gate_explains_itself_before_it_is_met_and_nowhere_else(app: Litestar, alice: str) -> None:
    """PAYW-01: no step but the last free one, and the locked ones."""
    workshop = await make_workshop(user_id=alice, current_step=GATE)
    client = await signed_in(app, alice)
    steps = f"/workshops/{workshop}/steps"
    for slug in ("challenge", "persona"):
        assert await hints(client, f"{steps}/{slug}") == []
    [hint] = await hints(client, f"{steps}/{FIRST_PAID_SLUG}")
    [hint] = await hints(client, f"{steps}/{GATE}")
    assert "Here the free part ends." in hint.text
    assert "1 credit unlocks steps 7–10" in hint.text
    answer = await hide(client, hint, **HTMX)
    assert (answer.status_code, answer.text) == (200, "")
    assert (await hide(client, hint, **HTMX)).status_code == 200  # again: nothing more happens
    assert await hints(client, f"{steps}/{GATE}") == await hints(client, f"{steps}/{FIRST_PAID_SLUG}") == []
    assert len(await hints(client, "/transactions")) == 1  # one hint is not the other


async def test_a_hint_that_nobody_gave_is_refused_and_a_forged_form_hides_nothing(
    app: Litestar, alice: str
) -> None:
    """ACCT-04"""
    client = await signed_in(app, alice)
    [hint] = await hints(client, "/transactions")
    token = hint.one("input", name="csrf_token")["value"]
    unknown = await client.post(hint["action"], data={"csrf_token": token, "hint": "other"})
    forged = await client.post(hint["action"], data={"csrf_token": "0" * 64, "hint": "history"})
    assert (unknown.status_code, forged.status_code) == (422, 403)
    assert len(await hints(client, "/transactions")) == 1


async def test_what_a_credit_is_can_be_asked_in_the_history(app: Litestar, alice: str) -> None:
    """ONBD-04: the same words as beside the badge, from one template; closed until asked for."""
    page = Html(await (await signed_in(app, alice)).get("/transactions"))
    asks = [each for each in page.all("button") if each.text == "What is a credit?"]
    answers = [page.one("div", id=each["popovertarget"], popover="") for each in asks]
    assert len(answers) == 2
    assert answers[0].text == answers[1].text
