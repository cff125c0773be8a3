"""The pages of a workshop's steps, read and saved as a browser does."""

import pytest

from app.workshops.saving import LONGEST_NOTES
from app.workshops.steps import FREE_STEPS, LAST_FREE_STEP, PAID_STEPS, STEPS
from tests.factories import make_user, make_workshop
from tests.web.reading import by_id, fragment, hidden, parsed, words
from tests.workshops.site import HTMX, Browser, Site
from tests.workshops.stories import UNLOCK, at_step, balance_of, completed, new_workshop, stored, write


async def test_a_workshop_leads_to_its_current_step(alice: Browser, user: str) -> None:
    workshop = await at_step(user, "persona")
    answer = await alice.get(f"/workshops/{workshop}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/workshops/{workshop}/steps/persona")


@pytest.mark.parametrize("step", FREE_STEPS, ids=lambda step: step.slug)
async def test_each_free_step_opens_and_saves_without_credits(
    alice: Browser, user: str, step: object
) -> None:
    """PAYW-01: with no prompt markup."""
    slug: str = step.slug  # type: ignore[attr-defined]
    workshop = await at_step(user, slug)
    opened = await alice.get(f"/workshops/{workshop}/steps/{slug}")
    assert opened.status_code == 200
    assert "workshops-offer" not in opened.text
    assert words(by_id(parsed(opened.text), "workshops-notes")).startswith("Your notes")
    saved = await alice.post(f"/workshops/{workshop}/steps/{slug}", {"notes": "Seen", "version": "1"})
    assert (saved.status_code, saved.headers["location"]) == (303, f"/workshops/{workshop}/steps/{slug}")
    assert (await stored(workshop)).notes[slug] == "Seen"


async def test_a_step_page_names_its_purpose_and_all_ten_steps_with_their_state(
    alice: Browser, user: str
) -> None:
    """UI-08: closed steps show title and the word Locked."""
    workshop = await at_step(user, "user-research")
    page = parsed((await alice.get(f"/workshops/{workshop}/steps/user-research")).text)
    lines = [words(each) for each in by_id(page, "workshops-steps").iter("li")]
    states = ["Done", "Done", "Current", "Not yet", "Not yet", "Not yet", *["Locked"] * 4]
    expected = [f"{step.number} {step.name} {state}" for step, state in zip(STEPS, states, strict=True)]
    assert lines[:6] + lines[7:] == expected
    assert "Collect what people do and say" in words(page)
    assert "Free part" in words(by_id(page, "main"))


async def test_save_stays_and_save_and_continue_opens_the_next(alice: Browser, user: str) -> None:
    """WORK-03"""
    workshop = await new_workshop(user)
    here = f"/workshops/{workshop}/steps/challenge"
    stays = await alice.post(here, {"notes": "One", "version": "1"})
    assert stays.headers["location"] == here
    assert (await stored(workshop)).current_step == "challenge"
    on = await alice.post(here, {"notes": "Two", "version": "2", "continue": "1"})
    assert on.headers["location"] == f"/workshops/{workshop}/steps/stakeholder-mapping"
    after = await stored(workshop)
    assert after.current_step == "stakeholder-mapping"
    assert (after.statuses["challenge"], after.notes["challenge"]) == ("completed", "Two")
    assert after.statuses["stakeholder-mapping"] == "in_progress"


async def test_with_htmx_saving_renews_the_notes_in_place_and_announces_it(alice: Browser, user: str) -> None:
    workshop = await new_workshop(user)
    here = f"/workshops/{workshop}/steps/challenge"
    answer = await alice.post(here, {"notes": "One", "version": "1"}, HTMX)
    assert answer.status_code == 200
    first, *rest = fragment(answer.text)
    assert first.get("id") == "workshops-notes"
    assert hidden(first, "version") == "2"
    assert {each.get("id") for each in rest} == {"balance", "live"}
    on = await alice.post(here, {"notes": "One", "version": "2", "continue": "1"}, HTMX)
    assert on.headers["hx-redirect"] == f"/workshops/{workshop}/steps/stakeholder-mapping"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_notes_saved_elsewhere_meanwhile_are_shown_beside_and_not_overwritten(
    alice: Browser, user: str, headers: dict[str, str]
) -> None:
    """WORK-03: 409 shows both texts; saving again from there is meant."""
    workshop = await new_workshop(user)
    here = f"/workshops/{workshop}/steps/challenge"
    await alice.post(here, {"notes": "From the phone", "version": "1"})
    answer = await alice.post(here, {"notes": "From the desk", "version": "1", "continue": "1"}, headers)
    assert answer.status_code == 409
    assert "From the phone" in answer.text
    assert "From the desk" in answer.text
    assert "Nothing was overwritten" in answer.text
    assert (await stored(workshop)).notes["challenge"] == "From the phone"
    shown = parsed(answer.text) if not headers else fragment(answer.text)[0]
    again = await alice.post(here, {"notes": "Both", "version": hidden(shown, "version")})
    assert again.status_code == 303
    assert (await stored(workshop)).notes["challenge"] == "Both"


