"""How often something may be tried: counted in the database, for all processes together (ACCT-04, W44)."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from app.accounts import limits
from app.accounts.limits import Limit, count_try, sweep
from app.database import rows, tx
from app.errors import TooManyTries
from app.ids import new_id
from tests.accounts.browsers import Browser, csrf_token, heading
from tests.accounts.conftest import Site, settings_with, site_with
from tests.accounts.patience import limits_pass

THREE = Limit("three", 3, "person", span=timedelta(minutes=3))


async def tried(limit: Limit, who: str, times: int) -> list[int]:
    """The seconds to wait that each of these tries is told; 0 for those that may go on."""

    async def one() -> int:
        try:
            await count_try(limit, who)
        except TooManyTries as error:
            return error.wait_seconds
        return 0

    return sorted(await asyncio.gather(*(one() for _ in range(times))))


async def test_of_two_hundred_tries_at_once_as_many_pass_as_the_limit_says(pool: None) -> None:
    """W44: over eight connections, as from as many processes."""
    limit = Limit("burst", 30, "person")
    answers = await tried(limit, new_id("usr"), 200)
    assert answers[:30] == [0] * 30
    assert all(0 < wait <= 20 for wait in answers[30:])


async def test_room_comes_back_evenly_and_refused_tries_take_none(pool: None) -> None:
    who = new_id("usr")
    assert [bool(wait) for wait in await tried(THREE, who, 50)] == [False] * 3 + [True] * 47
    await limits_pass(seconds=59)
    assert (await tried(THREE, who, 1))[0] in (1, 2)
    await limits_pass(seconds=2)
    assert [bool(wait) for wait in await tried(THREE, who, 2)] == [False, True]
    await limits_pass(days=1)
    assert [bool(wait) for wait in await tried(THREE, who, 4)] == [False] * 3 + [True]


async def test_one_person_takes_no_room_from_another_nor_one_limit_from_another(pool: None) -> None:
    alice, bob = new_id("usr"), new_id("usr")
    await tried(THREE, alice, 9)
    assert await tried(THREE, bob, 1) == [0]
    assert await tried(Limit("other", 3, "person"), alice, 1) == [0]


async def test_nobody_is_named_and_whoever_is_calm_is_forgotten(
    pool: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SWEEP_ONE_IN", 10**9)  # else a try may have swept already
    alice, bob = new_id("usr"), new_id("usr")
    await tried(THREE, alice, 1)
    await limits_pass(minutes=2)
    await tried(THREE, bob, 1)
    before = len(await rows("SELECT 1 FROM rate_limits WHERE key LIKE 'three:%' AND empty_at < now()"))
    await sweep()
    left = [each["key"] for each in await rows("SELECT key, empty_at FROM rate_limits")]
    assert before >= 1
    assert not await rows("SELECT 1 FROM rate_limits WHERE empty_at < now()")
    assert any(key.startswith("three:") for key in left)
    assert not any(alice in key or bob in key for key in left)


async def test_where_tries_cannot_be_counted_reading_goes_on_and_nothing_else(pool: None) -> None:
    """A server that has become a copy, or whose disk is full, still shows what it has."""
    async with tx(readonly=True):
        await count_try(Limit("reading", 1, "person", only_reads=True), "alice")
    async with tx(readonly=True):
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await count_try(Limit("buying", 1, "person"), "alice")


async def flooded(browser: Browser, times: int, **headers: str) -> list[int]:
    """The statuses of so many presses on a demo person's button."""
    token = csrf_token((await browser.get("/sign-in")).text)
    fields = {"csrf_token": token, "email": ""}
    sent = [browser.client.post("/sign-in", data=fields, headers=headers) for _ in range(times)]
    return [answer.status_code for answer in await asyncio.gather(*sent)]


async def test_a_client_that_asks_for_link_after_link_is_told_when_to_come_again(site: Site) -> None:
    """ACCT-04, W44: for whatever address, and whatever it says it is forwarded for."""
    statuses = []
    for number in range(4):
        browser = site.browser("198.51.100.7")
        statuses += await flooded(browser, 20, **{"x-forwarded-for": f"203.0.113.{number}"})
    assert statuses == [422] * 60 + [429] * 20
    refused = await site.browser("198.51.100.7").post("/sign-in", email="a@example.test")
    assert heading(refused.text) == "Too many tries"
    assert int(refused.headers["retry-after"]) <= 10
    assert "Go back and try again" in refused.text
    assert (await site.browser().post("/sign-in", email="b@example.test")).status_code == 200


async def test_behind_a_trusted_proxy_each_client_has_its_own_room(pool: None) -> None:
    """W20: the proxy's word counts, and only its own: what its client claims stands farther out."""
    site = site_with(settings_with(trusted_proxies=("192.0.2.1/32",)))
    browser = site.browser("192.0.2.1")
    await flooded(browser, 61, **{"x-forwarded-for": "8.8.8.8, 198.51.100.8"})
    assert await flooded(browser, 1, **{"x-forwarded-for": "9.9.9.9, 198.51.100.8"}) == [429]
    assert await flooded(browser, 1, **{"x-forwarded-for": "8.8.8.8, 198.51.100.9"}) == [422]
