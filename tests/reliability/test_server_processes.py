"""Real servers under traffic: told to stop, robbed of a worker, cut off by clients, and with a log that nobody reads.

No server is shared: each test ends its own.
"""

import asyncio
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import IO

import httpx
import pytest
import pytest_asyncio

from app import database
from app.accounts.sessions import session
from app.cli.processes.children import free_port
from app.cli.processes.parent_death import before_exec
from app.clock import utc_now
from app.web.csrf import csrf_token
from tests.conftest import beside_other_pools
from tests.databases import Database, Server, fresh_database
from tests.factories import locked_workshops, make_user
from tests.oracle import Findings, Told, judged
from tests.proof import IS_PROOF, chosen_seed
from tests.serving import until_up
from tests.workshops.servers import environment
from tests.workshops.site import SECRET

HOST = "127.0.0.1"
CUT_OFF = 1_000 if IS_PROOF else 60
DRAINS, KILLS_EACH, WORKERS = (10, 5, 3) if IS_PROOF else (1, 1, 2)
DRAIN_SECONDS = 8.0
PATIENCE_SECONDS = 120.0  # with a machine that others use too
PRESSERS = 4


@dataclass
class Traffic:
    """People who unlock one workshop after another; what they were told, and what nobody answered."""

    url: str
    token: str
    workshops: list[str]
    statuses: Counter[int] = field(default_factory=Counter)
    unlocked: list[str] = field(default_factory=list)
    unanswered: int = 0
    is_over: bool = False

    async def press(self) -> None:
        """Press until it is over; a fresh connection each, so that nobody clings to one worker."""
        while not self.is_over and self.workshops:
            workshop = self.workshops.pop()
            try:
                async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
                    answer = await http.post(
                        f"{self.url}/workshops/{workshop}/unlock",
                        data={"csrf_token": csrf_token(self.token, SECRET)},
                        headers={"cookie": f"session={self.token}", "origin": self.url},
                    )
            except httpx.TransportError:
                self.unanswered += 1
                await asyncio.sleep(0.01)
                continue
            self.statuses[answer.status_code] += 1
            if answer.status_code == 303:
                self.unlocked.append(workshop)

    async def until(self, unlocks: int) -> None:
        """Until so many more came through."""
        wanted = len(self.unlocked) + unlocks
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.unlocked) < wanted:
                await asyncio.sleep(0.005)


