"""The sandbox as a process of its own: how it starts, stops, and dies with whoever started it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from app.sandbox.options import SandboxOptions
from app.sandbox.server import NotLoopback, PortTaken, serve_sandbox

DEADLINE_SECONDS = 20.0
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "app.sandbox", "--port", sys.argv[1]])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_and_cleanly_when_told(number: int) -> None:
    port = free_port()
    with started("-m", "app.sandbox", "--port", str(port)) as process:
        wait_until_it_answers(port)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(DEADLINE_SECONDS) == 0
        assert time.monotonic() - began < 5
        assert process.stderr is not None and process.stderr.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_it_dies_with_a_parent_that_was_killed() -> None:
    port = free_port()
    with started("-c", PARENT, str(port), BILLING_DIE_WITH_PARENT="1") as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until_it_answers(port)
        parent.kill()
        wait_until(lambda: not Path(f"/proc/{child}").exists() or is_zombie(child))


def test_a_port_in_use_is_said_in_one_line() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with started("-m", "app.sandbox", "--port", str(port)) as process:
            assert process.wait(DEADLINE_SECONDS) == 1
            assert process.stderr is not None
            assert process.stderr.read().decode().splitlines() == [
                f"sandbox: 127.0.0.1:{port} is in use; choose another --port for the sandbox"
            ]
        with pytest.raises(PortTaken):
            serve_sandbox(SandboxOptions(), port=port)


def test_only_this_machine_may_reach_it() -> None:
    with pytest.raises(NotLoopback):
        serve_sandbox(SandboxOptions(), host="0.0.0.0", port=free_port())


def test_what_was_killed_goes_on_with_its_deliveries(tmp_path: Path) -> None:
    """Objects, events and the outbox outlive a kill -9, and an unanswered webhook is tried again."""
    port = free_port()
    nobody = f"http://127.0.0.1:{free_port()}/webhooks"
    command = ["-m", "app.sandbox", "--port", str(port), "--database", str(tmp_path / "stripe.sqlite")]
    command += ["--forward-to", nobody, "--time-scale", "50"]
    with started(*command) as process:
        wait_until_it_answers(port)
        session_id = expired_session(port)
        process.kill()
    with started(*command):
        wait_until_it_answers(port)
        with api(port) as http:
            tried = len(http.get("/_test/deliveries").json()["data"][0]["attempts"])
            wait_until(lambda: len(http.get("/_test/deliveries").json()["data"][0]["attempts"]) > tried)
            assert http.get(f"/v1/checkout/sessions/{session_id}").json()["status"] == "expired"


def expired_session(port: int) -> str:
    """A session that ran out, of which somebody is to be told."""
    price = {"currency": "usd", "unit_amount": "7900", "product_data[name]": "Single Flight"}
    with api(port) as http:
        order = {
            "mode": "payment",
            "line_items[0][price]": http.post("/v1/prices", data=price).json()["id"],
            "line_items[0][quantity]": "1",
            "success_url": "http://127.0.0.1:9/",
        }
        session_id = str(http.post("/v1/checkout/sessions", data=order).json()["id"])
        http.post(f"/v1/checkout/sessions/{session_id}/expire").raise_for_status()
    return session_id


def api(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=("sk_test_x", ""), trust_env=False)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=os.environ | environment) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_it_answers(port: int) -> None:
    def answers() -> bool:
        try:
            return (
                httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, verify=False).status_code
                == 200
            )
        except httpx.TransportError:
            return False

    wait_until(answers)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
