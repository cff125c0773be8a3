"""Unlocking: one credit, once, whoever presses how often."""

import asyncio

import asyncpg
import pytest

from app.clock import utc_now
from app.database import row, tx
from app.errors import NotEnoughCredits, NotFound, TryLater
from app.ledger.posting import Actor, lock_user
from app.ledger.reversal import reverse
from app.workshops.access import PaywallRules
from app.workshops.deleting import delete_workshop
from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP
from app.workshops.unlock import UnlockOutcome, unlock, unlock_within
from tests.factories import make_user, make_workshop
from tests.workshops.holding import holding, until_waiting
from tests.workshops.stories import (
    RULES,
    at_gate,
    at_step,
    balance_of,
    consumptions_of,
    findings_of,
    new_workshop,
    stored,
    unlocked,
)

pytestmark = pytest.mark.usefixtures("pool")


async def test_at_the_gate_an_unlock_completes_the_last_free_step_and_opens_the_next() -> None:
    """CRED-02: row, balance, stamp and step move together."""
    alice = await make_user(balance_credits=3)
    workshop = await at_gate(alice)
    done = await unlocked(alice, workshop)
    assert (done.outcome, done.balance_credits, done.current_slug) == (
        UnlockOutcome.UNLOCKED,
        2,
        FIRST_PAID_SLUG,
    )
    after = await stored(workshop)
    assert after.is_unlocked
    assert after.current_step == FIRST_PAID_SLUG
    assert after.statuses[LAST_FREE_STEP.slug] == "completed"
    assert after.statuses[FIRST_PAID_SLUG] == "in_progress"
    assert await consumptions_of(alice) == [workshop]


async def test_elsewhere_an_unlock_leaves_the_current_step_where_it_is() -> None:
    alice = await make_user(balance_credits=1)
    workshop = await at_step(alice, "persona")
    assert (await unlocked(alice, workshop)).current_slug == "persona"
    after = await stored(workshop)
    assert (after.current_step, after.statuses[FIRST_PAID_SLUG]) == ("persona", "not_started")


async def test_the_row_says_who_what_and_under_which_title() -> None:
    alice = await make_user(balance_credits=1)
    workshop = await new_workshop(alice, title="Launch plan")
    await unlocked(alice, workshop)
    movement = await row("SELECT * FROM credit_transactions WHERE workshop_id = $1", workshop)
    assert movement is not None
    assert movement["description"] == "Unlock of Launch plan"
    assert movement["workshop_title"] == "Launch plan"
    assert (movement["actor"], movement["actor_id"], movement["request_id"]) == ("user", alice, "req")


async def test_a_second_unlock_costs_nothing() -> None:
    """CRED-02"""
    alice = await make_user(balance_credits=3)
    workshop = await new_workshop(alice)
    await unlocked(alice, workshop)
    again = await unlocked(alice, workshop)
    assert (again.outcome, again.balance_credits) == (UnlockOutcome.ALREADY, 2)
    assert await consumptions_of(alice) == [workshop]


async def test_after_a_reversal_the_workshop_can_be_unlocked_again_for_one_credit() -> None:
    """CRED-02"""
    alice = await make_user(balance_credits=1)
    workshop = await new_workshop(alice)
    await unlocked(alice, workshop)
    movement = await row(
        "SELECT id FROM credit_transactions WHERE workshop_id = $1 AND type = 'consumption'", workshop
    )
    assert movement is not None
    async with tx():
        await reverse(movement["id"], description="Undone", actor=Actor("user", alice))
    assert (await balance_of(alice), (await stored(workshop)).is_unlocked) == (1, False)
    assert (await unlocked(alice, workshop)).outcome is UnlockOutcome.UNLOCKED
    assert await consumptions_of(alice) == [workshop, workshop]
    assert await balance_of(alice) == 0


@pytest.mark.parametrize("balance_credits", [-1, 0])
async def test_without_enough_credits_nothing_changes_and_the_error_says_what_is_missing(
    balance_credits: int,
) -> None:
    alice = await make_user(balance_credits=balance_credits)
    workshop = await at_gate(alice)
    before = await stored(workshop)
    with pytest.raises(NotEnoughCredits) as refusal:
        await unlocked(alice, workshop)
    assert refusal.value.balance_credits == balance_credits
    assert refusal.value.missing_credits == 1 - balance_credits
    assert await stored(workshop) == before
    assert workshop not in await consumptions_of(alice)