async def test_a_second_click_of_the_same_form_is_the_same_outcome(alice: Browser, user: str) -> None:
    workshop = await new_workshop(user)
    here = f"/workshops/{workshop}/steps/challenge"
    form = {"notes": "Once", "version": "1", "continue": "1"}
    first, second = await alice.post(here, form), await alice.post(here, form)
    assert first.headers["location"] == second.headers["location"]
    assert (await stored(workshop)).current_step == "stakeholder-mapping"


async def test_notes_that_are_too_long_come_back_whole(alice: Browser, user: str) -> None:
    """5.5: 422, text kept."""
    workshop = await new_workshop(user)
    here, text = f"/workshops/{workshop}/steps/challenge", "ä" * (LONGEST_NOTES + 1)
    answer = await alice.post(here, {"notes": text, "version": "1"})
    assert answer.status_code == 422
    assert text in answer.text
    assert "these are 1 too many" in answer.text
    assert (await stored(workshop)).notes["challenge"] == ""
    fits = await alice.post(here, {"notes": text[1:], "version": "1"})
    assert fits.status_code == 303


@pytest.mark.parametrize("version", ["x", "0", "-1", "1.5", "²", "9" * 30])
async def test_a_damaged_version_overwrites_nothing_and_loses_nothing(
    alice: Browser, user: str, version: str
) -> None:
    workshop = await new_workshop(user)
    await write(user, workshop, "challenge", "Stored", moves_on=False)
    answer = await alice.post(f"/workshops/{workshop}/steps/challenge", {"notes": "Mine", "version": version})
    assert answer.status_code == 409
    page = parsed(answer.text)
    assert (by_id(page, "stored").text, by_id(page, "notes").text) == ("Stored", "Mine")
    assert (await stored(workshop)).notes["challenge"] == "Stored"


async def test_a_step_that_is_not_reached_can_be_read_but_not_written(alice: Browser, user: str) -> None:
    """WORK-03: "Step 3 comes first" with the link; posting is 409."""
    workshop = await at_step(user, "user-research")
    there = f"/workshops/{workshop}/steps/persona"
    page = await alice.get(there)
    assert page.status_code == 200
    assert "Step 3 comes first" in words(parsed(page.text))
    assert "Save and continue" not in page.text
    refused = await alice.post(there, {"notes": "Too early", "version": "1", "continue": "1"})
    assert refused.status_code == 409
    assert "Step 3 comes first" in words(parsed(refused.text))
    assert (await stored(workshop)).notes["persona"] == ""


async def test_a_forged_current_step_changes_nothing(alice: Browser, user: str) -> None:
    """WORK-03: the server decides from its own record."""
    workshop = await new_workshop(user)
    before = await stored(workshop)
    forged = {"notes": "x", "current_step": "persona", "step": "persona", "slug": "persona", "continue": "1"}
    assert (await alice.post(f"/workshops/{workshop}/steps/persona", forged)).status_code == 409
    assert await stored(workshop) == before
    await alice.post(f"/workshops/{workshop}/steps/challenge", forged)
    assert (await stored(workshop)).current_step == "stakeholder-mapping"


async def test_done_steps_stay_editable_and_move_nobody(alice: Browser, user: str) -> None:
    workshop = await at_step(user, "persona")
    here = f"/workshops/{workshop}/steps/challenge"
    answer = await alice.post(here, {"notes": "Better", "version": "2", "continue": "1"})
    assert answer.headers["location"] == f"/workshops/{workshop}/steps/stakeholder-mapping"
    after = await stored(workshop)
    assert (after.current_step, after.notes["challenge"]) == ("persona", "Better")
    assert after.statuses["challenge"] == "completed"


