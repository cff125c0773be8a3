"""The product as it is served: over HTTP with two workers (P7), its memory (P9) and its start (P10)."""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import httpx

from app.accounts.sessions.session import create
from app.application import catalog_of
from app.checkout.prices import push_catalog
from app.cli.processes.parent_death import before_exec
from app.database import row, tx
from app.ids import new_id
from app.payments.stripe_gateway import stripe_gateway
from app.settings import Settings
from app.web.csrf import csrf_token
from tests.benchmarks import bare
from tests.benchmarks.compare import Act, Figure, at_most, compare
from tests.factories import make_user, make_workshop
from tests.sandbox_server import running_sandbox
from tests.serving import until_up

BILLING = Path(sys.executable).with_name("billing")
CLIENTS, WORKERS, PER_ROUND = 16, 2, 160
WARM_REQUESTS, MANY_REQUESTS = 1_000, 10_000
PAGES = ("/dashboard", "/transactions", "/account", "/help")
STARTS = 5
_BALANCE = "SELECT credit_balance FROM bare.users WHERE id = $1"


@dataclass(frozen=True)
class Person:
    """Someone with credits, signed in, and the same one on the floor's tables."""

    user_id: str
    session: str
    form_token: str


async def figures(settings: Settings, pool: asyncpg.Pool) -> list[Figure]:
    """P7, P9 and P10."""
    people = [await _person(settings) for _ in range(CLIENTS)]
    await pool.executemany("INSERT INTO bare.users VALUES ($1, 100000)", [(each.user_id,) for each in people])
    async with running_sandbox() as stripe:
        found = await _under_load(await _with_prices(settings, stripe.url), pool, people)
    return [*found, *_starts(settings)]


async def _with_prices(settings: Settings, stripe_url: str) -> Settings:
    """The settings of a product whose packs can be sold, so that a page asks for prices once and not each time."""
    reaching = settings.model_copy(update={"stripe_api_base": stripe_url})
    async with stripe_gateway(reaching) as gateway:
        await push_catalog(gateway, catalog_of(reaching))
    return reaching


async def _under_load(settings: Settings, pool: asyncpg.Pool, people: Sequence[Person]) -> list[Figure]:
    limits = httpx.Limits(max_connections=CLIENTS)
    with served(settings) as (server, address):
        idle_mb = _largest_worker_mb(server)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30) as client:
            over_http = await _over_http(client, pool, people)
            return [*over_http, *await _memory(client, people, server, idle_mb)]


async def _person(settings: Settings) -> Person:
    user_id = await make_user(balance_credits=100_000)
    await make_workshop(user_id=user_id)
    async with tx():
        token = await create(user_id, provider="email", now=datetime.now(UTC))
    return Person(user_id, token, csrf_token(token, settings.session_secret.get_secret_value().encode()))


async def _over_http(client: httpx.AsyncClient, pool: asyncpg.Pool, people: Sequence[Person]) -> list[Figure]:
    """P7: reported; the floor has neither HTTP nor pages."""
    reads = partial(_dashboards, client, people), partial(_balances, pool, people)
    unlocks = partial(_unlocks, client, people), partial(_bare_unlocks, pool, people)
    return [
        await compare(id, what, ours=ours, floor=floor, clients=CLIENTS, rounds=3)
        for id, what, (ours, floor) in (
            ("P7", f"dashboard over HTTP against reading a balance, {CLIENTS} clients", reads),
            ("P7u", f"unlock over HTTP against one bare statement, {CLIENTS} clients", unlocks),
        )
    ]


async def _dashboards(client: httpx.AsyncClient, people: Sequence[Person]) -> list[Act]:
    return [partial(_page, client, people[n % CLIENTS], "/dashboard") for n in range(PER_ROUND)]


async def _page(client: httpx.AsyncClient, person: Person, path: str) -> None:
    answer = await client.get(path, headers={"cookie": f"session={person.session}"})
    assert answer.status_code == 200, answer.text


async def _balances(pool: asyncpg.Pool, people: Sequence[Person]) -> list[Act]:
    return [partial(pool.fetchrow, _BALANCE, people[n % CLIENTS].user_id) for n in range(PER_ROUND)]