async def test_a_grandfathered_workshop_keeps_the_credit() -> None:
    """PAYW-06"""
    alice = await make_user(balance_credits=1)
    workshop = await new_workshop(alice)
    done = await unlocked(alice, workshop, rules=PaywallRules(cutoff=utc_now()))
    assert (done.outcome, done.balance_credits) == (UnlockOutcome.GRANDFATHERED, 1)
    assert not (await stored(workshop)).is_unlocked


async def test_with_the_paywall_off_nothing_is_consumed() -> None:
    alice = await make_user(balance_credits=1)
    workshop = await new_workshop(alice)
    done = await unlocked(alice, workshop, rules=PaywallRules(enabled=False))
    assert (done.outcome, await balance_of(alice)) == (UnlockOutcome.DISABLED, 1)


async def test_what_is_deleted_or_not_theirs_is_not_found_and_costs_nothing() -> None:
    """WORK-05"""
    alice, bob = await make_user(balance_credits=1), await make_user(name="Bob")
    deleted, bobs = await new_workshop(alice), await new_workshop(bob)
    await delete_workshop(alice, deleted, now=utc_now())
    for workshop in (deleted, bobs, "ws_unknown"):
        with pytest.raises(NotFound):
            await unlocked(alice, workshop)
    assert await balance_of(alice) == 1


async def test_a_workshop_older_than_billing_has_its_rows_made_where_the_gate_needs_them() -> None:
    """SCHM-06: step rows a workshop lacks do not stand in the way."""
    alice = await make_user(balance_credits=1)
    workshop = await make_workshop(user_id=alice, current_step=LAST_FREE_STEP.slug)
    await unlocked(alice, workshop)
    assert (await stored(workshop)).statuses == {
        LAST_FREE_STEP.slug: "completed",
        FIRST_PAID_SLUG: "in_progress",
    }


async def test_fifty_parallel_unlocks_of_one_workshop_take_one_credit() -> None:
    """CRED-03: one caller hears "unlocked", all others "already", nobody an error."""
    alice = await make_user(balance_credits=5)
    workshop = await at_gate(alice)
    outcomes = [
        each.outcome for each in await asyncio.gather(*(unlocked(alice, workshop) for _ in range(50)))
    ]
    assert sorted(outcomes) == [UnlockOutcome.ALREADY] * 49 + [UnlockOutcome.UNLOCKED]
    assert (await consumptions_of(alice), await balance_of(alice)) == ([workshop], 4)
    assert await findings_of(alice) == []


@pytest.mark.parametrize("credits", [1, 7])
async def test_of_fifty_workshops_as_many_open_as_there_are_credits(credits: int) -> None:
    """CRED-03, SCHM-09: never below zero."""
    alice = await make_user(balance_credits=credits)
    workshops = [await make_workshop(user_id=alice) for _ in range(50)]
    results = await asyncio.gather(*(unlocked(alice, each) for each in workshops), return_exceptions=True)
    opened = [each for each in results if not isinstance(each, BaseException)]
    assert len(opened) == credits
    assert all(isinstance(each, NotEnoughCredits) for each in results if isinstance(each, BaseException))
    assert len(await consumptions_of(alice)) == credits
    assert (await balance_of(alice), await findings_of(alice)) == (0, [])


async def test_twins_that_waited_for_the_same_lock_are_told_already(database_url: str) -> None:
    """CRED-03: their view of the workshop is older than the wait; the ledger's key stops them, the answer is calm."""
    alice = await make_user(balance_credits=5)
    workshop = await at_gate(alice)
    # Three open connections, so that all three wait within the time that a lock is waited for.
    await asyncio.gather(*(row("SELECT pg_sleep(0.1)") for _ in range(3)))
    async with holding(alice, database_url) as holder:
        waiting = [asyncio.create_task(unlocked(alice, workshop)) for _ in range(3)]
        await until_waiting(holder, 3)
        await holder.execute("ROLLBACK")
        outcomes = [(await each).outcome for each in waiting]
    assert sorted(outcomes) == [UnlockOutcome.ALREADY, UnlockOutcome.ALREADY, UnlockOutcome.UNLOCKED]
    assert await consumptions_of(alice) == [workshop]


