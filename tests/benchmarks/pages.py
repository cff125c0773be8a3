"""The history page against a bare handler (P4), deep pages against the first (P6), long histories, and files (P8)."""

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg

from app.accounts.sessions.session import create
from app.application import create_app
from app.database import tx
from app.settings import Settings
from app.transactions.cursor import after_counted
from tests.benchmarks.bare_page import bare_application
from tests.benchmarks.browser import Browser, unpacked
from tests.benchmarks.compare import Act, Figure, at_most, compare
from tests.benchmarks.people import crowd, person_with

PER_ROUND, ROUNDS = 15, 21  # short turns: a busy moment spoils few of them
PATH = "/transactions"
SMALL, LONG, LARGE = 25, 10_000, 100_000
CROWD = 2_000
FILE = "/transactions.csv"
ROWS_A_SECOND, MORE_MB = 100_000, 20
A_THIRD = 0.33
LONG_PAGES = (
    ("P6a", "first page", PATH),
    ("P6b", "a deep page", f"{PATH}?before={after_counted(LONG // 10)}"),
    ("P6c", "one kind", f"{PATH}?type=purchase"),
    ("P6d", "text search", f"{PATH}?q=row+77"),
)
DEEP = LARGE - LARGE // 10  # so many rows above it
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


async def figures(settings: Settings, pool: asyncpg.Pool, superuser_url: str) -> list[Figure]:
    """P4 for the page and for the fragment, P6 for a deep page, long histories against a short one, and P8."""
    await crowd(CROWD, superuser_url)
    short, long, longest = [await person_with(rows, superuser_url) for rows in (SMALL, LONG, LARGE)]
    async with (
        signed_in(settings, short) as ours,
        signed_in(settings, long) as longs,
        signed_in(settings, longest) as longests,
    ):
        floor = Browser(bare_application(settings, pool, short))
        await _same_page(ours, floor)
        page, bare = partial(_gets, ours, PATH), partial(_gets, floor, PATH)
        fragment = partial(_gets, ours, PATH, FRAGMENT)
        first = partial(_gets, longests, PATH)
        deep = partial(_gets, longests, f"{PATH}?before={after_counted(LARGE - DEEP)}")
        pairs = [
            ("P4", "history page against a bare handler", page, bare, 0.70),
            ("P4f", "history fragment against the page", fragment, page, 1.4),
            ("P6", f"row {DEEP:,} of {LARGE:,} against the first", deep, first, 0.67),
            ("P6n", f"first page of {LARGE:,} rows against {SMALL}", first, page, None),
            *(
                (id, f"{LONG:,} rows: {what} against {SMALL}", partial(_gets, longs, address), page, A_THIRD)
                for id, what, address in LONG_PAGES
            ),
        ]
        compared = [
            await compare(id, what, ours=one, floor=other, hold=hold, rounds=ROUNDS)
            for id, what, one, other, hold in pairs
        ]
        return [*compared, *await _file(longests)]


async def _file(browser: Browser) -> list[Figure]:
    """P8: what a long file needs in memory, and how fast it comes."""
    await browser.size_of(f"{FILE}?to=2000-01-01")  # what a first file loads is no growth
    before_mb, started = _resident_mb(), time.perf_counter()
    size_bytes, peak_mb = await browser.size_of(FILE, measure=_resident_mb)
    assert size_bytes > LARGE * 50
    speed = LARGE / (time.perf_counter() - started)
    growth = at_most(
        "P8", f"memory for a file of {LARGE:,} rows", peak_mb - before_mb, limit=MORE_MB, unit="MB"
    )
    return [
        growth,
        Figure("P8s", "its rows a second", speed, ROWS_A_SECOND, "/s", speed / ROWS_A_SECOND, 1.0),
    ]


def _resident_mb() -> float:
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


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
