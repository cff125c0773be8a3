"""The verbs of the ledger against a real PostgreSQL, as the application's own role."""

import asyncio

import asyncpg
import pytest

from app.database import row, rows, tx
from app.errors import BadInput, BalanceFull, IdempotencyConflict, NotFound, NotReversible
from app.ids import new_id
from app.ledger.audit import audit
from app.ledger.posting import Actor, Posted, adjust, consume, grant
from app.ledger.reversal import reverse
from app.ledger.statement import Balance, balance_of
from tests.factories import make_user, make_workshop

ALICE = Actor("user", "alice")
OPERATOR = Actor("operator", "olga")
LIMIT = 2**31 - 1


async def unlock(user_id: str, workshop_id: str, price_credits: int = 1) -> Posted | None:
    return await consume(
        user_id,
        workshop_id,
        price_credits=price_credits,
        description="Unlock",
        workshop_title="A workshop",
        actor=ALICE,
    )


async def stamp_of(workshop_id: str) -> object:
    found = await row("SELECT credit_consumed_at FROM workshops WHERE id = $1", workshop_id)
    assert found is not None
    return found["credit_consumed_at"]


async def test_a_grant_is_counted_once_however_often_it_is_sent(rolled_back: None) -> None:
    alice = await make_user()
    for _ in range(3):
        async with tx():
            posted = await grant(alice, 2, form_key=f"form-{alice}", reason="goodwill", actor=OPERATOR)
    assert posted.repeated
    assert await balance_of(alice) == Balance(balance_credits=2, pending_credits=0, ledger_seq=1)


async def test_a_key_with_other_values_is_refused_and_the_first_outcome_stands(rolled_back: None) -> None:
    """M04"""
    alice = await make_user()
    async with tx():
        await grant(alice, 2, form_key=f"form-{alice}", reason="goodwill", actor=OPERATOR)
    with pytest.raises(IdempotencyConflict):
        async with tx():
            await grant(alice, 3, form_key=f"form-{alice}", reason="goodwill", actor=OPERATOR)
    assert (await balance_of(alice)).balance_credits == 2


async def test_an_unlock_takes_the_price_writes_the_row_and_stamps_the_workshop(rolled_back: None) -> None:
    """CRED-02"""
    alice = await make_user(balance_credits=3)
    workshop = await make_workshop(user_id=alice)
    posted = await unlock(alice, workshop)
    assert posted is not None
    assert (posted.seq, posted.balance_before_credits, posted.balance_after_credits) == (2, 3, 2)
    assert await stamp_of(workshop) == posted.posted_at
    assert await unlock(alice, workshop) is None
    assert (await balance_of(alice)).balance_credits == 2


@pytest.mark.parametrize("balance_credits", [0, -1])
async def test_nothing_is_taken_from_a_balance_that_does_not_cover_the_price(
    rolled_back: None, balance_credits: int
) -> None:
    alice = await make_user(balance_credits=balance_credits)
    workshop = await make_workshop(user_id=alice)
    assert await unlock(alice, workshop) is None
    assert await stamp_of(workshop) is None
    assert (await balance_of(alice)).balance_credits == balance_credits


async def test_nobody_pays_for_a_workshop_that_is_deleted_or_not_theirs(rolled_back: None) -> None:
    """M37"""
    alice, bob = await make_user(balance_credits=3), await make_user(balance_credits=3, name="Bob")
    assert await unlock(alice, await make_workshop(user_id=alice, deleted=True)) is None
    assert await unlock(alice, await make_workshop(user_id=bob)) is None
    assert (await balance_of(alice)).balance_credits == 3


async def test_a_reversal_gives_the_credit_back_once_and_the_workshop_can_be_unlocked_again(
    pool: None,
) -> None:
    """CRED-02, M05: thirty reversals at once are one."""
    alice = await make_user(balance_credits=1)
    workshop = await make_workshop(user_id=alice)
    unlocked = await unlock(alice, workshop)
    assert unlocked is not None

    async def undo() -> Posted:
        async with tx():
            return await reverse(unlocked.transaction_id, description="Undone", actor=ALICE)

    outcomes = await asyncio.gather(*(undo() for _ in range(30)))
    assert [outcome.repeated for outcome in outcomes].count(False) == 1
    assert (await balance_of(alice)).balance_credits == 1
    assert await stamp_of(workshop) is None
    again = await unlock(alice, workshop)
    assert again is not None
    keys = await rows(
        "SELECT idempotency_key AS key FROM credit_transactions WHERE workshop_id = $1 ORDER BY seq", workshop
    )
    assert [found["key"] for found in keys] == [
        f"unlock:{workshop}:0",
        f"reversal:{unlocked.transaction_id}",
        f"unlock:{workshop}:1",
    ]


async def test_a_late_reversal_leaves_a_newer_unlock_alone(rolled_back: None) -> None:
    """M06"""
    alice = await make_user(balance_credits=2)
    workshop = await make_workshop(user_id=alice)
    first = await unlock(alice, workshop)
    assert first is not None
    async with tx():
        await reverse(first.transaction_id, description="Undone", actor=ALICE)
    assert await unlock(alice, workshop) is not None
    async with tx():
        repeated = await reverse(first.transaction_id, description="Undone", actor=ALICE)
    assert repeated.repeated
    assert await stamp_of(workshop) is not None
    assert (await balance_of(alice)).balance_credits == 1


