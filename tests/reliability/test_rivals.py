"""Many at once on the same rows, and requests that break off: nobody waits for long, nothing deadlocks, nothing leaks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import asyncpg
import pytest
import pytest_asyncio

from app import database
from app.clock import utc_now
from app.database import repeated_if_undone, row, tx
from app.errors import BillingError
from app.ledger.posting import Actor
from app.passing import PASSING
from app.web.problems import row_for
from app.workshops.access import PaywallRules
from app.workshops.deleting import delete_workshop
from app.workshops.unlock import UnlockOutcome, unlock
from tests.checkout.bank import look, refund
from tests.checkout.till import Till, movements_of
from tests.databases import Database, Server, execute, fresh_database
from tests.factories import make_user, make_workshop
from tests.migrating import value_in
from tests.oracle import Findings, books_of, left_open
from tests.proof import IS_PROOF, chosen_seed
from tests.reliability.bad_day import all_idle, fill_pool, site_at
from tests.workshops.site import Site

ROUNDS = 1_667 if IS_PROOF else 8  # of six pairs each
BROKEN_OFF = 1_000 if IS_PROOF else 100
LOCKED_OUT_SECONDS = 3.0
UNLOCKED = [("grant", "completed", 1), ("consumption", "completed", -1)]


@pytest.fixture(scope="module")
def target(server: Server) -> Database:
    return fresh_database()


@pytest_asyncio.fixture(loop_scope="session")
async def site(target: Database, till: Till) -> AsyncIterator[Site]:
    async with site_at(target, till) as opened:
        yield opened


async def open_for_a_credit(user_id: str, workshop_id: str) -> UnlockOutcome:
    actor = Actor("user", user_id)
    done = await unlock(user_id, workshop_id, rules=PaywallRules(), now=utc_now(), actor=actor)
    return done.outcome


async def owner_of_one() -> tuple[str, str]:
    """Someone with one credit and one locked workshop."""
    user = await make_user(balance_credits=1)
    return user, await make_workshop(user_id=user)


def test_whatever_may_pass_is_answered_with_come_again() -> None:
    """C07, C08, C09: what lets a webhook be sent again lets a person try again."""
    for kind in PASSING:
        problem = row_for(kind("over in a moment"))
        assert (problem.status, problem.is_again) == (503, True), kind


async def test_a_row_held_by_someone_else_is_told_within_seconds_and_others_go_on(
    site: Site, target: Database
) -> None:
    """C14: `lock_timeout` ends the wait; no credit was used, and the next press takes one."""
    alice, workshop = await owner_of_one()
    bob, another = await owner_of_one()
    browsers = await site.browser(alice), await site.browser(bob)
    holder = await asyncpg.connect(target.superuser_url)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM users WHERE clerk_user_id = $1 FOR UPDATE", alice)
            began = time.monotonic()
            held = asyncio.create_task(browsers[0].post(f"/workshops/{workshop}/unlock"))
            assert (await browsers[1].post(f"/workshops/{another}/unlock")).status_code == 303
            assert not held.done()
            answer = await held
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert "No credit was used" in answer.text
        assert time.monotonic() - began < LOCKED_OUT_SECONDS
    finally:
        await holder.close()
    assert (await browsers[0].post(f"/workshops/{workshop}/unlock")).status_code == 303


@dataclass(frozen=True)
class Quarrel:
    """One person's credits, and four flows that all want them."""

    till: Till
    flows: tuple[Callable[[], Awaitable[object]], ...]

    async def fought(self, chance: Random) -> list[object]:
        """All at once, in any order; what each said."""
        order = list(self.flows)
        chance.shuffle(order)
        return await asyncio.gather(*(flow() for flow in order), return_exceptions=True)


async def quarrel_of(till: Till, user: str) -> Quarrel:
    """An unlock, a payment with that unlock in mind, money that goes back, and the workshop's deletion."""
    workshop = await make_workshop(user_id=user)
    back = await till.bought(user)
    await till.fulfil(back)
    refund(till, back)
    paid = await till.bought(user, "serial-entrepreneur", intent_workshop_id=workshop)
    return Quarrel(
        till,
        (
            lambda: open_for_a_credit(user, workshop),
            lambda: till.fulfil(paid),
            lambda: look(till, back),
            lambda: delete_workshop(user, workshop, now=utc_now()),
        ),
    )


