"""The gate: the prompt in place, the locked page, the unlock and its words."""

import asyncio
import re
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from app.database import row
from app.workshops import pages
from app.workshops.access import PaywallRules
from app.workshops.sample import SAMPLE
from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP, PAID_STEPS, STEPS, Step
from app.workshops.view import LockedPage
from app.workshops.visit import Visit
from tests.factories import give, make_purchase, make_user
from tests.web.reading import by_id, fragment, hidden, parsed, words
from tests.workshops.holding import holding
from tests.workshops.site import HTMX, Browser, Site, site_with
from tests.workshops.stories import (
    at_gate,
    at_step,
    balance_of,
    completed,
    consumptions_of,
    new_workshop,
    stored,
    unlocked,
    write,
)

GATE = LAST_FREE_STEP.slug
PRESS = {"notes": "Where it hurts", "continue": "1"}


def ways_of(offer: Element) -> list[str]:
    """The buttons that send a form."""
    return [words(each) for form in offer.iter("form") for each in form.iter("button")]


async def test_save_and_continue_at_the_gate_saves_the_notes_and_answers_with_the_prompt(
    alice: Browser, user: str
) -> None:
    """PAYW-02, PAYW-03: same URL, step in progress, no row; without JavaScript the step page with the prompt in it."""
    workshop = await at_step(user, GATE)
    answer = await alice.post(f"/workshops/{workshop}/steps/{GATE}", PRESS)
    assert answer.status_code == 402
    page = parsed(answer.text)
    prompt = words(by_id(page, "workshops-offer"))
    assert "Your Build Pack is 4 steps away" in prompt
    assert "6 of 10 steps complete" in prompt
    assert "Save and decide later" in prompt
    assert by_id(page, "notes").text == "Where it hurts"
    after = await stored(workshop)
    assert (after.notes[GATE], after.statuses[GATE]) == ("Where it hurts", "in_progress")
    assert (after.current_step, after.statuses[FIRST_PAID_SLUG]) == (GATE, "not_started")
    assert await consumptions_of(user) == []


async def test_for_htmx_the_prompt_is_a_dialog_and_the_form_beneath_learns_the_new_version(
    alice: Browser, user: str
) -> None:
    """PAYW-02, UI-11"""
    workshop = await at_step(user, GATE)
    here = f"/workshops/{workshop}/steps/{GATE}"
    answer = await alice.post(here, {**PRESS, "version": "1"}, HTMX)
    assert (answer.status_code, answer.headers["hx-retarget"]) == (402, "#dialog")
    dialog = fragment(answer.text)[0]
    assert (dialog.tag, dialog.get("aria-labelledby")) == ("dialog", "offer-title")
    assert by_id(dialog, "offer-title").get("autofocus") is not None
    assert [form.get("method") for form in dialog.iter("form")].count("dialog") == 1
    version = by_id(dialog, "notes-version")
    assert version.get("data-hx-swap-oob") == "true"
    later = await alice.post(here, {"notes": "More", "version": str(version.get("value"))})
    assert later.status_code == 303


async def test_deciding_later_leaves_everything_as_it_was(alice: Browser, user: str) -> None:
    """PAYW-03: the way out leads back to the step, whose notes are kept."""
    workshop = await at_gate(user)
    page = parsed((await alice.post(f"/workshops/{workshop}/steps/{GATE}", PRESS)).text)
    before = await stored(workshop)
    [way_out] = [
        each for each in by_id(page, "workshops-offer").iter("a") if words(each) == "Save and decide later"
    ]
    back = await alice.get(str(way_out.get("href")))
    assert (back.status_code, "workshops-offer" in back.text) == (200, False)
    assert by_id(parsed(back.text), "notes").text == "Where it hurts"
    assert await stored(workshop) == before


@pytest.mark.parametrize("step", PAID_STEPS, ids=lambda step: step.slug)
async def test_a_locked_step_from_elsewhere_says_so_with_the_true_progress(
    alice: Browser, user: str, step: object
) -> None:
    """PAYW-03, UI-09: 402 at the same URL, and no word of the gate."""
    workshop = await at_step(user, "user-research")
    here = f"/workshops/{workshop}/steps/{step.slug}"  # type: ignore[attr-defined]
    answer = await alice.get(here)
    assert answer.status_code == 402
    text = words(by_id(parsed(answer.text), "main"))
    assert "Steps 7–10 are locked" in text
    assert "2 of 10 steps complete" in text
    assert "Not now" in text
    assert "Back to step 3, User research" in text
    assert "steps away" not in text
    assert "Save and decide later" not in text
    assert step.purpose not in text  # type: ignore[attr-defined]
    part = await alice.get(here, HTMX)
    assert (part.status_code, part.headers["hx-retarget"]) == (402, "#dialog")
    assert "Steps 7–10 are locked" in words(fragment(part.text)[0])


