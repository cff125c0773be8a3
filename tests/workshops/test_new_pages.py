"""Creating a workshop: three ways to start, and each way it can go wrong."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.accounts.sessions import session
from app.clock import utc_now
from app.database import row, rows
from app.workshops import creation_routes
from app.workshops.creating import LONGEST_TITLE, Created, create_workshop
from app.workshops.steps import STEPS
from tests.factories import make_user
from tests.web.reading import by_id, fragment, hidden, parsed, words
from tests.workshops.site import HTMX, Browser, Site, site_with
from tests.workshops.stories import balance_of, consumptions_of, stored

SAVED_UNPAID = "Your workshop is saved. The payment could not be started. Nothing was charged."


async def workshops_of(user_id: str) -> list[tuple[str, str]]:
    """Id and title of every workshop, deleted ones too, oldest first."""
    found = await rows("SELECT id, title FROM workshops WHERE clerk_user_id = $1 ORDER BY id", user_id)
    return [(each["id"], each["title"]) for each in found]


async def purchases_of(user_id: str) -> list[tuple[str, str, str]]:
    """Pack, status and intent of every purchase, oldest first."""
    found = await rows(
        "SELECT pack, status, unlock_workshop_id FROM purchases WHERE clerk_user_id = $1 ORDER BY created_at",
        user_id,
    )
    return [(each["pack"], each["status"], each["unlock_workshop_id"]) for each in found]


async def ways(browser: Browser) -> list[str]:
    """What the form offers to start with."""
    page = parsed((await browser.get("/workshops/new")).text)
    return [str(each.get("value")) for each in page.iter("input") if each.get("type") == "radio"]


@pytest.mark.parametrize(
    ("balance_credits", "offered"),
    [
        (-1, ["free", "buy:serial-entrepreneur"]),
        (0, ["free", "buy:single-flight", "buy:serial-entrepreneur"]),
        (1, ["free", "unlock"]),
        (25, ["free", "unlock"]),
    ],
)
async def test_the_balance_decides_the_choice_and_the_free_way_is_preselected(
    site: Site, balance_credits: int, offered: list[str]
) -> None:
    """WORK-01, UI-12: nothing paid is ever preselected."""
    browser = await site.browser(await make_user(balance_credits=balance_credits))
    assert await ways(browser) == offered
    page = parsed((await browser.get("/workshops/new")).text)
    chosen = [each.get("value") for each in page.iter("input") if each.get("checked") is not None]
    assert chosen == ["free"]


async def test_the_credit_way_names_what_there_is_and_what_it_leaves(site: Site) -> None:
    """5.4"""
    browser = await site.browser(await make_user(balance_credits=3))
    form = by_id(parsed((await browser.get("/workshops/new")).text), "workshops-new")
    assert "Use 1 credit now You have 3. This leaves 2." in words(form)


async def test_starting_free_makes_the_workshop_its_ten_rows_and_opens_step_one(
    alice: Browser, user: str
) -> None:
    """WORK-01"""
    answer = await alice.post("/workshops", {"title": "  Launch   plan ", "start": "free", "form_key": "a"})
    [(workshop, title)] = await workshops_of(user)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/workshops/{workshop}")
    assert title == "Launch plan"
    made = await stored(workshop)
    assert sorted(made.statuses) == sorted(step.slug for step in STEPS)
    assert (made.current_step, made.statuses["challenge"]) == ("challenge", "in_progress")


@pytest.mark.parametrize("title", ["", "   ", "\u200b", "\u202e\u2060", "\x01\x7f"])
async def test_a_title_with_nothing_to_see_becomes_new_workshop(
    alice: Browser, user: str, title: str
) -> None:
    await alice.post("/workshops", {"title": title, "form_key": "a"})
    assert [kept for _, kept in await workshops_of(user)] == ["New workshop"]


async def test_a_title_that_is_too_long_comes_back_whole(alice: Browser, user: str) -> None:
    """5.4: 422, text kept."""
    text = "x" * (LONGEST_TITLE + 1)
    for headers in ({}, HTMX):
        answer = await alice.post("/workshops", {"title": text, "start": "free", "form_key": "a"}, headers)
        assert answer.status_code == 422
        assert f'value="{text}"' in answer.text
        assert "this one has 101" in answer.text
    assert fragment(answer.text)[0].get("id") == "workshops-new"
    assert await workshops_of(user) == []
    await alice.post("/workshops", {"title": text[1:], "start": "free", "form_key": "a"})
    assert len(await workshops_of(user)) == 1


async def test_a_title_that_was_typed_before_comes_along(alice: Browser) -> None:
    page = parsed((await alice.get("/workshops/new?title=Launch%20plan")).text)
    assert by_id(page, "title").get("value") == "Launch plan"


@pytest.mark.parametrize("has_cookie", [True, False], ids=["lapsed", "signed out in another tab"])
async def test_a_typed_title_survives_a_sign_in_that_has_ended(
    alice: Browser, user: str, has_cookie: bool
) -> None:
    """UI-11, UI-25: the form comes back filled in."""
    await session.end(alice.token)
    if not has_cookie:
        alice.client.cookies.delete("session", domain="", path="/")
    form = {"title": "Plan & ‘draft’ 100 %", "start": "free", "form_key": "a"}
    sent_by = {"Referer": "http://testserver/workshops/new?title=old", "Origin": "http://testserver"}
    answer = await alice.post("/workshops", form, sent_by)
    assert answer.status_code == 303
    back = parse_qs(urlsplit(answer.headers["location"]).query)["return_to"][0]
    assert await workshops_of(user) == []
    alice.client.cookies.set("session", await session.create(user, provider="demo", now=utc_now()))
    page = parsed((await alice.get(back)).text)
    assert by_id(page, "title").get("value") == "Plan & ‘draft’ 100 %"


@pytest.mark.parametrize("start", ["buy:agency", "buy:", "buy:nothing", "unlock ", "UNLOCK", "x"])
async def test_a_way_that_is_none_is_refused_with_the_real_ones(
    alice: Browser, user: str, start: str
) -> None:
    """BILL-08: agency cannot be bought."""
    answer = await alice.post("/workshops", {"title": "Kept", "start": start, "form_key": "a"})
    assert answer.status_code == 422
    assert by_id(parsed(answer.text), "title").get("value") == "Kept"
    assert (await workshops_of(user), await purchases_of(user)) == ([], [])


async def test_unlocking_at_once_is_one_transaction_with_the_toast(site: Site) -> None:
    """WORK-01"""
    user = await make_user(balance_credits=3)
    alice = await site.browser(user)
    answer = await alice.post("/workshops", {"title": "Now", "start": "unlock", "form_key": "a"})
    [(workshop, _)] = await workshops_of(user)
    assert (await stored(workshop)).is_unlocked
    assert (await balance_of(user), await consumptions_of(user)) == (2, [workshop])
    step = await alice.get(answer.headers["location"])
    page = parsed((await alice.get(step.headers["location"])).text)
    assert words(by_id(page, "flash")) == "“Now” is unlocked. 1 credit used — 2 remaining."


async def test_a_balance_that_is_gone_meanwhile_creates_nothing_and_renews_the_choices(
    alice: Browser, user: str
) -> None:
    """WORK-01: 402, title kept."""
    answer = await alice.post("/workshops", {"title": "Kept", "start": "unlock", "form_key": "a"})
    assert answer.status_code == 402
    form = by_id(parsed(answer.text), "workshops-new")
    assert by_id(form, "title").get("value") == "Kept"
    assert hidden(form, "form_key") == "a"
    assert "Nothing was created and no credit was used" in words(form)
    values = [each.get("value") for each in form.iter("input") if each.get("type") == "radio"]
    assert values == ["free", "buy:single-flight", "buy:serial-entrepreneur"]
    assert await workshops_of(user) == []


async def test_one_form_makes_one_workshop_however_often_it_is_sent(site: Site) -> None:
    """WORK-01: double click, Back and resubmit, two tabs."""
    user = await make_user(balance_credits=5)
    alice = await site.browser(user)
    form = {"title": "Once", "start": "unlock", "form_key": "once"}
    answers = await asyncio.gather(*(alice.post("/workshops", form) for _ in range(10)))
    [(workshop, _)] = await workshops_of(user)
    assert {answer.headers["location"] for answer in answers} == {f"/workshops/{workshop}"}
    assert (await balance_of(user), await consumptions_of(user)) == (4, [workshop])


async def test_a_form_that_comes_back_under_another_title_is_told_that_it_was_used(
    alice: Browser, user: str
) -> None:
    """M04: the first outcome stands untouched."""
    await alice.post("/workshops", {"title": "First", "start": "free", "form_key": "a"})
    answer = await alice.post("/workshops", {"title": "Second", "start": "free", "form_key": "a"})
    assert answer.status_code == 409
    assert [title for _, title in await workshops_of(user)] == ["First"]


async def test_buying_saves_the_workshop_and_goes_to_the_payment_page(
    site: Site, alice: Browser, user: str
) -> None:
    """WORK-01: purchase with the intent to unlock it."""
    answer = await alice.post("/workshops", {"title": "Paid", "start": "buy:single-flight", "form_key": "a"})
    [(workshop, _)] = await workshops_of(user)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{site.till.sandbox.url}/c/pay/")
    assert await purchases_of(user) == [("single-flight", "open", workshop)]
    again = await alice.post("/workshops", {"title": "Paid", "start": "buy:single-flight", "form_key": "a"})
    assert again.headers["location"] == answer.headers["location"]
    assert len(await workshops_of(user)) == len(await purchases_of(user)) == 1


async def test_paid_the_workshop_is_unlocked_and_the_buyer_goes_on_in_it(
    site: Site, alice: Browser, user: str
) -> None:
    """PAYW-04, BILL-01: rows +1 and −1 from the payment page to the workshop."""
    answer = await alice.post("/workshops", {"title": "Paid", "start": "buy:single-flight", "form_key": "a"})
    [(workshop, _)] = await workshops_of(user)
    paid = await site.till.sandbox.pay(answer.headers["location"].rpartition("/")[2])
    back = await alice.get(paid.headers["location"].removeprefix("http://testserver"))
    assert back.status_code == 303
    assert back.headers["location"].startswith(f"/workshops/{workshop}")
    assert (await stored(workshop)).is_unlocked
    found = await rows("SELECT amount FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY seq", user)
    assert [each["amount"] for each in found] == [1, -1]


@pytest.mark.parametrize("kind", ["503", "garbage"])
async def test_with_stripe_down_the_workshop_is_saved_and_nothing_starts_by_itself(
    site: Site, alice: Browser, user: str, kind: str
) -> None:
    """WORK-02: 503 with the exact words, no free start unasked, a retry makes no duplicate."""
    site.till.sandbox.fault("api", kind, times=99)
    form = {"title": "Kept", "start": "buy:single-flight", "form_key": "a"}
    down = await alice.post("/workshops", form)
    assert down.status_code == 503
    page = parsed(down.text)
    assert words(by_id(page, "unpaid-text")) == SAVED_UNPAID
    assert [words(each) for each in by_id(page, "workshops-unpaid").iter("button")] == [
        "Try again",
        "Start with the free steps",
    ]
    [(workshop, _)] = await workshops_of(user)
    assert (await stored(workshop)).statuses["challenge"] == "not_started"
    assert "Payment not started" in (await alice.get("/dashboard")).text
    assert (await alice.post("/workshops", form)).status_code == 503
    site.till.sandbox.state.faults.clear()
    again, free = list(by_id(page, "workshops-unpaid").iter("form"))
    assert free.get("action") == f"/workshops/{workshop}/start"
    fields = {name: hidden(again, name) for name in ("pack", "workshop_id", "return_to", "form_key")}
    on = await alice.post("/checkout", fields)
    assert on.headers["location"].startswith(site.till.sandbox.url)
    assert await workshops_of(user) == [(workshop, "Kept")]
    assert await purchases_of(user) == [("single-flight", "open", workshop)]


async def test_an_abandoned_payment_leaves_the_workshop_with_the_same_two_ways_on(
    alice: Browser, user: str
) -> None:
    """WORK-01: until one of them is taken; starting free is then a choice, and the notice goes."""
    await alice.post("/workshops", {"title": "Later", "start": "buy:single-flight", "form_key": "a"})
    [(workshop, _)] = await workshops_of(user)
    here = f"/workshops/{workshop}/steps/challenge"
    page = parsed((await alice.get(here)).text)
    assert words(by_id(page, "unpaid-text")) == "The payment was not finished. Nothing was charged."
    assert "Later" in words(by_id(page, "main"))
    begun = await alice.post(f"/workshops/{workshop}/start")
    assert (begun.status_code, begun.headers["location"]) == (303, f"/workshops/{workshop}")
    after = await alice.get(here)
    assert "workshops-unpaid" not in after.text
    assert (await stored(workshop)).statuses["challenge"] == "in_progress"
    assert await consumptions_of(user) == []


async def test_choosing_another_way_with_the_same_form_takes_that_way_with_the_same_workshop(
    alice: Browser, user: str
) -> None:
    """5.4: Back from the payment page, then free after all."""
    await alice.post("/workshops", {"title": "Later", "start": "buy:single-flight", "form_key": "a"})
    await alice.post("/workshops", {"title": "Later", "start": "free", "form_key": "a"})
    [(workshop, _)] = await workshops_of(user)
    assert (await stored(workshop)).statuses["challenge"] == "in_progress"


async def test_a_form_that_bought_and_comes_back_once_paid_leads_into_the_workshop(
    site: Site, alice: Browser, user: str
) -> None:
    """WORK-04: nothing is sold twice."""
    form = {"title": "Paid", "start": "buy:single-flight", "form_key": "a"}
    first = await alice.post("/workshops", form)
    [(workshop, _)] = await workshops_of(user)
    paid = await site.till.sandbox.pay(first.headers["location"].rpartition("/")[2])
    await alice.get(paid.headers["location"].removeprefix("http://testserver"))
    again = await alice.post("/workshops", form)
    assert again.headers["location"] == f"/workshops/{workshop}"
    assert len(await purchases_of(user)) == 1


async def test_a_form_that_bought_and_comes_back_while_the_money_settles_leads_to_its_payment(
    site: Site, alice: Browser, user: str
) -> None:
    """WORK-04: Back from a bank debit and once more the same button: on to how it stands, nothing sold twice."""
    form = {"title": "By bank", "start": "buy:single-flight", "form_key": "a"}
    first = await alice.post("/workshops", form)
    session_id = first.headers["location"].rpartition("/")[2]
    await site.till.sandbox.pay(session_id, method="sepa_debit", outcome="stuck")
    await alice.get(f"/checkout/success?session_id={session_id}")
    again = await alice.post("/workshops", form)
    assert (again.status_code, again.headers["location"]) == (
        303,
        f"/checkout/success?session_id={session_id}",
    )
    assert [status for _, status, _ in await purchases_of(user)] == ["settling"]


async def test_a_workshop_that_opens_while_its_payment_page_is_made_is_gone_to(
    site: Site, alice: Browser, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WORK-04: the webhook was faster than the second press of the same form."""
    form = {"title": "Fast", "start": "buy:single-flight", "form_key": "a"}
    first = await alice.post("/workshops", form)
    [(workshop, _)] = await workshops_of(user)
    session_id = first.headers["location"].rpartition("/")[2]
    await site.till.sandbox.pay(session_id)

    async def made_then_paid(*values: Any, **more: Any) -> Created:
        made = await create_workshop(*values, **more)
        await alice.get(f"/checkout/success?session_id={session_id}")
        return made

    monkeypatch.setattr(creation_routes, "create_workshop", made_then_paid)
    again = await alice.post("/workshops", form)
    assert (again.status_code, again.headers["location"]) == (303, f"/workshops/{workshop}")
    assert await consumptions_of(user) == [workshop]


async def test_with_the_paywall_off_there_is_no_choice_at_all(site: Site) -> None:
    """5.15: whatever is sent, nothing is consumed and nothing sold."""
    user = await make_user(balance_credits=1)
    alice = await site_with(site.till, paywall_enabled=False).browser(user)
    assert await ways(alice) == []
    for key, start in (("a", "unlock"), ("b", "buy:single-flight"), ("c", "")):
        answer = await alice.post("/workshops", {"title": "Open", "start": start, "form_key": key})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/workshops/")
    assert (await balance_of(user), await purchases_of(user)) == (1, [])
    assert len(await workshops_of(user)) == 3


async def test_starting_free_is_for_the_owner_alone(site: Site, alice: Browser, user: str) -> None:
    """ACCT-02"""
    await alice.post("/workshops", {"title": "Hers", "start": "buy:single-flight", "form_key": "a"})
    [(workshop, _)] = await workshops_of(user)
    bob = await site.browser(await make_user(name="Bob"))
    assert (await bob.post(f"/workshops/{workshop}/start")).status_code == 404
    found = await row(
        "SELECT status FROM workshop_steps WHERE workshop_id = $1 AND slug = 'challenge'", workshop
    )
    assert found is not None
    assert found["status"] == "not_started"
