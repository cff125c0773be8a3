"""The history page against the same bytes from a bare handler (P4), and deep pages against the first (P6)."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import asyncpg

from app.accounts.sessions import create
from app.application import create_app
from app.database import tx
from app.settings import Settings
from app.transactions.cursor import after_counted
from tests.benchmarks.bare_page import bare_application
from tests.benchmarks.browser import Browser, unpacked
from tests.benchmarks.compare import Act, Figure, compare
from tests.benchmarks.people import person_with

PER_ROUND, ROUNDS = 15, 21  # short turns: a busy moment spoils few of them
SMALL, LARGE = 25, 100_000
DEEP = LARGE - LARGE // 10  # so many rows above it
PATH = "/transactions"
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


async def figures(settings: Settings, pool: asyncpg.Pool, superuser_url: str) -> list[Figure]:
    """P4 for the page and for the fragment, P6 for a deep page, and a long history against a short one."""
    short, long = await person_with(SMALL, superuser_url), await person_with(LARGE, superuser_url)
    async with signed_in(settings, short) as ours, signed_in(settings, long) as longs:
        floor = Browser(bare_application(settings, pool, short))
        await _same_page(ours, floor)
        page, bare = partial(_gets, ours, PATH), partial(_gets, floor, PATH)
        fragment = partial(_gets, ours, PATH, FRAGMENT)
        first = partial(_gets, longs, PATH)
        deep = partial(_gets, longs, f"{PATH}?before={after_counted(LARGE - DEEP)}")
        pairs = [
            ("P4", "history page against a bare handler", page, bare, 0.70),
            ("P4f", "history fragment against the page", fragment, page, 1.4),
            ("P6", f"row {DEEP:,} of {LARGE:,} against the first", deep, first, 0.67),
            ("P6n", f"first page of {LARGE:,} rows against {SMALL}", first, page, None),
        ]
        return [
            await compare(id, what, ours=one, floor=other, hold=hold, rounds=ROUNDS)
            for id, what, one, other, hold in pairs
        ]


async def _same_page(ours: Browser, floor: Browser) -> None:
    """The floor is one only while it shows what we show: every byte but the token of the sign-out form."""
    mine, bare = [
        re.sub(r'"csrf_token" value="\w+"', "", unpacked(await each.get(PATH))) for each in (ours, floor)
    ]
    assert mine == bare
    assert mine.count("Benchmark row") >= SMALL


async def _gets(browser: Browser, address: str, headers: Mapping[str, str] | None = None) -> Sequence[Act]:
    assert "Benchmark row" in unpacked(await browser.get(address, headers))
    return [partial(browser.get, address, headers)] * PER_ROUND


@asynccontextmanager
async def signed_in(settings: Settings, user_id: str) -> AsyncIterator[Browser]:
    """The whole product with all its middleware, and this person's browser."""
    app = create_app(settings)
    async with app.lifespan():
        async with tx():
            token = await create(user_id, provider="email", now=datetime.now(UTC))
        yield Browser(app, session=token)
