"""The small site on a server of its own, as a browser needs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from app.cli.children import free_port
from app.cli.parent_death import before_exec
from app.cli.server import LARGEST_HEAD_BYTES

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PROTOCOL = ["--no-ws", "--http", "1", "--http1-buffer-size", str(LARGEST_HEAD_BYTES)]
OPTIONS = [*PROTOCOL, "--interface", "asgi", "--workers-kill-timeout", "5", "--no-access-log", "--host", HOST]
FACTORY = "tests.web.small_site:create_small_site"
START_SECONDS, STOP_SECONDS = 60.0, 15.0


@contextmanager
def live_site() -> Iterator[str]:
    """Its address, while the server runs; the server ends with the test run, whatever happens."""
    port = free_port(HOST)
    address = f"http://{HOST}:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", *OPTIONS, "--port", str(port), "--factory", FACTORY],
        cwd=ROOT,
        env=os.environ | {"BASE_URL": address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # as in the other server tests
    )
    try:
        _wait_until_up(server, address)
        yield address
    finally:
        _stop(server)


def _wait_until_up(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as http:
        while server.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if http.get(f"{address}/healthz").status_code == 200:
                    return
            time.sleep(0.05)
    raise RuntimeError("the small site did not start")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:  # a stop that comes in the middle of a start is not always heard
        server.kill()
        server.wait()