async def test_a_locked_step_asked_for_at_the_gate_has_the_words_of_the_gate(
    alice: Browser, user: str
) -> None:
    workshop = await at_gate(user)
    answer = await alice.get(f"/workshops/{workshop}/steps/{FIRST_PAID_SLUG}")
    text = words(by_id(parsed(answer.text), "workshops-offer"))
    assert "Your Build Pack is 4 steps away" in text
    assert "6 of 10 steps complete" in text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["the page", "the dialog"])
async def test_where_nothing_is_saved_the_way_out_does_not_say_it_saves(
    alice: Browser, user: str, headers: dict[str, str]
) -> None:
    """PAYW-03: a locked step asked for by its address brings no notes along, at the gate neither."""
    workshop = await at_gate(user)
    answer = await alice.get(f"/workshops/{workshop}/steps/{FIRST_PAID_SLUG}", headers)
    assert answer.status_code == 402
    assert "Not now" in answer.text
    assert "Save and decide later" not in answer.text


async def test_prompt_and_locked_page_show_the_fixed_sample_and_nobodys_notes(site: Site) -> None:
    """PAYW-07: equal for all workshops; notes on paid steps of a workshop that was closed again stay closed."""
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    await unlocked(user, workshop)
    await write(user, workshop, FIRST_PAID_SLUG, "Secret question", moves_on=False)
    await row(
        "UPDATE workshops SET credit_consumed_at = NULL, current_step = $2 WHERE id = $1", workshop, GATE
    )
    other = await at_gate(user)
    shown = []
    for each in (workshop, other):
        for answer in (
            await alice.get(f"/workshops/{each}/steps/{FIRST_PAID_SLUG}"),
            await alice.post(f"/workshops/{each}/steps/{GATE}", PRESS),
        ):
            assert answer.status_code == 402
            assert "Secret question" not in answer.text
            page = parsed(answer.text)
            shown.append([words(row_) for row_ in by_id(page, "workshops-offer").iter("dd")])
    assert shown == [[line.text for line in SAMPLE]] * 4
    # The stamp was lifted by hand, which the ledger does not know of; put it back for the audit's sake.
    await row("UPDATE workshops SET credit_consumed_at = now() WHERE id = $1", workshop)


async def test_covered_the_offer_names_cost_and_what_is_left_and_sells_nothing(site: Site) -> None:
    """UI-10"""
    user = await make_user(balance_credits=3)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    offer = by_id(
        parsed((await alice.post(f"/workshops/{workshop}/steps/{GATE}", PRESS)).text), "workshops-offer"
    )
    assert "This will use 1 credit to continue. You have 3; you will have 2." in words(offer)
    assert [form.get("action") for form in offer.iter("form")] == [f"/workshops/{workshop}/unlock"]
    assert ways_of(offer) == ["Use 1 credit to unlock"]


async def test_short_the_cheapest_pack_leads_and_the_forms_carry_the_intent(
    alice: Browser, user: str
) -> None:
    workshop = await at_gate(user)
    page = parsed((await alice.get(f"/workshops/{workshop}/steps/reframe")).text)
    offer = by_id(page, "workshops-offer")
    assert ways_of(offer) == [
        "Buy and unlock, $79.00",
        "Buy and unlock, $149.00",
    ]
    forms = list(offer.iter("form"))
    assert [hidden(form, "pack") for form in forms] == ["single-flight", "serial-entrepreneur"]
    assert {hidden(form, "workshop_id") for form in forms} == {workshop}
    assert len({hidden(form, "form_key") for form in forms}) == 2
    assert "One-time payment. No subscription. Credits never expire." in words(offer)


async def test_what_a_credit_is_can_be_asked_in_the_prompt_without_javascript(
    alice: Browser, user: str
) -> None:
    """ONBD-04: the same words as beside the badge, from one template; closed until asked for."""
    workshop = await at_gate(user)
    page = parsed((await alice.post(f"/workshops/{workshop}/steps/{GATE}", PRESS)).text)
    [asks] = [
        each for each in by_id(page, "workshops-offer").iter("button") if words(each) == "What is a credit?"
    ]
    answer = by_id(page, str(asks.get("popovertarget")))
    assert answer.get("popover") is not None
    assert words(answer) == words(by_id(page, "credit-hint"))


