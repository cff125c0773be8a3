"""Unlocks that race through two server processes: as many succeed as there are credits, whoever is first.

`make proof` runs the large figures; the suite runs the same code in small.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import httpx
import pytest
import pytest_asyncio

from app.accounts.sessions import session
from app.clock import utc_now
from app.web.csrf import csrf_token
from app.web.flash import unpacked
from tests.factories import locked_workshops, make_user
from tests.proof import IS_PROOF, chosen_seed
from tests.workshops.servers import servers
from tests.workshops.site import SECRET
from tests.workshops.stories import at_gate, balance_of, consumptions_of, findings_of

CONNECTIONS = 16
ROUNDS, WORKSHOPS = (20, 200) if IS_PROOF else (1, 40)
PEOPLE = 50 if IS_PROOF else 6

Clients: TypeAlias = tuple[httpx.AsyncClient, httpx.AsyncClient]


@dataclass(frozen=True)
class Crowd:
    """One person's browser at two servers, pressing everywhere at once."""

    clients: Clients
    user: str
    token: str

    async def press(self, workshops: Sequence[str]) -> list[httpx.Response]:
        """Unlock each of these, all let go at the same moment, in turns at either server."""
        barrier = asyncio.Event()
        fields = {"csrf_token": csrf_token(self.token, SECRET)}

        async def one(number: int, workshop: str) -> httpx.Response:
            await barrier.wait()
            client = self.clients[number % len(self.clients)]
            cookies = {"cookie": f"session={self.token}"}
            return await client.post(f"/workshops/{workshop}/unlock", data=fields, headers=cookies)

        tries = [asyncio.create_task(one(number, each)) for number, each in enumerate(workshops)]
        await asyncio.sleep(0)
        barrier.set()
        return await asyncio.gather(*tries)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clients(pool: None, database_url: str) -> AsyncIterator[Clients]:
    with servers(database_url, 2) as (first, second):
        async with client_of(first) as one, client_of(second) as other:
            yield one, other


def client_of(url: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=CONNECTIONS // 2)
    return httpx.AsyncClient(base_url=url, limits=limits, timeout=60, trust_env=False)


async def crowd_of(clients: Clients, *, credits: int) -> Crowd:
    user = await make_user(balance_credits=credits)
    return Crowd(clients, user, await session.create(user, provider="demo", now=utc_now()))


async def race_for_one_credit(clients: Clients, *, tries: int) -> Counter[int]:
    """One credit, so many locked workshops, one unlock of each at once: how often each status was answered."""
    crowd = await crowd_of(clients, credits=1)
    workshops = await locked_workshops(crowd.user, tries)
    answers = await crowd.press(workshops)
    [opened] = [each for each, answer in zip(workshops, answers, strict=True) if answer.status_code == 303]
    assert await consumptions_of(crowd.user) == [opened]
    assert (await balance_of(crowd.user), await findings_of(crowd.user)) == (0, [])
    return Counter(answer.status_code for answer in answers)


async def race_for_one_workshop(clients: Clients, *, tries: int) -> Counter[str]:
    """Five credits, one workshop, so many unlocks at once: how often each sentence was said."""
    crowd = await crowd_of(clients, credits=5)
    workshop = await at_gate(crowd.user)
    answers = await crowd.press([workshop] * tries)
    assert {answer.status_code for answer in answers} == {303}
    assert await consumptions_of(crowd.user) == [workshop]
    assert (await balance_of(crowd.user), await findings_of(crowd.user)) == (4, [])
    return Counter(said(answer) for answer in answers)


def said(answer: httpx.Response) -> str:
    """The sentence that the next page will show."""
    cookie = next(text for name, text in answer.headers.multi_items() if name == "set-cookie")
    flash = unpacked(cookie.partition("=")[2].partition(".")[0])
    assert flash is not None
    return flash.text


UNLOCKED = "“Launch plan” is unlocked. 1 credit used — 4 remaining."
ALREADY = "“Launch plan” was unlocked already. No credit was used."


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_one_credit_opens_one_of_many_workshops(clients: Clients) -> None:
    """M01, SCHM-09, CRED-03: one success a round, all others 402, no server error, nothing below zero."""
    told: Counter[int] = Counter()
    for _ in range(ROUNDS):
        told += await race_for_one_credit(clients, tries=WORKSHOPS)
    print(f"M01: {ROUNDS} × {WORKSHOPS} unlocks with 1 credit: {told[303]} opened, {told[402]} refused")
    assert told == {303: ROUNDS, 402: ROUNDS * (WORKSHOPS - 1)}


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_fifty_presses_on_one_workshop_use_one_credit_and_one_caller_hears_so(clients: Clients) -> None:
    """M03, CRED-03"""
    told: Counter[str] = Counter()
    for _ in range(ROUNDS):
        told += await race_for_one_workshop(clients, tries=50)
    print(f"M03: {ROUNDS} × 50 unlocks of one workshop: {told[UNLOCKED]} unlocked, {told[ALREADY]} already")
    assert told == {UNLOCKED: ROUNDS, ALREADY: ROUNDS * 49}


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_a_crowd_opens_as_many_workshops_as_each_has_credits(clients: Clients) -> None:
    """M02, SCHM-09, CRED-03: many people, three tries for each credit, in any order."""
    seed = chosen_seed()
    chance = random.Random(seed)
    credits = [chance.randrange(1, 6) for _ in range(PEOPLE)]
    crowds = [await crowd_of(clients, credits=each) for each in credits]
    wanted = [
        await locked_workshops(crowd.user, 3 * each) for crowd, each in zip(crowds, credits, strict=True)
    ]
    for each in wanted:
        chance.shuffle(each)
    answers = await asyncio.gather(*(crowd.press(each) for crowd, each in zip(crowds, wanted, strict=True)))
    opened = [sum(answer.status_code == 303 for answer in each) for each in answers]
    print(
        f"M02: {PEOPLE} people, {sum(map(len, wanted))} unlocks with {sum(credits)} credits: {sum(opened)} opened"
    )
    assert opened == credits, f"seed {seed}"
    assert {answer.status_code for each in answers for answer in each} == {303, 402}
    assert [await balance_of(crowd.user) for crowd in crowds] == [0] * PEOPLE
    assert [await findings_of(crowd.user) for crowd in crowds] == [[]] * PEOPLE
