"""Real server processes of the application, on one database, for races that one process would be too tidy for."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO

import httpx

from app.cli.children import free_port
from app.cli.parent_death import before_exec
from tests.workshops.site import SECRET

HOST = "127.0.0.1"
DEADLINE_SECONDS = 30.0


@asynccontextmanager
async def two_servers(database_url: str) -> AsyncIterator[tuple[str, str]]:
    """The addresses of two server processes with one worker each; both are gone when the block ends."""
    with tempfile.TemporaryFile() as log:
        ports = free_port(HOST), free_port(HOST)
        programs = [_started(port, database_url, log) for port in ports]
        try:
            for port, program in zip(ports, programs, strict=True):
                await _until_it_answers(f"http://{HOST}:{port}", program, log)
            yield f"http://{HOST}:{ports[0]}", f"http://{HOST}:{ports[1]}"
        finally:
            for program in programs:
                program.terminate()
            for program in programs:
                await asyncio.to_thread(program.wait, DEADLINE_SECONDS)


def _started(port: int, database_url: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    place = ["--host", HOST, "--port", str(port)]
    server = ["--interface", "asgi", "--workers", "1", "--workers-kill-timeout", "5", "--no-access-log"]
    return subprocess.Popen(
        [sys.executable, "-m", "granian", *server, *place, "--factory", "app.asgi:create_app"],
        env=_environment(database_url),
        stdout=log,
        stderr=log,
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # nothing here outlives the test run
    )


def _environment(database_url: str) -> Mapping[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return inherited | {
        "ENVIRONMENT": "development",
        "DATABASE_URL": database_url,
        "SESSION_SECRET": SECRET.decode(),
        "STRIPE_SECRET_KEY": "sk_test_of_the_tests",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_the_tests",
        "STRIPE_API_BASE": f"http://{HOST}:9",  # nobody answers there, and no unlock asks
    }


async def _until_it_answers(url: str, program: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(f"{url}/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if program.poll() is not None:
                log.seek(0)
                raise RuntimeError(log.read().decode())
            await asyncio.sleep(0.05)