async def test_in_debt_the_sum_is_spelled_out_and_its_cause_linked(site: Site) -> None:
    """5.13, REFD-03"""
    user = await make_user(balance_credits=-1)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    answer = await alice.get(f"/workshops/{workshop}/steps/reframe")
    assert answer.status_code == 402
    offer = by_id(parsed(answer.text), "workshops-offer")
    text = words(offer)
    assert "You owe 1 credit, because a payment was returned after its credit was used." in text
    assert "Your next purchase pays it first." in text
    assert "−1 + 3 − 1 = 1" in text
    assert "It settles the debt and unlocks nothing." in text
    assert ways_of(offer) == [
        "Buy and unlock, $149.00",
        "Buy 1 credit, $79.00",
    ]
    [cause] = [str(each.get("href")) for each in offer.iter("a") if words(each) == "See what happened"]
    assert (await alice.get(cause)).status_code == 200


async def test_while_a_payment_settles_nothing_is_sold_and_it_opens_by_itself(
    alice: Browser, user: str
) -> None:
    """5.6: "Your payment is settling; this opens by itself"; no second sale."""
    workshop = await at_gate(user)
    await make_purchase(user_id=user, status="settling", unlock_workshop_id=workshop)
    here = f"/workshops/{workshop}/steps/reframe"
    offer = by_id(parsed((await alice.get(here)).text), "workshops-offer")
    assert "Your payment is settling; this opens by itself" in words(offer)
    assert not list(offer.iter("form"))
    assert offer.get("data-hx-get") == f"{here}?try=1"
    poll = await alice.get(f"{here}?try=6", HTMX)
    [again] = [each for each in fragment(poll.text) if each.get("id") == "workshops-offer"]
    assert (poll.status_code, again.get("data-hx-trigger")) == (402, "moved from:body")
    await give(user, 1)
    await unlocked(user, workshop)
    opened = await alice.get(f"{here}?try=2", HTMX)
    assert opened.headers["hx-redirect"] == here
    assert (await alice.get(here)).status_code == 200


