"""The product and its sandbox as real processes on fixed ports, and the hand that stops, kills and restarts the server.

Knows nothing of who uses them, or when a kill is worth something.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

from app.cli.local.environment import Addresses
from app.cli.processes.children import free_port
from app.cli.processes.parent_death import before_exec
from tests.checkout.till import SECRET as WEBHOOK_SECRET
from tests.reliability.nursery import GONE, READY
from tests.workshops.site import SECRET

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
KEY = "sk_test_of_the_tests"
START_SECONDS = 60.0
QUIET_SECONDS = 600.0  # thousands of events may wait, on a busy machine
TIME_SCALE = 1000
LONGEST_GAP_SECONDS = 4  # between two deliveries of one event, at that scale


class Server:
    """The web server: at most one lives at a time, always on the same port."""

    def __init__(self, url: str, nursery: subprocess.Popen[str]) -> None:
        self.url = url
        self._nursery = nursery
        self._group = 0

    async def start(self, factory: str, database_url: str) -> None:
        """Start it, and wait until it answers."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{factory} {database_url}\n")
        self._nursery.stdin.flush()
        self._group = int(await self.said())
        await until_it_answers(self.url)

    def halt(self) -> None:
        """Let it stand still where it is, to be looked at."""
        os.killpg(self._group, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it live on after all."""
        os.killpg(self._group, signal.SIGCONT)

    async def kill(self) -> None:
        """kill -9, server and worker at once."""
        group, self._group = self._group, 0
        os.killpg(group, signal.SIGKILL)
        assert await self.said() == GONE

    async def end(self) -> None:
        """Kill it unless it is dead: a test that failed may have left it so, or halted."""
        if self._group:
            await self.kill()

    async def said(self) -> str:
        """The next line of the nursery."""
        assert self._nursery.stdout is not None
        return (await asyncio.to_thread(self._nursery.stdout.readline)).strip()


class StripeOutside:
    """The sandbox, reached as anybody reaches it: over HTTP."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http

    async def reset(self) -> None:
        """Forget everything."""
        await self._switch("reset")

    async def deliver_everything(self) -> set[str]:
        """Let time pass until every event was taken; their ids."""
        async with asyncio.timeout(QUIET_SECONDS):
            while True:
                await self._switch("advance", seconds=LONGEST_GAP_SECONDS)
                await self._switch("quiet")
                deliveries = (await self.http.get(f"{self.url}/_test/deliveries")).json()["data"]
                if all(each["state"] == "delivered" for each in deliveries):
                    return {each["event_id"] for each in deliveries}

    async def checkout_sessions(self) -> list[dict[str, Any]]:
        """Every checkout session, as the API shows them."""
        found: list[dict[str, Any]] = []
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = await self.http.get(
                f"{self.url}/v1/checkout/sessions",
                params={"limit": 100} | after,
                headers={"authorization": f"Bearer {KEY}"},
            )
            found += page.json()["data"]
            if not page.json()["has_more"]:
                return found

    async def _switch(self, name: str, **options: Any) -> None:
        (await self.http.post(f"{self.url}/_test/{name}", json=options)).raise_for_status()


class Installation:
    """A server and a sandbox that know each other."""

    def __init__(self, server: Server, stripe: StripeOutside) -> None:
        self.server = server
        self.stripe = stripe
        self.addresses = Addresses(server.url, stripe.url)


@asynccontextmanager
async def installed(log: Path) -> AsyncIterator[Installation]:
    """Sandbox running, server ready to be started; all of it is gone when the block ends."""
    port, sandbox_port = free_port(HOST), free_port(HOST)
    url, sandbox_url = f"http://{HOST}:{port}", f"http://{HOST}:{sandbox_port}"
    sandbox = ["app.sandbox", "--port", str(sandbox_port), "--forward-to", f"{url}/webhooks/stripe"]
    sandbox += ["--webhook-secret", WEBHOOK_SECRET, "--time-scale", str(TIME_SCALE)]
    sandbox += ["--hold-redirect-seconds", "0"]
    nursery = ["tests.reliability.nursery", str(port)]
    with log.open("wb") as file:
        with _program(sandbox, {}, file), _program(nursery, _settings(url, sandbox_url), file) as parent:
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=60) as http:
                server = Server(url, parent)
                await until_it_answers(sandbox_url)
                assert await server.said() == READY, log.read_text()
                yield Installation(server, StripeOutside(sandbox_url, http))


async def until_it_answers(url: str) -> None:
    """Wait until a program serves at this address."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False, verify=False) as http:
        while True:
            try:
                (await http.get(f"{url}/healthz")).raise_for_status()
                return
            except httpx.TransportError:
                await asyncio.sleep(0.01)


@contextmanager
def _program(
    words: list[str], settings: Mapping[str, str], log: IO[bytes]
) -> Iterator[subprocess.Popen[str]]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**inherited, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # nothing here outlives the test run
    ) as program:
        try:
            yield program
        finally:
            program.terminate()


def _settings(url: str, sandbox_url: str) -> Mapping[str, str]:
    return {
        "ENVIRONMENT": "development",
        "BASE_URL": url,
        "SESSION_SECRET": SECRET.decode(),
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": sandbox_url,
        "STRIPE_CHECKOUT_ORIGINS": sandbox_url,
        "RECONCILE_EVERY_SECONDS": "0",  # what is lost shall stay lost, to be seen
    }
