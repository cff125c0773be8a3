"""People who buy and unlock, and press again when nobody answers. They believe only what they were told.

Knows nothing of kills: to them the site is slow, or away for a moment.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

import httpx

from app.accounts.sessions import session
from app.cli.local.environment import Addresses
from app.clock import utc_now
from app.ids import new_id
from app.web.csrf import csrf_token
from tests.factories import locked_workshops, make_user
from tests.workshops.site import SECRET

PATIENCE_SECONDS = 0.02
FIRST_CREDITS = 5
LEAST_ERRANDS = 5
PACKS = ("single-flight", "serial-entrepreneur")
BANK_DEBIT = {"method": "sepa_debit", "iban": "AT611904300234573201"}


@dataclass
class Heard:
    """What all of them together were told, and what is on its way at this moment.

    Shape: `unlocked` are the workshops whose unlock was acknowledged.
    """

    in_flight: int = 0
    bought: int = 0
    unlocked: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0

    @property
    def operations(self) -> int:
        """Payments that were made, and unlocks that were acknowledged."""
        return self.bought + len(self.unlocked)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While somebody waits for an answer."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1


@dataclass(frozen=True)
class Customer:
    """A person who is signed in, has many locked workshops, and knows what they want next."""

    user_id: str
    token: str
    workshops: list[str]
    chance: Random
    debits: float
    heard: Heard
    site: httpx.AsyncClient
    stripe: httpx.AsyncClient

    async def live(self, until: asyncio.Event) -> None:
        """One errand after the other, a few in any case; the last one is finished."""
        errands = [self.buy, self.buy_and_unlock, self.unlock, self.unlock]
        for done in itertools.count():
            if until.is_set() and done >= LEAST_ERRANDS:
                return
            await self.chance.choice(errands)()

    async def buy(self, **intent: str) -> None:
        """Press, pay, and come back to the return page, or close the tab instead."""
        fields = {"pack": self.chance.choice(PACKS), "form_key": new_id("pur")} | intent
        pressed = await self._sent("POST", "/checkout", fields)
        assert pressed.status_code == 303, pressed.text
        if f"//{urlsplit(str(self.stripe.base_url)).netloc}/" not in pressed.headers["location"]:
            await self._sent("GET", pressed.headers["location"])  # it was paid before; so the page says
            return
        by = BANK_DEBIT if self.chance.random() < self.debits else {}
        paid = await self.stripe.post(f"{pressed.headers['location']}/complete", data=by)
        assert paid.status_code == 303, paid.text
        self.heard.bought += 1
        if self.chance.random() < 0.5:
            back = await self._sent("GET", paid.headers["location"])
            assert back.status_code in (200, 303), back.text

    async def buy_and_unlock(self) -> None:
        """Buy for the sake of one workshop."""
        await self.buy(workshop_id=self.workshops.pop())

    async def unlock(self) -> None:
        """Use a credit, if there is one."""
        workshop = self.workshops.pop()
        answer = await self._sent("POST", f"/workshops/{workshop}/unlock", {})
        assert answer.status_code in (303, 402), answer.text
        if answer.status_code == 303:
            self.heard.unlocked.append(workshop)

    async def _sent(self, method: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """What was answered in the end: a person presses again, the same form with the same key."""
        data = None if fields is None else fields | {"csrf_token": csrf_token(self.token, SECRET)}
        cookies = {"cookie": f"session={self.token}"}
        while True:
            try:
                with self.heard.waiting():
                    answer = await self.site.request(method, path, data=data, headers=cookies)
            except httpx.TransportError:
                self.heard.unanswered += 1
            else:
                self.heard.statuses[answer.status_code] += 1
                if answer.status_code < 500:
                    return answer
            self.site.cookies.clear()
            await asyncio.sleep(PATIENCE_SECONDS)


@asynccontextmanager
async def customers(
    number: int, seed: int, addresses: Addresses, *, debits: float, workshops_each: int
) -> AsyncIterator[tuple[list[Customer], Heard]]:
    """So many people, for the product's site and for Stripe's. Inside: an open pool, while they are made."""
    heard = Heard()
    async with _client(addresses.base_url) as site, _client(addresses.sandbox_url) as stripe:
        made = []
        for place in range(number):
            user = await make_user(balance_credits=FIRST_CREDITS)
            token = await session.create(user, provider="demo", now=utc_now())
            workshops, chance = await locked_workshops(user, workshops_each), Random(f"{seed} {place}")
            made.append(Customer(user, token, workshops, chance, debits, heard, site, stripe))
        yield made, heard


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=30)