async def test_a_workshop_that_opens_while_the_offer_is_made_is_gone_on_with(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PAYW-08: the webhook lands between the refusal and the page; nothing is offered for what is open."""
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    locked_step = pages.locked_step

    async def late(visit: Visit, here: Step, **more: Any) -> LockedPage:
        await unlocked(user, workshop)
        return await locked_step(visit, here, **more)

    monkeypatch.setattr(pages, "locked_step", late)
    answer = await alice.get(f"/workshops/{workshop}/steps/reframe")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/workshops/{workshop}")


async def test_unlocking_at_the_gate_leads_into_the_next_step_with_the_toast(site: Site) -> None:
    """WORK-05, CRED-01: the balance is right in the very next response."""
    user = await make_user(balance_credits=3)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    answer = await alice.post(f"/workshops/{workshop}/unlock")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/workshops/{workshop}/steps/reframe")
    opened = await alice.get(answer.headers["location"])
    page = parsed(opened.text)
    assert opened.status_code == 200
    assert words(by_id(page, "flash")) == "“Launch plan” is unlocked. 1 credit used — 2 remaining."
    assert words(by_id(page, "balance")) == "Your balance: 2 credits"
    assert "Turn the sharpest pain into one question" in words(page)
    assert by_id(page, "notes").text is None or by_id(page, "notes").text == ""


async def test_unlocking_from_elsewhere_says_what_is_open_and_which_step_comes_first(site: Site) -> None:
    """5.6"""
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await at_step(user, "persona")
    answer = await alice.post(f"/workshops/{workshop}/unlock")
    opened = parsed((await alice.get(answer.headers["location"])).text)
    assert "Steps 7–10 are open now; step 5, Persona, comes first." in words(by_id(opened, "flash"))
    assert "Step 5 comes first" in words(by_id(opened, "workshops-notes"))
    assert (await stored(workshop)).current_step == "persona"


async def test_a_second_unlock_goes_on_and_says_that_no_credit_was_used(site: Site) -> None:
    """WORK-05"""
    user = await make_user(balance_credits=2)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    await alice.post(f"/workshops/{workshop}/unlock", {"form_key": "k"})
    again = await alice.post(f"/workshops/{workshop}/unlock", {"form_key": "k"})
    assert again.status_code == 303
    page = parsed((await alice.get(again.headers["location"])).text)
    assert "No credit was used." in words(by_id(page, "flash"))
    assert (await balance_of(user), await consumptions_of(user)) == (1, [workshop])


async def test_without_credits_the_offer_is_renewed_with_the_true_balance(alice: Browser, user: str) -> None:
    """WORK-05"""
    workshop = await at_gate(user)
    answer = await alice.post(f"/workshops/{workshop}/unlock")
    assert answer.status_code == 402
    assert "You have 0 credits." in words(by_id(parsed(answer.text), "workshops-offer"))
    assert not (await stored(workshop)).is_unlocked


async def test_when_it_is_busy_the_offer_stays_and_a_retry_spends_once(site: Site, database_url: str) -> None:
    """WORK-05: 503 with Retry, nothing half done."""
    user = await make_user(balance_credits=2)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    async with holding(user, database_url):
        answer = await alice.post(f"/workshops/{workshop}/unlock")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    offer = by_id(parsed(answer.text), "workshops-offer")
    assert "No credit was used." in words(offer)
    [retry] = [form for form in offer.iter("form") if words(form) == "Use 1 credit to unlock"]
    again = await alice.post(str(retry.get("action")), {"form_key": hidden(retry, "form_key")})
    assert again.status_code == 303
    assert (await balance_of(user), await consumptions_of(user)) == (1, [workshop])


async def test_unlocking_what_is_deleted_or_another_persons_is_not_found(site: Site) -> None:
    """WORK-05"""
    user, bob = await make_user(balance_credits=1), await make_user(name="Bob", balance_credits=1)
    alice = await site.browser(user)
    gone, bobs = await new_workshop(user), await new_workshop(bob)
    await alice.post(f"/workshops/{gone}/delete")
    for workshop in (gone, bobs, "ws_unknown"):
        assert (await alice.post(f"/workshops/{workshop}/unlock")).status_code == 404
    assert (await balance_of(user), await balance_of(bob)) == (1, 1)


async def test_fifty_unlocks_at_once_over_http_take_one_credit(site: Site) -> None:
    """M03, CRED-03: one caller hears "unlocked", all others "already", no 5xx."""
    user = await make_user(balance_credits=5)
    alice = await site.browser(user)
    workshop = await at_gate(user)
    answers = await asyncio.gather(*(alice.post(f"/workshops/{workshop}/unlock") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {303}
    assert (await balance_of(user), await consumptions_of(user)) == (4, [workshop])


async def test_grandfathered_workshops_are_open_without_a_marker_and_keep_the_credit(site: Site) -> None:
    """PAYW-06"""
    user = await make_user(balance_credits=1)
    workshop = await at_gate(user)
    found = await row("SELECT created_at FROM workshops WHERE id = $1", workshop)
    assert found is not None
    moment = found["created_at"]
    at_cutoff = await (site_with(site.till, paywall_cutoff=moment)).browser(user)
    assert (await at_cutoff.get(f"/workshops/{workshop}/steps/reframe")).status_code == 402
    before = await (site_with(site.till, paywall_cutoff=moment + (moment.resolution))).browser(user)
    page = await before.get(f"/workshops/{workshop}/steps/reframe")
    assert page.status_code == 200
    assert not re.search("Unlocked|Locked|Free part", words(by_id(parsed(page.text), "main")))
    on = await before.post(f"/workshops/{workshop}/steps/{GATE}", PRESS)
    assert on.headers["location"] == f"/workshops/{workshop}/steps/reframe"
    told = await before.post(f"/workshops/{workshop}/unlock")
    flash = words(by_id(parsed((await before.get(told.headers["location"])).text), "flash"))
    assert flash.endswith("No credit was used.")
    assert (await balance_of(user), await consumptions_of(user)) == (1, [])


async def test_with_the_paywall_off_every_step_is_open_and_nothing_is_asked(site: Site) -> None:
    """5.15"""
    user = await make_user(balance_credits=1)
    alice = await site_with(site.till, paywall_enabled=False).browser(user)
    workshop = await at_gate(user)
    page = await alice.get(f"/workshops/{workshop}/steps/reframe")
    assert page.status_code == 200
    assert not re.search("Locked|credit, once", words(by_id(parsed(page.text), "main")))
    on = await alice.post(f"/workshops/{workshop}/steps/{GATE}", PRESS)
    assert on.headers["location"] == f"/workshops/{workshop}/steps/reframe"
    told = await alice.post(f"/workshops/{workshop}/unlock")
    flash = words(by_id(parsed((await alice.get(told.headers["location"])).text), "flash"))
    assert flash.endswith("No credit was used.")
    assert await balance_of(user) == 1


async def test_the_build_pack_closes_with_the_workshop(site: Site) -> None:
    """WORK-03, PAYW-05: only while open."""
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await completed(user)
    assert (await alice.get(f"/workshops/{workshop}/build-pack")).status_code == 200
    locked = await completed_but_locked(user)
    answer = await alice.get(f"/workshops/{locked}/build-pack")
    assert answer.status_code == 402
    assert "Notes on Reframe" not in answer.text


async def completed_but_locked(user_id: str) -> str:
    """A workshop that was worked through while the paywall was off."""
    workshop = await new_workshop(user_id)
    for step in STEPS:
        await write(user_id, workshop, step.slug, f"Notes on {step.name}", rules=PaywallRules(enabled=False))
    return workshop