async def _unlocks(client: httpx.AsyncClient, people: Sequence[Person]) -> list[Act]:
    made = [(people[n % CLIENTS], new_id("ws")) for n in range(PER_ROUND)]
    for person, workshop_id in made:
        await row(
            "INSERT INTO workshops (id, clerk_user_id, title) VALUES ($1, $2, 'Benchmark')",
            workshop_id,
            person.user_id,
        )
    return [partial(_unlock, client, person, workshop_id) for person, workshop_id in made]


async def _unlock(client: httpx.AsyncClient, person: Person, workshop_id: str) -> None:
    answer = await client.post(
        f"/workshops/{workshop_id}/unlock",
        data={"csrf_token": person.form_token},
        headers={"cookie": f"session={person.session}"},
    )
    assert answer.status_code == 303, answer.text


async def _bare_unlocks(pool: asyncpg.Pool, people: Sequence[Person]) -> list[Act]:
    made = [(new_id("ws"), people[n % CLIENTS].user_id) for n in range(PER_ROUND)]
    await pool.executemany("INSERT INTO bare.workshops VALUES ($1, $2)", made)
    return [partial(bare.consume, pool, person, workshop) for workshop, person in made]


async def _memory(
    client: httpx.AsyncClient, people: Sequence[Person], server: int, idle_mb: float
) -> list[Figure]:
    """P9: of the larger worker. What the first thousand requests load is no growth."""
    await _ask(client, people, WARM_REQUESTS)
    warm_mb = _largest_worker_mb(server)
    await _ask(client, people, MANY_REQUESTS)
    full_mb = _largest_worker_mb(server)
    growth = Figure(
        "P9g",
        f"memory after {MANY_REQUESTS:,} requests against before",
        full_mb,
        warm_mb,
        "MB",
        full_mb / warm_mb,
        1.05,
        at_least=False,
    )
    return [
        at_most("P9", "memory of an idle worker", idle_mb, limit=120, unit="MB"),
        at_most("P9f", f"memory after {MANY_REQUESTS:,} requests", full_mb, limit=120, unit="MB"),
        growth,
    ]


async def _ask(client: httpx.AsyncClient, people: Sequence[Person], requests: int) -> None:
    left = iter(range(requests))

    async def one_browser() -> None:
        for number in left:
            await _page(client, people[number % CLIENTS], PAGES[number % len(PAGES)])

    await asyncio.gather(*(one_browser() for _ in range(CLIENTS)))


def _largest_worker_mb(server: int) -> float:
    """Resident memory of the largest process that the server started."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    statuses = [Path(f"/proc/{child}/status").read_text() for child in children]
    sizes = [int(status.partition("VmRSS:")[2].split()[0]) for status in statuses]
    return max(sizes) / 1024


def _starts(settings: Settings) -> list[Figure]:
    """P10: the median of several starts; the first, which reads the disk, is left out."""
    serving = [_seconds_to_first_answer(settings) for _ in range(STARTS + 1)][1:]
    helping = [_seconds_of_help() for _ in range(STARTS + 1)][1:]
    return [
        at_most("P10", "start of serve to its first answer", statistics.median(serving), limit=2, unit="s"),
        at_most("P10h", "billing --help", statistics.median(helping), limit=0.5, unit="s"),
    ]


def _seconds_to_first_answer(settings: Settings) -> float:
    started = time.perf_counter()
    with served(settings):
        return time.perf_counter() - started


def _seconds_of_help() -> float:
    started = time.perf_counter()
    subprocess.run([BILLING, "--help"], check=True, capture_output=True)
    return time.perf_counter() - started


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, str]]:
    """`billing serve` on a port of its own: the server's process id, and its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(BILLING), "serve", "--port", str(port), "--workers", str(WORKERS)]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        command,
        env=os.environ | _environment(settings, address),
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  (it calls prctl and nothing else)
    )
    try:
        until_up(address, server)
        yield server.pid, address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _environment(settings: Settings, address: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": settings.environment,
        "DATABASE_URL": settings.database_url,
        "SESSION_SECRET": settings.session_secret.get_secret_value(),
        "STRIPE_SECRET_KEY": settings.stripe_secret_key.get_secret_value(),
        "STRIPE_WEBHOOK_SECRET": "whsec_benchmarks",
        "STRIPE_API_BASE": settings.stripe_api_base or "",
        "RECONCILE_EVERY_SECONDS": "0",
        "BASE_URL": address,
    }