@pytest.mark.proof
@pytest.mark.timeout(1200)
async def test_flows_that_want_the_same_rows_never_deadlock(
    site: Site, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C15: with repeating off, so that one deadlock would be one failure."""
    monkeypatch.setattr(database, "UNDONE_FOR_A_RIVAL", ())
    seed = chosen_seed()
    chance, people = Random(seed), [await make_user() for _ in range(4)]
    for number in range(ROUNDS):
        quarrel = await quarrel_of(till, people[number % len(people)])
        for said in await quarrel.fought(chance):
            assert not isinstance(said, BaseException) or isinstance(said, BillingError), f"{said!r} {seed}"
    assert await books_of(people) == Findings()
    if IS_PROOF:
        print(f"C15: {ROUNDS * 6} pairs of rival flows, 0 deadlocks; seed {seed}")


@repeated_if_undone
async def workshop_first(user: str, workshop: str, has_one: asyncio.Event, may_go_on: asyncio.Event) -> None:
    """A flow that locks in the wrong order, on purpose."""
    async with tx():
        await row("UPDATE workshops SET updated_at = now() WHERE id = $1", workshop)
        has_one.set()
        await may_go_on.wait()
        await row("UPDATE users SET updated_at = now() WHERE clerk_user_id = $1", user)


async def test_a_deadlock_ends_with_both_flows_done(site: Site, target: Database) -> None:
    """C15, C16: the seeded bug deadlocks, as it must, and whoever was undone for it begins again."""
    alice, workshop = await owner_of_one()
    has_one, may_go_on = asyncio.Event(), asyncio.Event()
    wrong = asyncio.create_task(workshop_first(alice, workshop, has_one, may_go_on))
    await has_one.wait()
    right = asyncio.create_task(open_for_a_credit(alice, workshop))
    await until_somebody_waits(target)
    may_go_on.set()
    assert await right is UnlockOutcome.UNLOCKED
    await wrong
    assert await movements_of(alice) == UNLOCKED


async def until_somebody_waits(target: Database) -> None:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN"
        " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    )
    async with asyncio.timeout(10):
        while not await value_in(target.superuser_url, waiting):
            await asyncio.sleep(0.005)


@asynccontextmanager
async def undone(target: Database, code: str, times: int) -> AsyncIterator[None]:
    """The database undoes the first so many transactions that post a movement: a sequence counts what is undone too."""
    await execute(
        target.superuser_url,
        "CREATE SEQUENCE undone_so_far",
        "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        f" IF nextval('undone_so_far') <= {times} THEN RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END IF;"
        " RETURN NEW; END $$",
        "CREATE TRIGGER undo BEFORE INSERT ON credit_transactions FOR EACH ROW"
        " WHEN (NEW.type <> 'grant') EXECUTE FUNCTION undo()",
    )
    try:
        yield
    finally:
        await execute(target.superuser_url, "DROP FUNCTION undo CASCADE", "DROP SEQUENCE undone_so_far")


async def tries_of(target: Database) -> object:
    return await value_in(target.superuser_url, "SELECT last_value FROM undone_so_far")


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_transaction_undone_for_a_rival_is_done_again(
    site: Site, target: Database, till: Till, code: str
) -> None:
    """C16: the whole of it, twice if need be, and the outcome counts once."""
    alice, workshop = await owner_of_one()
    async with undone(target, code, times=2):
        assert await open_for_a_credit(alice, workshop) is UnlockOutcome.UNLOCKED
        assert await tries_of(target) == 3
    bought = await till.bought(alice)
    async with undone(target, code, times=2):
        await till.fulfil(bought)
    assert await movements_of(alice) == [*UNLOCKED, ("purchase", "completed", 1)]


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_after_three_tries_a_person_is_told_to_come_again(
    site: Site, target: Database, code: str
) -> None:
    """C16: no endless loop, and no credit is used."""
    alice, workshop = await owner_of_one()
    browser = await site.browser(alice)
    async with undone(target, code, times=99):
        answer = await browser.post(f"/workshops/{workshop}/unlock")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert await tries_of(target) == 3
    assert await movements_of(alice) == UNLOCKED[:1]


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_requests_that_are_cancelled_twice_leave_nothing_behind(site: Site) -> None:
    """C11: at random moments, and once more while they are being undone."""
    seed, broken = chosen_seed(), 0
    chance, alice = Random(seed), await make_user(balance_credits=BROKEN_OFF)
    for _ in range(BROKEN_OFF):
        workshop = await make_workshop(user_id=alice)
        pressing = asyncio.create_task(open_for_a_credit(alice, workshop))
        for _ in range(2):
            await asyncio.sleep(chance.uniform(0, 0.004))
            broken += pressing.cancel()
        await asyncio.wait([pressing])
    await fill_pool()
    assert all_idle()
    assert await left_open() == ()
    assert await books_of([alice]) == Findings()
    assert broken > BROKEN_OFF // 4, f"premise: it broke off on its way; seed {seed}"
    if IS_PROOF:
        print(f"C11: {broken} cancellations of {BROKEN_OFF} unlocks, pool whole; seed {seed}")
