"""Undoing an unlock: the credit comes back once, or the reason why it does not; whoever else is at work."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import pytest

from app.clock import utc_now
from app.database import row, rows, tx
from app.errors import NotFound
from app.ledger.payments import take_back
from app.ledger.posting import Actor
from app.workshops.deleting import delete_workshop
from app.workshops.errors import StepLocked, UnlockStays
from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP
from app.workshops.undo import Undone, standing_unlock, undo_unlock
from app.workshops.undo_window import Barrier, UndoFacts, barrier_of
from tests.checkout.till import Till, session_of
from tests.factories import make_purchase, make_user
from tests.mortality import MOST_TRIPS, is_survived
from tests.web.reading import by_id, hidden, parsed, words
from tests.workshops.site import Browser, Site
from tests.workshops.stories import (
    Stored,
    at_gate,
    at_step,
    balance_of,
    completed,
    consumptions_of,
    findings_of,
    stored,
    unlocked,
    write,
)

pytestmark = pytest.mark.usefixtures("pool")
GATE = LAST_FREE_STEP.slug
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def undone(
    user: str, workshop: str, unlock_id: str | None = None, *, now: datetime | None = None
) -> Undone:
    actor = Actor("user", user)
    return await undo_unlock(user, workshop, unlock_id, now=now or utc_now(), actor=actor, request_id="req")


async def unlocked_workshop(user: str) -> str:
    workshop = await at_gate(user)
    await unlocked(user, workshop)
    return workshop


async def reversals_of(user: str) -> list[asyncpg.Record]:
    return await rows(
        "SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND type = 'reversal' ORDER BY seq", user
    )


@pytest.mark.parametrize(
    ("facts", "now", "barrier"),
    [
        (UndoFacts(AT, is_completed=False, is_written=False), AT, None),
        (UndoFacts(AT, is_completed=False, is_written=False), AT + 10 * MINUTE - timedelta.resolution, None),
        (UndoFacts(AT, is_completed=False, is_written=False), AT + 10 * MINUTE, Barrier.TOO_LATE),
        (UndoFacts(AT, is_completed=False, is_written=True), AT, Barrier.NOTES_SAVED),
        (UndoFacts(AT, is_completed=True, is_written=True), AT, Barrier.COMPLETED),
        (UndoFacts(None, is_completed=False, is_written=False), AT, Barrier.NOT_UNLOCKED),
    ],
)
def test_an_unlock_can_be_undone_for_ten_minutes_while_nothing_was_made_of_it(
    facts: UndoFacts, now: datetime, barrier: Barrier | None
) -> None:
    assert barrier_of(facts, now) is barrier


async def test_undoing_gives_the_credit_back_and_stands_at_the_gate_again() -> None:
    """CRED-02: row, balance, stamp and step move together; the notes of the free steps stay."""
    alice = await make_user(balance_credits=2)
    workshop = await at_gate(alice)
    before = await stored(workshop)
    await unlocked(alice, workshop)
    assert await undone(alice, workshop) == Undone("Launch plan", 2, is_repeat=False)
    assert await stored(workshop) == before
    [given] = await reversals_of(alice)
    assert (given["amount"], given["balance_after"], given["description"]) == (
        1,
        2,
        "Unlock of Launch plan undone",
    )
    assert (given["actor"], given["actor_id"], given["request_id"]) == ("user", alice, "req")


async def test_an_unlock_made_before_the_gate_is_undone_where_the_workshop_stands() -> None:
    alice = await make_user(balance_credits=1)
    workshop = await at_step(alice, "persona")
    before = await stored(workshop)
    await unlocked(alice, workshop)
    await undone(alice, workshop)
    assert await stored(workshop) == before
    assert await balance_of(alice) == 1


async def test_undone_again_gives_nothing_more_and_it_can_be_unlocked_again_for_one_credit() -> None:
    """CRED-02"""
    alice = await make_user(balance_credits=1)
    workshop = await unlocked_workshop(alice)
    await undone(alice, workshop)
    assert await undone(alice, workshop) == Undone("Launch plan", 1, is_repeat=True)
    assert len(await reversals_of(alice)) == 1
    await unlocked(alice, workshop)
    assert (await balance_of(alice), await consumptions_of(alice)) == (0, [workshop, workshop])
    assert (await stored(workshop)).current_step == FIRST_PAID_SLUG


async def test_a_late_press_on_an_old_page_leaves_a_newer_unlock_alone() -> None:
    """M06: the form names the unlock that it undoes."""
    alice = await make_user(balance_credits=1)
    workshop = await unlocked_workshop(alice)
    first = await standing_unlock(alice, workshop)
    await undone(alice, workshop, first)
    await unlocked(alice, workshop)
    assert (await undone(alice, workshop, first)).is_repeat
    assert (await stored(workshop)).is_unlocked
    assert await balance_of(alice) == 0


@pytest.mark.parametrize("notes", ["One question", ""])
async def test_once_something_is_saved_behind_the_gate_the_unlock_stays(notes: str) -> None:
    """Even if it is emptied again, or nothing was written when the step was completed."""
    alice = await make_user(balance_credits=1)
    workshop = await unlocked_workshop(alice)
    await write(alice, workshop, FIRST_PAID_SLUG, notes, moves_on=not notes)
    await write(alice, workshop, FIRST_PAID_SLUG, "", moves_on=False)
    before = await stored(workshop)
    with pytest.raises(UnlockStays) as refusal:
        await undone(alice, workshop)
    assert refusal.value.barrier is Barrier.NOTES_SAVED
    assert (await stored(workshop), await balance_of(alice)) == (before, 0)


async def test_what_is_written_before_the_gate_does_not_make_it_too_late() -> None:
    alice = await make_user(balance_credits=1)
    workshop = await unlocked_workshop(alice)
    await write(alice, workshop, GATE, "And why", moves_on=False)
    await undone(alice, workshop)
    assert (await stored(workshop)).notes[GATE] == "And why"


async def test_a_completed_an_old_and_a_missing_unlock_stay_each_for_its_reason() -> None:
    alice = await make_user(balance_credits=2)
    done, old, locked = await completed(alice), await unlocked_workshop(alice), await at_gate(alice)
    reasons = []
    for workshop, now in ((done, utc_now()), (old, utc_now() + 10 * MINUTE), (locked, utc_now())):
        with pytest.raises(UnlockStays) as refusal:
            await undone(alice, workshop, now=now)
        reasons.append(refusal.value.barrier)
    assert reasons == [Barrier.COMPLETED, Barrier.TOO_LATE, Barrier.NOT_UNLOCKED]
    assert (await balance_of(alice), await reversals_of(alice)) == (0, [])


async def test_deleted_and_foreign_workshops_are_not_found() -> None:
    """ACCT-02"""
    alice, bob = await make_user(balance_credits=1), await make_user(balance_credits=1, name="Bob")
    gone, bobs = await unlocked_workshop(alice), await unlocked_workshop(bob)
    await delete_workshop(alice, gone, now=utc_now())
    for workshop in (gone, bobs, "ws_unknown"):
        with pytest.raises(NotFound):
            await undone(alice, workshop, await standing_unlock(bob, bobs))
    assert (await balance_of(alice), await balance_of(bob)) == (0, 0)


async def test_thirty_presses_at_once_give_one_credit_back() -> None:
    """M05: on separate connections."""
    alice = await make_user(balance_credits=1)
    workshop = await unlocked_workshop(alice)
    answers = await asyncio.gather(*(undone(alice, workshop) for _ in range(30)))
    assert sorted(answer.is_repeat for answer in answers) == [False] + [True] * 29
    assert (await balance_of(alice), len(await reversals_of(alice))) == (1, 1)


async def test_undoing_beside_saving_beside_unlocking_beside_a_refund_ends_in_one_of_its_orders() -> None:
    """M05, M06: separate connections, all at once; the credit comes back, or the notes are there, never both."""
    for _ in range(6):
        alice = await make_user()
        purchase = await make_purchase(user_id=alice, credits=3, status="paid")
        workshop = await unlocked_workshop(alice)
        first = await standing_unlock(alice, workshop)
        saving = write(alice, workshop, FIRST_PAID_SLUG, "Mine", moves_on=False)
        rivals: list[Awaitable[object]] = [
            *(undone(alice, workshop, first) for _ in range(3)),
            saving,
            unlocked(alice, workshop),
            _refund(alice, purchase),
        ]
        ends = await asyncio.gather(*rivals, return_exceptions=True)
        assert {type(end) for end in ends if isinstance(end, BaseException)} <= {StepLocked, UnlockStays}
        after, undoings = await stored(workshop), len(await reversals_of(alice))
        has_come_back = undoings == 1
        is_saved = after.notes[FIRST_PAID_SLUG] == "Mine"
        if is_saved and has_come_back:
            assert after.is_unlocked  # it was undone, unlocked once more, and then written on
        assert has_come_back or is_saved or after.is_unlocked
        spent = len(await consumptions_of(alice)) - undoings
        assert (spent, await balance_of(alice)) == (int(after.is_unlocked), 2 - int(after.is_unlocked))
        assert await findings_of(alice) == []


async def _refund(user: str, purchase: str) -> None:
    async with tx():
        await take_back(user, purchase, 1, description="Refund", actor=Actor("stripe"), reason="refunded")


async def test_notes_that_are_being_saved_are_waited_for_and_found(database_url: str) -> None:
    """Undoing looks only once whoever saves is done."""
    alice = await make_user(balance_credits=1)
    workshop = await unlocked_workshop(alice)
    rival = await asyncpg.connect(database_url)
    try:
        async with rival.transaction():
            await rival.execute("SELECT FROM workshops WHERE id = $1 FOR NO KEY UPDATE", workshop)
            waiting = asyncio.create_task(undone(alice, workshop))
            async with asyncio.timeout(5):
                while not await rival.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                ):
                    await asyncio.sleep(0.01)
            await rival.execute(
                "UPDATE workshop_steps SET notes = 'Mine', version = 2 WHERE workshop_id = $1 AND slug = $2",
                workshop,
                FIRST_PAID_SLUG,
            )
        with pytest.raises(UnlockStays):
            await waiting
    finally:
        await rival.close()
    assert await balance_of(alice) == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
async def test_a_killed_undo_is_whole_or_nothing_and_a_retry_makes_it_whole(database_url: str) -> None:
    """CRED-02, C01"""
    for trip in range(1, MOST_TRIPS):
        alice = await make_user(balance_credits=1)
        workshop = await at_gate(alice)
        locked = await stored(workshop)
        await unlocked(alice, workshop)
        has_ended = await is_survived(
            partial(undone, alice, workshop), database_url, moment="after", trip=trip
        )
        await _require_whole_or_nothing(alice, workshop, locked)
        await undone(alice, workshop)
        assert (await stored(workshop), await balance_of(alice)) == (locked, 1)
        assert await findings_of(alice) == []
        if has_ended:
            assert trip > 8  # premise: it was killed at each of the trips before
            return
    raise AssertionError("the undo never ended")


async def _require_whole_or_nothing(user: str, workshop: str, locked: Stored) -> None:
    after, balance = await stored(workshop), await balance_of(user)
    if after.is_unlocked:
        assert (after.current_step, balance, await reversals_of(user)) == (FIRST_PAID_SLUG, 0, [])
    else:
        assert (after, balance) == (locked, 1)


async def alices(site: Site, *, credits: int = 1) -> tuple[Browser, str, str]:
    user = await make_user(balance_credits=credits)
    return await site.browser(user), user, await at_gate(user)


async def test_the_page_offers_the_way_back_with_its_end_and_explains_what_came_of_it(site: Site) -> None:
    """CRED-01, HIST-05: from the unlock to the story of the row that undoes it."""
    alice, user, workshop = await alices(site, credits=3)
    opened = await alice.post(f"/workshops/{workshop}/unlock")
    page = parsed((await alice.get(opened.headers["location"])).text)
    notes = by_id(page, "workshops-notes")
    assert "UTC you can change your mind, as long as nothing is saved on steps 7–10." in words(notes)
    [form] = [each for each in notes.iter("form") if str(each.get("action")).endswith("/unlock/undo")]
    assert words(form).endswith("Undo and have 1 credit back")
    answer = await alice.post(str(form.get("action")), {"unlock": hidden(form, "unlock")})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/workshops/{workshop}")
    back = await alice.get(f"/workshops/{workshop}/steps/{GATE}")
    assert words(by_id(parsed(back.text), "flash")) == (
        "The unlock of “Launch plan” is undone. 1 credit came back — 3 credits now. Your notes are kept."
    )
    assert words(by_id(parsed(back.text), "balance")) == "Your balance: 3 credits"
    assert by_id(parsed(back.text), "notes").text == "Where it hurts"
    assert (await alice.get(f"/workshops/{workshop}/steps/reframe")).status_code == 402
    [given] = await reversals_of(user)
    story = words(by_id(parsed((await alice.get(f"/transactions/{given['id']}")).text), "main"))
    assert "The unlock of “Launch plan” was undone, so 1 credit came back." in story
    taken = await row(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND type = 'consumption'", user
    )
    assert taken is not None
    undone_story = words(by_id(parsed((await alice.get(f"/transactions/{taken['id']}")).text), "main"))
    assert "That was undone on" in undone_story
    assert "and 1 credit came back." in undone_story
    again = await alice.post(str(form.get("action")), {"unlock": hidden(form, "unlock")})
    later = parsed((await alice.get(f"/workshops/{workshop}/steps/{GATE}")).text)
    assert again.status_code == 303
    assert "is undone already, and its credit came back once — 3 credits now." in words(by_id(later, "flash"))


async def test_too_late_is_refused_with_the_reason_and_no_longer_offered(site: Site) -> None:
    alice, user, workshop = await alices(site)
    await unlocked(user, workshop)
    await write(user, workshop, FIRST_PAID_SLUG, "Mine", moves_on=False)
    assert "change your mind" not in (await alice.get(f"/workshops/{workshop}/steps/reframe")).text
    answer = await alice.post(f"/workshops/{workshop}/unlock/undo")
    assert answer.status_code == 409
    main = words(by_id(parsed(answer.text), "main"))
    assert "Something was saved on steps 7–10 since it was unlocked. Nothing was changed" in main
    assert await balance_of(user) == 0


async def test_saving_behind_the_gate_takes_the_way_back_off_the_screen(site: Site) -> None:
    """Never stale: the fragment that says "saved" no longer offers what would be refused."""
    alice, user, workshop = await alices(site)
    await unlocked(user, workshop)
    here = f"/workshops/{workshop}/steps/reframe"
    assert "change your mind" in (await alice.get(here)).text
    saved = await alice.post(here, {"notes": "Mine", "version": "1"}, {"HX-Request": "true"})
    assert (saved.status_code, "change your mind" in saved.text) == (200, False)


async def test_an_unlock_that_a_purchase_brought_can_be_undone_and_the_credit_is_kept(
    site: Site, till: Till
) -> None:
    """5.10, HIST-05: the intent was carried out once and does not come round again; every page knows that it was undone."""
    alice, user, workshop = await alices(site, credits=0)
    bought = await till.bought(user, intent_workshop_id=workshop)
    await till.fulfil(bought)
    assert (await stored(workshop)).is_unlocked
    await undone(user, workshop)
    await till.fulfil(bought, "page")
    assert (await balance_of(user), (await stored(workshop)).is_unlocked) == (1, False)
    found = await row("SELECT status, intent_outcome FROM purchases WHERE clerk_user_id = $1", user)
    assert found is not None
    assert tuple(found) == ("paid", "unlocked")
    again = await alice.get(f"/checkout/success?session_id={await session_of(bought.purchase_id)}")
    assert again.status_code == 200  # not led on as if it were open
    assert "The unlock that came with it was undone since, and its credit came back. You have 1." in words(
        by_id(parsed(again.text), "checkout-status")
    )
    receipt = words(by_id(parsed((await alice.get(f"/purchases/{bought.purchase_id}")).text), "main"))
    assert "Unlocked" not in receipt
    movement = await row("SELECT id FROM credit_transactions WHERE purchase_id = $1", bought.purchase_id)
    assert movement is not None
    story = words(by_id(parsed((await alice.get(f"/transactions/{movement['id']}")).text), "main"))
    assert "unlock “Launch plan”: done, and undone since" in story
