"""Several runners, interrupted runs, and cursors: whatever happens to a run, the next one goes on. RECN-02."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.clock import utc_now
from app.database import row, rows
from app.payments.gateway import CheckoutSession
from app.reconcile import cursors
from app.reconcile.cursors import OVERLAPS, WAITS_AT_MOST, move, window_of
from app.reconcile.reconcile import reconcile
from app.reconcile.report import Mended
from app.reconcile.step import Means
from tests.checkout.till import Till, balance_of, movements_of, session_id_of
from tests.factories import make_user
from tests.oracle import Told, judged, paid_sessions
from tests.reconcile.books import (
    assert_a_second_run_writes_nothing,
    compared,
    found,
    kinds,
)

ONE = [("purchase", "completed", 1)]
SESSIONS = "GET /v1/checkout/sessions"


def means(till: Till) -> Means:
    return Means(till.shop.gateway, till.shop.rules, utc_now)


async def reached() -> dict[str, datetime]:
    return {each["name"]: each["reached_at"] for each in await rows("SELECT * FROM reconcile_cursors")}


async def assert_the_books_are_right(till: Till) -> None:
    findings = await judged(Told(paid=paid_sessions(till.made("checkout.session"))))
    assert findings.is_clean, findings


async def test_of_two_runners_one_works_and_the_other_leaves_at_once(till: Till) -> None:
    """M43, M45, O08: the second looks at nothing, though the first is held up by Stripe."""
    alice = await make_user()
    await till.bought(alice)
    till.sandbox.fault("api", "slow", match=SESSIONS, seconds=0.5)
    first = asyncio.create_task(reconcile(means(till)))
    async with asyncio.timeout(5):
        while till.sandbox.state.faults.active:
            await asyncio.sleep(0.005)
    assert await reconcile(means(till)) is None
    report = await first
    assert report is not None
    assert kinds(report.mended) == [Mended.CREDITED]
    assert await movements_of(alice) == ONE
    await assert_a_second_run_writes_nothing(till)


async def test_runs_beside_webhooks_and_pages_credit_once(till: Till) -> None:
    """M43, BILL-03: three voices about each purchase."""
    buyers = [await make_user() for _ in range(6)]
    bought = [await till.bought(buyer) for buyer in buyers]
    voices: list[Any] = [till.fulfil(started, source) for started in bought for source in ("webhook", "page")]
    await asyncio.gather(*voices, reconcile(means(till)), reconcile(means(till)))
    assert [await movements_of(buyer) for buyer in buyers] == [ONE] * 6
    await assert_the_books_are_right(till)
    await compared(till)
    await assert_a_second_run_writes_nothing(till)


def silent_at(till: Till, number: int) -> Callable[[str], Awaitable[CheckoutSession]]:
    """The reading of a payment page, as it is when Stripe falls silent at the so-manieth."""
    read, calls = till.shop.gateway.checkout_session, itertools.count(1)

    async def reading(session_id: str) -> CheckoutSession:
        if next(calls) == number:
            till.sandbox.fault("api", "503", match=f"{SESSIONS}/*", times=3)
        return await read(session_id)

    return reading


async def test_stripe_falls_silent_midway_and_the_next_run_goes_on(till: Till) -> None:
    """Says so; what was done is whole, the rest is untouched."""
    buyers = [await make_user() for _ in range(4)]
    for buyer in buyers:
        await till.bought(buyer)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(till.shop.gateway, "checkout_session", silent_at(till, 3))
        report = await compared(till)
    assert report.stopped is not None
    assert (len(report.mended), report.is_clean, await reached()) == (2, False, {})
    assert sorted([await balance_of(buyer) for buyer in buyers]) == [0, 0, 1, 1]
    till.sandbox.state.faults.clear()
    assert len((await compared(till)).mended) == 2
    await assert_the_books_are_right(till)
    await assert_a_second_run_writes_nothing(till)


async def test_a_run_that_is_stopped_midway_leaves_nothing_half_and_nothing_locked(till: Till) -> None:
    """C01, C20: stopped at every moment at which it waits for Stripe or the database, one after the other."""
    buyers = [await make_user() for _ in range(3)]
    for buyer in buyers:
        await till.bought(buyer)
    for steps in range(0, 400, 7):
        run = asyncio.create_task(reconcile(means(till)))
        for _ in range(steps):
            await asyncio.sleep(0)
        run.cancel()
        [ended] = await asyncio.gather(run, return_exceptions=True)
        if not isinstance(ended, asyncio.CancelledError | None):
            break
    report = await until_free(till)
    assert report.is_clean
    assert [await movements_of(buyer) for buyer in buyers] == [ONE] * 3
    await assert_the_books_are_right(till)
    await assert_a_second_run_writes_nothing(till)


async def until_free(till: Till) -> Any:
    """A server that loses a connection notices in a moment of its own."""
    async with asyncio.timeout(10):
        while (report := await reconcile(means(till))) is None:
            await asyncio.sleep(0.01)
    return report


async def test_a_cursor_follows_what_is_committed_and_looks_back_from_there(till: Till) -> None:
    first = await till.bought(await make_user())
    await compared(till)
    made_at = till.sandbox.stored("checkout.session", session_id_of(first))["created"]
    assert (await reached())["sessions"].timestamp() == made_at
    window = await window_of("sessions", asked_at=None, now=utc_now())
    assert window.since_at.timestamp() == made_at - OVERLAPS["sessions"].total_seconds()


async def test_asking_for_an_earlier_moment_looks_further_and_a_later_one_skips_nothing(till: Till) -> None:
    at = utc_now().replace(microsecond=0)
    await move("disputes", at, held_at=None)
    usual_at = at - OVERLAPS["disputes"]
    for asked_at in (None, at, usual_at):
        assert (await window_of("disputes", asked_at=asked_at, now=at)).since_at == usual_at
    year_ago = at - timedelta(days=365)
    window = await window_of("disputes", asked_at=year_ago, now=at)
    assert (window.since_at, window.is_new(year_ago)) == (year_ago, True)
    usual = await window_of("disputes", asked_at=None, now=at)
    assert (usual.is_new(at), usual.is_new(at - timedelta(seconds=1))) == (True, False)


async def test_a_cursor_never_goes_back_and_waits_for_some_weeks(till: Till) -> None:
    async def at() -> datetime:
        return (await reached())["refunds"]

    start = utc_now()
    await move("refunds", start, held_at=None)
    await move("refunds", start - timedelta(days=1), held_at=None)
    assert await at() == start
    later = start + timedelta(days=10)
    await move("refunds", later, held_at=start)
    assert await at() == start
    much_later = start + timedelta(days=100)
    await move("refunds", much_later, held_at=start)
    assert await at() == much_later - WAITS_AT_MOST


async def test_more_than_one_page_of_a_list_is_looked_at_oldest_first(till: Till) -> None:
    """The cursor moves behind each batch, so a run that dies late has not worked in vain."""
    buyers = [await make_user() for _ in range(5)]
    for buyer in buyers:
        await till.bought(buyer)
        till.sandbox.advance(60)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cursors, "BATCH", 2)
        patched.setattr(till.shop.gateway, "checkout_session", silent_at(till, 5))
        assert (await compared(till)).stopped
    made = sorted(each["created"] for each in till.made("checkout.session"))
    assert (await reached())["sessions"].timestamp() == made[3]
    till.sandbox.state.faults.clear()
    assert len((await compared(till)).mended) == 1


async def test_after_forty_days_with_the_inbox_pruned_neither_event_nor_run_credits_again(till: Till) -> None:
    """M44: neither the inbox nor Stripe's memory of keys is needed; the ledger's keys hold."""
    alice = await make_user()
    started = await till.bought(alice)
    await compared(till)
    till.sandbox.advance(40 * 86_400)
    await row("UPDATE reconcile_cursors SET reached_at = reached_at - interval '40 days'")
    assert await row("SELECT 1 FROM stripe_events") is None, "premise: nothing is left of any event"
    await till.fulfil(started)
    assert (await compared(till, since_at=utc_now() - timedelta(days=80))).mended == []
    assert await movements_of(alice) == ONE
    assert found(await compared(till), started.purchase_id) == []
