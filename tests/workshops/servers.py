"""Real server processes of the application, on one database, for races that one process would be too tidy for."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from app.cli.processes.children import free_port
from app.cli.processes.parent_death import before_exec
from tests.serving import until_up
from tests.workshops.site import SECRET

HOST = "127.0.0.1"
DEADLINE_SECONDS = 30.0


@contextmanager
def servers(database_url: str, number: int) -> Iterator[tuple[str, ...]]:
    """The addresses of so many server processes with one worker each; all are gone when the block ends."""
    with tempfile.TemporaryFile() as log:
        ports = [free_port(HOST) for _ in range(number)]
        programs = [_started(port, database_url, log) for port in ports]
        try:
            addresses = tuple(f"http://{HOST}:{port}" for port in ports)
            for address, program in zip(addresses, programs, strict=True):
                _wait_for(address, program, log)
            yield addresses
        finally:
            for program in programs:
                program.terminate()
            for program in programs:
                program.wait(DEADLINE_SECONDS)


def _started(port: int, database_url: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    place = ["--host", HOST, "--port", str(port)]
    server = ["--interface", "asgi", "--workers", "1", "--workers-kill-timeout", "5", "--no-access-log"]
    return subprocess.Popen(
        [sys.executable, "-m", "granian", *server, *place, "--factory", "app.asgi:create_app"],
        env=environment(database_url),
        stdout=log,
        stderr=log,
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # nothing here outlives the test run
    )


def environment(database_url: str) -> Mapping[str, str]:
    """What a server process is told: a database, secrets of the tests, and a Stripe that nobody answers for."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return inherited | {
        "ENVIRONMENT": "development",
        "DATABASE_URL": database_url,
        "SESSION_SECRET": SECRET.decode(),
        "STRIPE_SECRET_KEY": "sk_test_of_the_tests",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_the_tests",
        "STRIPE_API_BASE": f"http://{HOST}:9",  # nobody answers there, and no unlock asks
        "RECONCILE_EVERY_SECONDS": "0",
    }


def _wait_for(address: str, program: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    try:
        until_up(address, program)
    except RuntimeError as error:
        log.seek(0)
        raise RuntimeError(log.read().decode()) from error