async def test_reversals_and_a_new_unlock_at_once_leave_the_new_unlock_alone(pool: None) -> None:
    """M05, M06: thirty at once give the credit back once; the unlock that comes between them stands."""
    alice = await make_user(balance_credits=1)
    workshop = await make_workshop(user_id=alice)
    undone = await unlock(alice, workshop)
    assert undone is not None

    async def undo() -> str:
        async with tx():
            return (await reverse(undone.transaction_id, description="Undone", actor=OPERATOR)).transaction_id

    async def unlock_again() -> Posted:
        async with asyncio.timeout(10):
            while (again := await unlock(alice, workshop)) is None:
                await asyncio.sleep(0)
        return again

    first, *others, again = await asyncio.gather(*(undo() for _ in range(30)), unlock_again())
    assert set(others) == {first}
    assert isinstance(again, Posted) and await stamp_of(workshop) == again.posted_at
    assert (await balance_of(alice)).balance_credits == 0
    assert await undo() == first
    assert await stamp_of(workshop) == again.posted_at


async def test_only_a_consumption_can_be_reversed(rolled_back: None) -> None:
    alice = await make_user()
    async with tx():
        given = await grant(alice, 1, form_key=alice, reason="goodwill", actor=OPERATOR)
    with pytest.raises(NotReversible):
        async with tx():
            await reverse(given.transaction_id, description="Undone", actor=OPERATOR)
    with pytest.raises(NotFound):
        async with tx():
            await reverse(new_id("ctx"), description="Undone", actor=OPERATOR)


async def test_a_correction_never_leads_into_a_debt(rolled_back: None) -> None:
    alice = await make_user(balance_credits=1)
    with pytest.raises(BadInput):
        async with tx():
            await adjust(alice, -2, form_key=alice, reason="mistake", actor=OPERATOR)
    async with tx():
        posted = await adjust(alice, -1, form_key=alice, reason="mistake", actor=OPERATOR)
    assert posted.balance_after_credits == 0


async def test_nobody_gets_credits_who_does_not_exist(rolled_back: None) -> None:
    with pytest.raises(NotFound):
        async with tx():
            await grant("nobody", 1, form_key="x", reason="goodwill", actor=OPERATOR)


async def test_two_hundred_tries_on_one_credit_succeed_once(pool: None) -> None:
    """SCHM-09: each try is one statement on a connection of its own, for a workshop of its own."""
    alice = await make_user(balance_credits=1)
    workshops = [await make_workshop(user_id=alice) for _ in range(200)]
    outcomes = await asyncio.gather(*(unlock(alice, workshop) for workshop in workshops))
    assert len([outcome for outcome in outcomes if outcome]) == 1
    assert (await balance_of(alice)).balance_credits == 0
    assert [problem for problem in await audit() if problem.startswith(alice)] == []


async def test_fifty_tries_on_one_workshop_take_one_credit(pool: None) -> None:
    """CRED-03: a twin that was slower by a moment meets the unique key, and nothing is taken."""
    alice = await make_user(balance_credits=5)
    workshop = await make_workshop(user_id=alice)
    outcomes = await asyncio.gather(*(unlock(alice, workshop) for _ in range(50)), return_exceptions=True)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Posted)]) == 1
    assert all(
        outcome is None or isinstance(outcome, Posted | asyncpg.UniqueViolationError) for outcome in outcomes
    )
    assert (await balance_of(alice)).balance_credits == 4


async def test_a_workshop_that_changes_hands_while_the_unlock_waits_costs_nobody(
    pool: None, owner_url: str
) -> None:
    """M38"""
    alice, bob = await make_user(balance_credits=1), await make_user(name="Bob")
    workshop = await make_workshop(user_id=alice)
    rival = await asyncpg.connect(owner_url)
    try:
        async with rival.transaction():
            await rival.execute("UPDATE workshops SET clerk_user_id = $2 WHERE id = $1", workshop, bob)
            waiting = asyncio.create_task(unlock(alice, workshop))
            await _until_someone_waits(rival)
    finally:
        await rival.close()
    with pytest.raises(NotFound):
        await waiting
    assert (await balance_of(alice)).balance_credits == 1


async def _until_someone_waits(connection: asyncpg.Connection) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
    async with asyncio.timeout(5):
        while not await connection.fetchval(waiting):
            await asyncio.sleep(0.01)


async def test_a_balance_at_the_limit_of_its_column_is_never_wrapped(rolled_back: None) -> None:
    """M39: one more is refused as a whole, and what was there stands; sums of many such are larger than the column."""
    people = [await make_user() for _ in range(2)]
    for person in people:
        async with tx():
            await grant(person, LIMIT, form_key=person, reason="x", actor=OPERATOR)
        with pytest.raises(BalanceFull):
            async with tx():
                await grant(person, 1, form_key=f"{person}1", reason="x", actor=OPERATOR)
    assert [(await balance_of(person)).balance_credits for person in people] == [LIMIT, LIMIT]
    [total] = await rows(
        "SELECT sum(amount) AS all FROM credit_transactions WHERE clerk_user_id = ANY ($1)", people
    )
    assert total["all"] == 2 * LIMIT