async def test_the_last_step_completes_the_workshop_and_opens_the_build_pack(site: Site) -> None:
    """WORK-03"""
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await at_step(user, STEPS[-1].slug, start=UNLOCK)
    early = await alice.get(f"/workshops/{workshop}/build-pack")
    assert early.status_code == 409
    assert "opens after step 10" in words(parsed(early.text))
    done = await alice.post(
        f"/workshops/{workshop}/steps/validate", {"notes": "It holds", "version": "1", "continue": "1"}
    )
    assert done.headers["location"] == f"/workshops/{workshop}/build-pack"
    assert (await stored(workshop)).status == "completed"
    pack = await alice.get(f"/workshops/{workshop}/build-pack")
    assert pack.status_code == 200
    assert [words(each) for each in parsed(pack.text).iter("h2")] == [f"{s.number} {s.name}" for s in STEPS]
    assert "It holds" in pack.text
    again = await alice.get(f"/workshops/{workshop}/steps/challenge")
    assert "Open the Build Pack" in words(parsed(again.text))


async def test_an_unlocked_workshop_says_so_and_shows_no_lock(site: Site) -> None:
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await new_workshop(user, start=UNLOCK)
    page = parsed((await alice.get(f"/workshops/{workshop}/steps/challenge")).text)
    assert "Unlocked" in words(by_id(page, "main"))
    assert "Locked" not in words(by_id(page, "workshops-steps"))


async def test_what_was_written_is_shown_as_text_and_never_as_markup(alice: Browser, user: str) -> None:
    workshop = await new_workshop(user, title="<b>Bold</b>")
    text = '</textarea><script>alert(1)</script> & "quotes"'
    await write(user, workshop, "challenge", text, moves_on=False)
    page = await alice.get(f"/workshops/{workshop}/steps/challenge")
    assert "<script>alert" not in page.text
    assert by_id(parsed(page.text), "notes").text == text


async def test_unknown_steps_are_not_found(alice: Browser, user: str) -> None:
    workshop = await new_workshop(user)
    for slug in ("7", "step-7", "Reframe", "reframe%00", "..%2freframe"):
        assert (await alice.get(f"/workshops/{workshop}/steps/{slug}")).status_code == 404
        assert (await alice.post(f"/workshops/{workshop}/steps/{slug}", {"notes": "x"})).status_code == 404


async def test_a_workshop_older_than_billing_gets_its_step_rows_when_it_is_opened(
    alice: Browser, user: str
) -> None:
    """SCHM-06"""
    workshop = await make_workshop(user_id=user, current_step="persona")
    assert (await alice.get(f"/workshops/{workshop}/steps/persona")).status_code == 200
    made = await stored(workshop)
    assert len(made.statuses) == len(STEPS)
    assert made.statuses["persona"] == "in_progress"
    saved = await alice.post(f"/workshops/{workshop}/steps/sense-making", {"notes": "Older", "continue": "1"})
    assert saved.status_code == 303


async def test_deleting_asks_first_and_keeps_the_ledger(site: Site) -> None:
    """5.5"""
    user = await make_user(balance_credits=1)
    alice = await site.browser(user)
    workshop = await completed(user)
    question = await alice.get(f"/workshops/{workshop}/delete")
    assert question.status_code == 200
    assert "Its notes go; its ledger rows stay." in words(parsed(question.text))
    assert "Keep workshop" in words(parsed(question.text))
    gone = await alice.post(f"/workshops/{workshop}/delete")
    assert (gone.status_code, gone.headers["location"]) == (303, "/dashboard")
    assert (await alice.get(f"/workshops/{workshop}")).status_code == 404
    assert (await alice.get(f"/workshops/{workshop}/build-pack")).status_code == 404
    history = await alice.get("/transactions")
    assert "Launch plan" in history.text
    assert await balance_of(user) == 0


async def test_a_lapsed_session_leads_to_sign_in_and_back_to_the_step(site: Site, user: str) -> None:
    workshop = await new_workshop(user)
    here = f"/workshops/{workshop}/steps/challenge"
    async with site.nobody() as nobody:
        answer = await nobody.get(here)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?return_to={here}"


def test_the_gate_is_where_the_free_steps_end() -> None:
    assert LAST_FREE_STEP.number + 1 == PAID_STEPS[0].number
