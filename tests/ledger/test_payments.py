"""Paid credits on their way into the ledger and out of it, against a real PostgreSQL."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from app.database import row, rows, tx
from app.errors import BadInput, IdempotencyConflict, NotSettled
from app.ledger.audit import audit
from app.ledger.payments import (
    Cause,
    PurchaseMovement,
    TakenBack,
    await_purchase,
    fail_purchase,
    give_back,
    post_purchase,
    take_back,
    taken_back,
)
from app.ledger.posting import Actor, Posted, adjust, grant, lock_user
from app.ledger.statement import Balance, balance_of
from tests.factories import make_purchase, make_user

STRIPE = Actor("stripe", "evt_test")


async def bought(user_id: str, *, credits: int = 3, status: str = "open") -> PurchaseMovement:
    purchase = await make_purchase(user_id=user_id, credits=credits, amount_cents=14900, status=status)
    return PurchaseMovement(user_id, purchase, credits, "Purchase of a pack", f"cs_{purchase}")


async def count(movement: PurchaseMovement) -> Posted:
    async with tx():
        await lock_user(movement.user_id)
        await row("UPDATE purchases SET status = 'paid', paid_at = now() WHERE id = $1", movement.purchase_id)
        return await post_purchase(movement, actor=STRIPE)


async def wait_for(movement: PurchaseMovement) -> str:
    async with tx():
        return await await_purchase(movement, actor=STRIPE)


async def rows_of(user_id: str) -> list[tuple[str, str, int, int | None]]:
    found = await rows(
        "SELECT type, status, amount, seq FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY created_at",
        user_id,
    )
    return [(each["type"], each["status"], each["amount"], each["seq"]) for each in found]


async def test_a_paid_purchase_is_counted_once(rolled_back: None) -> None:
    alice = await make_user()
    movement = await bought(alice)
    first, second = await count(movement), await count(movement)
    assert (first.repeated, second.repeated) == (False, True)
    assert first.transaction_id == second.transaction_id
    assert await balance_of(alice) == Balance(3, 0, 1)


async def test_fifty_counts_at_once_are_one(pool: None) -> None:
    """BILL-04"""
    alice = await make_user()
    movement = await bought(alice)
    outcomes = await asyncio.gather(*(count(movement) for _ in range(50)))
    assert [outcome.repeated for outcome in outcomes].count(False) == 1
    assert await balance_of(alice) == Balance(3, 0, 1)
    assert [problem for problem in await audit() if problem.startswith(alice)] == []


async def test_money_that_settles_counts_for_nothing_until_it_has(rolled_back: None) -> None:
    """M10, M11: the waiting row itself is completed, once."""
    alice = await make_user(balance_credits=1)
    movement = await bought(alice)
    waiting = await wait_for(movement)
    assert await balance_of(alice) == Balance(1, 3, 1)
    assert await wait_for(movement) == waiting
    posted = await count(movement)
    assert (posted.transaction_id, posted.repeated) == (waiting, False)
    assert (await count(movement)).repeated
    assert await rows_of(alice) == [("grant", "completed", 1, 1), ("purchase", "completed", 3, 2)]


async def test_a_payment_that_fails_counts_for_nothing_and_may_still_come_late(rolled_back: None) -> None:
    """M12, M13, M14"""
    alice = await make_user()
    movement = await bought(alice)
    await wait_for(movement)
    async with tx():
        assert await fail_purchase(movement.purchase_id)
        assert not await fail_purchase(movement.purchase_id)
    assert await balance_of(alice) == Balance(0, 0, 0)
    assert (await count(movement)).balance_after_credits == 3
    assert await rows_of(alice) == [("purchase", "completed", 3, 1)]


async def test_a_counted_payment_cannot_fail(rolled_back: None) -> None:
    alice = await make_user()
    movement = await bought(alice)
    await count(movement)
    with pytest.raises(NotSettled):
        async with tx():
            await fail_purchase(movement.purchase_id)


async def test_the_same_purchase_with_other_credits_is_refused(rolled_back: None) -> None:
    alice = await make_user()
    movement = await bought(alice)
    await count(movement)
    other = PurchaseMovement(alice, movement.purchase_id, 4, "Purchase", movement.stripe_session_id)
    with pytest.raises(IdempotencyConflict):
        await count(other)
    with pytest.raises(IdempotencyConflict):
        await wait_for(other)


async def test_credits_that_were_used_and_then_taken_back_are_owed(rolled_back: None) -> None:
    """REFD-03, M20: the next purchase pays the debt first."""
    alice = await make_user()
    movement = await bought(alice, credits=1)
    await count(movement)
    async with tx():
        await adjust(alice, -1, form_key=alice, reason="used", actor=Actor("system"))
    async with tx():
        taken = await take_back(
            alice, movement.purchase_id, 1, description="Refund", actor=STRIPE, reason="refunded"
        )
    assert taken.balance_after_credits == -1
    assert (await count(await bought(alice))).balance_after_credits == 2


async def test_credits_can_be_taken_given_back_and_taken_again(rolled_back: None) -> None:
    """REFD-05, M19, M24: the same sum that comes round again is not swallowed as a repeat."""
    alice = await make_user()
    movement = await bought(alice)
    await count(movement)

    async def move(act: Callable[..., Awaitable[Posted]], credits: int) -> int:
        async with tx():
            posted = await act(
                alice, movement.purchase_id, credits, description="x", actor=STRIPE, reason="dispute"
            )
        return posted.balance_after_credits

    steps = [(take_back, 3), (give_back, 3), (take_back, 3), (give_back, 1), (take_back, 1)]
    assert [await move(act, credits) for act, credits in steps] == [0, 3, 0, 1, 0]
    with pytest.raises(BadInput):
        await move(give_back, 4)


async def test_what_a_movement_says_of_the_money_is_kept_and_summed(rolled_back: None) -> None:
    """REFD-01: money that returned to us counts against what went back."""
    alice = await make_user()
    movement = await bought(alice)
    await count(movement)
    async with tx():
        cause = Cause(
            description="Refund", actor=STRIPE, reason="refunded", returned_cents=14_900, request_id="r1"
        )
        taken = await take_back(alice, movement.purchase_id, 3, **cause)
        cause = Cause(description="Failed", actor=STRIPE, reason="refund_failed", returned_cents=-9900)
        await give_back(alice, movement.purchase_id, 2, **cause)
    so_far = await taken_back(alice, movement.purchase_id)
    assert so_far == TakenBack(2, 1, 5000, taken.transaction_id)
    written = await rows(
        "SELECT type, amount, returned_cents, reason, request_id, reverses_id FROM credit_transactions"
        " WHERE clerk_user_id = $1 AND type <> 'purchase' ORDER BY seq",
        alice,
    )
    assert [tuple(each) for each in written] == [
        ("refund", -3, 14_900, "refunded", "r1", None),
        ("reversal", 2, -9900, "refund_failed", None, taken.transaction_id),
    ]


async def test_nothing_was_taken_back_of_a_purchase_that_only_was_paid(rolled_back: None) -> None:
    alice = await make_user()
    movement = await bought(alice, status="paid")
    assert await taken_back(alice, movement.purchase_id) == TakenBack(0, 0, 0, None)
    for credits in (0, -1):
        with pytest.raises(BadInput):
            async with tx():
                await take_back(
                    alice, movement.purchase_id, credits, description="x", actor=STRIPE, reason="refunded"
                )


@pytest.mark.judged_by_itself
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_but_credits_taken_back_leads_into_a_debt(rolled_back: None, seed: int) -> None:
    """M20: any verb, any size, in any order."""
    chance, alice = random.Random(seed), await make_user()
    movement = await bought(alice, status="paid")
    for number in range(60):
        verb, size = chance.choice((_take, _take, _take, _give, _correct, _grant)), chance.randrange(-4, 5)
        try:
            async with tx():
                await verb(alice, movement.purchase_id, size, f"{alice}{number}")
        except BadInput:
            continue
    low = await rows(
        "SELECT type FROM credit_transactions WHERE clerk_user_id = $1 AND amount < 0 AND balance_after < 0",
        alice,
    )
    assert {each["type"] for each in low} == {"refund"}
    assert [problem for problem in await audit() if alice in problem and "taken back" not in problem] == []


async def _take(user_id: str, purchase_id: str, size: int, key: str) -> None:
    await take_back(user_id, purchase_id, size, description="x", actor=STRIPE, reason="refunded")


async def _give(user_id: str, purchase_id: str, size: int, key: str) -> None:
    await give_back(user_id, purchase_id, size, description="x", actor=STRIPE, reason="refund_failed")


async def _correct(user_id: str, purchase_id: str, size: int, key: str) -> None:
    await adjust(user_id, size, form_key=key, reason="x", actor=STRIPE)


async def _grant(user_id: str, purchase_id: str, size: int, key: str) -> None:
    await grant(user_id, size, form_key=key, reason="x", actor=STRIPE)
