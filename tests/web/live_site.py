"""The small site on a server of its own, as a browser needs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cli.processes.children import free_port
from app.cli.processes.parent_death import before_exec
from app.cli.processes.server import LARGEST_HEAD_BYTES
from tests.serving import until_up

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PROTOCOL = ["--no-ws", "--http", "1", "--http1-buffer-size", str(LARGEST_HEAD_BYTES)]
OPTIONS = [*PROTOCOL, "--interface", "asgi", "--workers-kill-timeout", "5", "--no-access-log", "--host", HOST]
FACTORY = "tests.web.small_site:create_small_site"
STOP_SECONDS = 15.0


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
        until_up(address, server)
        yield address
    finally:
        _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:  # a stop that comes in the middle of a start is not always heard
        server.kill()
        server.wait()
