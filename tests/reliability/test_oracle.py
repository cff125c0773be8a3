"""The oracle finds what is wrong, each kind by its own name; only then does its silence mean something."""

import asyncpg
import pytest

from app.database import connection, row, tx
from app.ledger.payments import note_return, take_back
from app.ledger.posting import Actor
from tests import oracle
from tests.factories import make_purchase, make_user, make_workshop
from tests.oracle import Findings, Told, books_of, judged, left_open


async def test_books_that_are_right_are_clean(rolled_back: None) -> None:
    alice = await make_user(balance_credits=2)
    bought = await make_purchase(user_id=alice, status="paid")
    told = Told(paid={f"cs_test_{bought}": bought}, returned={bought: (0, False)})
    assert await judged(told, people=[alice]) == Findings()


async def test_a_payment_without_its_credits_is_lost_unless_it_was_set_aside(rolled_back: None) -> None:
    alice = await make_user()
    kept = {status: await make_purchase(user_id=alice, status=status) for status in ("open", "refused")}
    told = Told(paid={f"cs_test_{each}": each for each in kept.values()})
    assert (await judged(told, people=[alice])).lost == (f"cs_test_{kept['open']}",)


async def test_credits_that_nobody_paid_for_are_unfounded(rolled_back: None) -> None:
    alice = await make_user()
    bought = await make_purchase(user_id=alice, status="paid")
    assert (await judged(Told(), people=[alice])).unfounded == (bought,)


@pytest.mark.parametrize(("refunded_cents", "is_held"), [(0, False), (4_900, False), (9_999, False)])
async def test_credits_that_do_not_follow_the_money_are_named(
    rolled_back: None, refunded_cents: int, is_held: bool
) -> None:
    """One credit of three is taken, and Stripe says: nothing, less than one, and about two."""
    alice = await make_user()
    bought = await make_purchase(user_id=alice, credits=3, amount_cents=14_900, status="paid")
    async with tx():
        await take_back(alice, bought, 1, description="x", actor=Actor("stripe"), reason="refunded")
    await row("UPDATE purchases SET amount_refunded_cents = $2 WHERE id = $1", bought, refunded_cents)
    told = Told(paid={f"cs_test_{bought}": bought}, returned={bought: (refunded_cents, is_held)})
    assert (await judged(told, people=[alice])).returns == (bought,)


@pytest.mark.parametrize(("told_cents", "is_right"), [((), False), ((4_900,), True), ((4_900, 4_900), False)])
async def test_money_that_moved_no_credit_and_is_not_told_of_once_is_named(
    rolled_back: None, told_cents: tuple[int, ...], is_right: bool
) -> None:
    alice = await make_user()
    bought = await make_purchase(user_id=alice, credits=3, amount_cents=14_900, status="paid")
    await row("UPDATE purchases SET amount_refunded_cents = 4900 WHERE id = $1", bought)
    for cents in told_cents:
        await note_return(alice, bought, cents)
    told = Told(paid={f"cs_test_{bought}": bought}, returned={bought: (4_900, False)})
    assert (await judged(told, people=[alice])).returns == (() if is_right else (bought,))


async def test_a_dispute_that_holds_the_money_asks_for_all_credits(rolled_back: None) -> None:
    alice = await make_user()
    bought = await make_purchase(user_id=alice, credits=3, amount_cents=14_900, status="paid")
    told = Told(paid={f"cs_test_{bought}": bought}, returned={bought: (0, True)})
    assert (await judged(told, people=[alice])).returns == (bought,)


async def test_an_unlock_that_was_acknowledged_and_is_not_there_is_named(rolled_back: None) -> None:
    locked = await make_workshop(user_id=await make_user())
    found = await judged(Told(unlocked=[locked], taken_events=["evt_unknown"]), people=[])
    assert (found.unlocks, found.events) == ((locked,), ("evt_unknown",))


async def test_what_nobody_let_go_of_is_named(
    pool: None, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction, a lock, and a connection of the pool."""
    monkeypatch.setattr(oracle, "LET_GO_SECONDS", 0.05)
    holder = await asyncpg.connect(database_url)
    try:
        await holder.execute("BEGIN; SELECT pg_advisory_xact_lock(7)")
        async with connection():
            pid = holder.get_server_pid()
            assert set(await left_open()) == {
                f"idle in transaction of process {pid}",
                f"advisory lock of process {pid}",
                "1 connections of the pool",
            }
    finally:
        await holder.close()
    monkeypatch.undo()
    assert await left_open() == ()


async def test_of_others_nothing_is_said_when_people_are_named(rolled_back: None) -> None:
    assert await books_of([]) == Findings()