async def test_a_workshop_that_is_deleted_while_its_unlock_waits_costs_nothing(database_url: str) -> None:
    """CRED-02: what the unlock saw before its wait is not what it charges for."""
    alice = await make_user(balance_credits=1)
    workshop = await at_gate(alice)
    async with holding(alice, database_url) as holder:
        waiting = asyncio.create_task(unlocked(alice, workshop))
        await until_waiting(holder, 1)
        await holder.execute("UPDATE workshops SET deleted_at = now() WHERE id = $1", workshop)
        await holder.execute("COMMIT")
        with pytest.raises(NotFound):
            await waiting
    assert (await balance_of(alice), await consumptions_of(alice)) == (1, [])


async def test_a_deletion_waits_for_whoever_moves_the_credits(database_url: str) -> None:
    """A payment that is being counted finds its workshop, or finds it deleted; nothing between."""
    alice = await make_user()
    workshop = await new_workshop(alice)
    async with holding(alice, database_url) as holder:
        deletion = asyncio.create_task(delete_workshop(alice, workshop, now=utc_now()))
        await until_waiting(holder, 1)
        await holder.execute("ROLLBACK")
        assert await deletion == "Launch plan"


async def test_a_lock_that_is_not_had_in_time_is_said_to_be_busy_and_a_retry_spends_once(
    database_url: str,
) -> None:
    """WORK-05"""
    alice = await make_user(balance_credits=2)
    workshop = await at_gate(alice)
    async with holding(alice, database_url):
        with pytest.raises(TryLater):
            await unlocked(alice, workshop)
    assert await consumptions_of(alice) == []
    assert (await unlocked(alice, workshop)).outcome is UnlockOutcome.UNLOCKED
    assert await balance_of(alice) == 1


async def test_inside_a_larger_transaction_what_stands_in_the_way_is_an_answer() -> None:
    """WORK-04: fulfilment unlocks what was bought for, and is never stopped by it."""
    alice = await make_user()
    short, gone = await new_workshop(alice), await new_workshop(alice)
    await delete_workshop(alice, gone, now=utc_now())

    async def answer(workshop: str, rules: PaywallRules = RULES) -> UnlockOutcome:
        async with tx():
            await lock_user(alice)
            return await unlock_within(
                alice, workshop, rules=rules, now=utc_now(), actor=Actor("stripe", "evt_1")
            )

    assert await answer(short) is UnlockOutcome.NOT_ENOUGH
    assert await answer(gone) is UnlockOutcome.DELETED
    assert await answer("ws_unknown") is UnlockOutcome.DELETED
    assert await answer(short, PaywallRules(enabled=False)) is UnlockOutcome.DISABLED
    assert await answer(short, PaywallRules(cutoff=utc_now())) is UnlockOutcome.GRANDFATHERED


async def test_an_unlock_that_is_undone_by_its_caller_leaves_nothing() -> None:
    """CRED-02: together or not at all."""
    alice = await make_user(balance_credits=1)
    workshop = await at_gate(alice)
    before = await stored(workshop)
    with pytest.raises(RuntimeError, match="killed"):
        async with tx():
            await lock_user(alice)
            await unlock_within(alice, workshop, rules=RULES, now=utc_now(), actor=Actor("user", alice))
            raise RuntimeError("killed")
    assert (await stored(workshop), await balance_of(alice)) == (before, 1)


async def test_a_key_that_is_taken_while_the_workshop_is_locked_is_no_twin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ "Already" is never said of a workshop that is still locked."""
    alice = await make_user(balance_credits=1)
    workshop = await new_workshop(alice)

    async def collide(*_: object, **__: object) -> None:
        raise asyncpg.UniqueViolationError("another key")

    monkeypatch.setattr("app.workshops.unlock.consume", collide)
    with pytest.raises(asyncpg.UniqueViolationError):
        await unlock(alice, workshop, rules=RULES, now=utc_now(), actor=Actor("user", alice))
