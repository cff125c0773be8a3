"""The comparison inside a serving application: it comes round by itself, and is in nobody's way."""

import asyncio
import itertools
import time
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from app.application import create_app
from app.clock import utc_now
from app.database import DB
from app.reconcile.reconcile import reconcile
from app.reconcile.step import Means
from app.ticking import ticking
from tests.checkout.till import Till, balance_of, settings_for
from tests.factories import make_user
from tests.reconcile.served import serving

OFTEN_SECONDS = 0.05


def means(till: Till) -> Means:
    return Means(till.shop.gateway, till.shop.rules, utc_now)


def comparing(means: Means, *, every_seconds: float) -> AbstractAsyncContextManager[None]:
    return ticking("reconcile", partial(reconcile, means), every_seconds=every_seconds)


def what_ticks() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()} & {"reconcile", "watch"}


async def until_credited(user_id: str) -> None:
    async with asyncio.timeout(20):
        while await balance_of(user_id) == 0:
            await asyncio.sleep(0.01)


async def test_it_comes_round_by_itself(till: Till) -> None:
    """M45."""
    alice = await make_user()
    async with comparing(means(till), every_seconds=OFTEN_SECONDS):
        await till.bought(alice)
        await until_credited(alice)


async def test_zero_is_never(till: Till) -> None:
    alice = await make_user()
    await till.bought(alice)
    async with comparing(means(till), every_seconds=0):
        assert not what_ticks()
    assert await balance_of(alice) == 0


async def test_whatever_goes_wrong_it_comes_round_again(till: Till) -> None:
    """Stripe silent, then a fault of our own, then all is well."""
    alice = await make_user()
    await till.bought(alice)
    till.sandbox.fault("api", "503", match="GET /v1/checkout/sessions", times=3)
    calls = itertools.count()

    def broken_at_first() -> datetime:
        if next(calls) == 1:
            raise RuntimeError("a fault of our own")
        return utc_now()

    gateway, rules = till.shop.gateway, till.shop.rules
    async with comparing(Means(gateway, rules, broken_at_first), every_seconds=OFTEN_SECONDS):
        await until_credited(alice)
    assert next(calls) > 2


async def test_the_end_does_not_wait_for_a_silent_stripe(till: Till) -> None:
    """C20."""
    till.sandbox.fault("api", "lost_request", match="GET /v1/checkout/sessions", times=9)
    await till.bought(await make_user())
    async with comparing(means(till), every_seconds=OFTEN_SECONDS):
        async with asyncio.timeout(5):
            while len(till.sandbox.state.faults.active) and till.sandbox.state.faults.active[0].times == 9:
                await asyncio.sleep(0.01)
        asked_to_stop = time.monotonic()
    assert time.monotonic() - asked_to_stop < 1


async def test_an_application_compares_and_watches_only_if_an_interval_is_given(till: Till) -> None:
    settings = settings_for(till.sandbox.url, database_url=str(DB.config["dsn"]))
    async with create_app(settings, reconcile_every_seconds=300).lifespan():
        assert what_ticks() == {"reconcile", "watch"}
    async with create_app(settings).lifespan():
        assert not what_ticks()


@pytest.mark.timeout(90)
async def test_served_by_two_workers_it_mends_and_both_end_when_told(till: Till, tmp_path: Path) -> None:
    """O08: `serve` with its setting; a purchase is credited though no webhook exists."""
    alice = await make_user()
    await till.bought(alice)
    async with serving(tmp_path, till.sandbox.url) as (program, log):
        await until_credited(alice)
        async with asyncio.timeout(10):
            while "event=reconciled" not in log.read_text():
                await asyncio.sleep(0.01)
        program.terminate()
        assert await asyncio.to_thread(program.wait, 10) == 0
