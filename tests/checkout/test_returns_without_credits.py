"""Money that goes back and moves no credit is told once, with its own moment. STMT-02, REFD-01."""

import asyncio

import asyncpg
import pytest

from app.checkout import returns
from app.checkout.clawback import Clawback, Followed
from app.checkout.start import Started
from app.clock import utc_now
from app.database import row, rows
from app.transactions.months import month_of
from app.transactions.statements.statement import statement_of
from tests.checkout.bank import (
    dispute,
    fail_refund,
    fingerprint,
    followed,
    look,
    noted,
    refund,
    win,
)
from tests.checkout.till import Till
from tests.databases import execute
from tests.factories import make_user


async def sold(till: Till, user_id: str) -> Started:
    started = await till.bought(user_id, "serial-entrepreneur")
    await till.fulfil(started)
    return started


async def returned_of(user_id: str) -> int:
    """What all statements of this person say went back, in cents."""
    months = {
        month_of(each["recorded_at"])
        for each in await rows(
            "SELECT recorded_at FROM returns_without_credits WHERE clerk_user_id = $1"
            " UNION SELECT posted_at FROM credit_transactions WHERE clerk_user_id = $1 AND seq IS NOT NULL",
            user_id,
        )
    }
    found = [await statement_of(user_id, month, now=utc_now()) for month in sorted(months)]
    return -sum(money.returned_cents for each in found for money in each.money)


async def test_small_refunds_that_take_a_credit_together_are_told_once_each(till: Till) -> None:
    alice = await make_user()
    started = await sold(till, alice)
    so_far = 0
    for cents in (4900, 60, 40, 9900):
        refund(till, started, cents)
        await look(till, started)
        so_far += cents
        assert await returned_of(alice) == so_far
    assert await noted(started.purchase_id) == [4900, 60]
    assert await followed(started.purchase_id) == [(-1, 40, "refunded"), (-2, 9900, "refunded")]


async def test_a_small_refund_that_fails_later_is_told_to_have_come_back(till: Till) -> None:
    alice = await make_user()
    started = await sold(till, alice)
    made = refund(till, started, 4900)
    await look(till, started)
    fail_refund(till, made)
    await look(till, started)
    assert await noted(started.purchase_id) == [4900, -4900]
    assert (await followed(started.purchase_id), await returned_of(alice)) == ([], 0)


async def test_repeats_tell_nothing_and_twenty_at_once_tell_once(till: Till) -> None:
    """REFD-04"""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started, 4900)
    found = await asyncio.gather(*(look(till, started) for _ in range(20)))
    assert sorted({each.outcome for each in found}) == [Followed.NOTED, Followed.SETTLED]
    before = await fingerprint(alice, started.purchase_id)
    for _ in range(3):
        assert await look(till, started) == Clawback(Followed.SETTLED, started.purchase_id)
    assert await fingerprint(alice, started.purchase_id) == before
    assert await noted(started.purchase_id) == [4900]


async def test_money_that_goes_back_while_a_dispute_holds_the_credits_is_told_when_it_goes(
    till: Till,
) -> None:
    """What the dispute took counts for the refund when the dispute is won."""
    alice = await make_user()
    started = await sold(till, alice)
    made = refund(till, started, 5000)
    till.sandbox.tamper("refund", made, status="pending")
    disputed = dispute(till, started)
    await look(till, started)
    till.sandbox.tamper("refund", made, status="succeeded")
    await look(till, started)
    assert (await noted(started.purchase_id), await returned_of(alice)) == ([5000], 5000)
    win(till, disputed)
    await look(till, started)
    assert await followed(started.purchase_id) == [(-3, 0, "disputed"), (2, 0, "dispute_ended")]
    assert await returned_of(alice) == 5000


async def test_money_that_is_back_before_the_credits_came_is_told_with_them(till: Till) -> None:
    """M16"""
    alice = await make_user()
    started = await till.bought(alice, "serial-entrepreneur")
    refund(till, started, 4900)
    await till.fulfil(started)
    await look(till, started)
    assert await noted(started.purchase_id) == [4900]


async def test_what_an_older_version_left_untold_is_told_by_the_next_look(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of before goes on for a moment after the migration."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started, 4900)

    async def untold(*_: object) -> None:
        return None

    with monkeypatch.context() as older:
        older.setattr(returns, "note_return", untold)
        await look(till, started)
    assert await noted(started.purchase_id) == []
    await asyncio.gather(*(look(till, started) for _ in range(5)))
    assert await noted(started.purchase_id) == [4900]
    assert await look(till, started) == Clawback(Followed.SETTLED, started.purchase_id)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE returns_without_credits SET returned_cents = 1",
        "DELETE FROM returns_without_credits",
        "TRUNCATE returns_without_credits",
    ],
)
async def test_nobody_rewrites_what_was_told(till: Till, owner_url: str, attack: str) -> None:
    """The application has no right to, and the owner meets a trigger."""
    alice = await make_user()
    started = await sold(till, alice)
    refund(till, started, 4900)
    await look(till, started)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await row(attack)
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await execute(owner_url, attack)