@contextmanager
def served(
    target: Database, *, workers: int, stdout: int | IO[bytes]
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`billing serve`, answering at its address."""
    port = free_port(HOST)
    url = f"http://{HOST}:{port}"
    command = ["app.cli", "serve", "--host", HOST, "--port", str(port), "--workers", str(workers)]
    program = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**environment(target.app_url), "BASE_URL": url},
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # nothing here outlives the test run
    )
    try:
        until_up(url, program, within_seconds=PATIENCE_SECONDS)
        yield url, program
    finally:
        program.terminate()
        try:
            program.wait(DRAIN_SECONDS)
        finally:
            program.kill()
            program.wait()


@pytest.fixture(scope="module")
def target(server: Server) -> Database:
    return fresh_database()


@pytest_asyncio.fixture(loop_scope="session")
async def books(target: Database) -> AsyncIterator[None]:
    """A look into the servers' database."""
    with beside_other_pools():
        async with database.pool(target.app_url):
            yield


@asynccontextmanager
async def busy(url: str, workshops: int) -> AsyncIterator[Traffic]:
    """Traffic as long as the block runs; afterwards the books agree with every answer."""
    alice = await make_user(balance_credits=workshops)
    token = await session.create(alice, provider="demo", now=utc_now())
    traffic = Traffic(url, token, await locked_workshops(alice, workshops))
    async with asyncio.TaskGroup() as group:
        for _ in range(PRESSERS):
            group.create_task(traffic.press())
        try:
            yield traffic
        finally:
            traffic.is_over = True
    assert await judged(Told(unlocked=traffic.unlocked), people=[alice]) == Findings()


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_a_killed_worker_is_made_good_and_sigterm_drains(books: None, target: Database) -> None:
    """C20, C22: the others serve on and a new one comes; told to stop, what was begun is answered and nothing is 5xx."""
    drained = [await killed_and_drained(target) for _ in range(DRAINS)]
    print(
        f"C20, C22: {DRAINS * KILLS_EACH} of {WORKERS} workers killed -9, {DRAINS} servers drained within "
        f"{max(drained):.1f} s: every answer was 303, every acknowledged unlock is there"
    )


async def killed_and_drained(target: Database) -> float:
    """Workers die under traffic, then the server is told to stop; the seconds that took."""
    with served(target, workers=WORKERS, stdout=subprocess.DEVNULL) as (url, program):
        async with busy(url, 2_000 * KILLS_EACH) as traffic:
            await traffic.until(10)
            for _ in range(KILLS_EACH):
                before = workers_of(program)
                os.kill(before[0], signal.SIGKILL)
                await traffic.until(20)
                await until_replaced(program, before)
            lost_with_them = traffic.unanswered
            program.terminate()
            began = time.monotonic()
            assert await asyncio.to_thread(program.wait, DRAIN_SECONDS) == 0
            drained_seconds = time.monotonic() - began
    assert lost_with_them <= PRESSERS * KILLS_EACH, "only what the killed ones were at"
    assert set(traffic.statuses) == {303}, traffic.statuses
    assert drained_seconds < DRAIN_SECONDS
    return drained_seconds


def workers_of(program: subprocess.Popen[bytes]) -> list[int]:
    """The processes that serve: whatever any thread of the server has started."""
    threads = Path(f"/proc/{program.pid}/task").iterdir()
    return sorted(int(each) for thread in threads for each in (thread / "children").read_text().split())


async def until_replaced(program: subprocess.Popen[bytes], before: list[int]) -> None:
    """Until there are as many workers as before, one of them new."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(set(workers_of(program)) - {before[0]}) < len(before):
            await asyncio.sleep(0.02)


@pytest.fixture
def stuck_pipe() -> Iterator[int]:
    """Where nobody reads, full to the brim."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    try:
        while os.write(writer, bytes(4096)):
            pass
    except BlockingIOError:
        os.set_blocking(writer, True)
    yield writer
    os.close(reader)
    os.close(writer)


@pytest.fixture
def full_device() -> Iterator[int]:
    opened = os.open("/dev/full", os.O_WRONLY)
    yield opened
    os.close(opened)


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["stuck_pipe", "full_device"])
async def test_a_log_that_takes_nothing_holds_up_nobody(
    books: None, target: Database, place: str, request: pytest.FixtureRequest
) -> None:
    """C21, C11: each refused webhook writes a line, a mailed link a letter; clients that hang up half-way do not matter either."""
    with served(target, workers=1, stdout=request.getfixturevalue(place)) as (url, _):
        async with httpx.AsyncClient(trust_env=False, timeout=5, base_url=url) as http:
            for _ in range(40):
                headers = {"content-type": "application/json"}
                assert (
                    await http.post("/webhooks/stripe", content=b"{}", headers=headers)
                ).status_code == 400
            page = await http.get("/sign-in")  # where no mail server is set, letters go where the log goes
            form = {"csrf_token": token_in(page.text), "email": "kept@example.test"}
            assert (await http.post("/sign-in", data=form)).status_code == 200
        async with busy(url, 5 * CUT_OFF + 100) as traffic:
            await hang_up(url, traffic)
            await traffic.until(5)
        assert set(traffic.statuses) == {303}
        async with httpx.AsyncClient(trust_env=False, timeout=5, base_url=url) as http:
            assert (await http.get("/readyz")).status_code == 200


def token_in(page: str) -> str:
    """What makes a form of this page one of ours."""
    found = re.search(r'name="csrf_token"\s+value="(\w+)"', page)
    assert found is not None
    return found[1]


async def hang_up(url: str, traffic: Traffic) -> None:
    """Begin unlocks and close the socket at a random moment."""
    chance = Random(chosen_seed())
    for _ in range(CUT_OFF):
        workshop = traffic.workshops[0]
        form = f"csrf_token={csrf_token(traffic.token, SECRET)}".encode()
        head = (
            f"POST /workshops/{workshop}/unlock HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\n"
            f"Cookie: session={traffic.token}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n"
        ).encode()
        sent = (head + form)[: chance.randrange(1, len(head + form) + 1)]
        with socket.create_connection((HOST, int(url.rpartition(":")[2])), timeout=5) as wire:
            wire.sendall(sent)
            await asyncio.sleep(chance.uniform(0, 0.005))
