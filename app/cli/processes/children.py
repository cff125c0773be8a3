"""Starts the programs of `billing run`, notices when one ends, and stops them. Knows nothing of what they do."""

import contextlib
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from app.cli.processes.parent_death import before_exec
from app.errors import BillingError

_STOP_SECONDS = 12.0  # the server lets running requests finish for five


class PortTaken(BillingError):
    """Something else listens where we were to."""

    def __init__(self, *, host: str, port: int, option: str) -> None:
        self.host, self.port, self.option = host, port, option
        super().__init__(
            f"port {port} of {host} is taken: stop what uses it, or choose another with {option}"
        )


class ChildEnded(BillingError):
    """A part of the product ended by itself, so the rest was stopped too."""

    def __init__(self, *, name: str, exit_code: int) -> None:
        self.name, self.exit_code = name, exit_code
        how = f"with code {exit_code}" if exit_code >= 0 else f"by signal {signal.Signals(-exit_code).name}"
        super().__init__(f"{name} ended unexpectedly ({how}); everything else was stopped")


class ChildSilent(BillingError):
    """A part of the product was started and does not answer."""

    def __init__(self, *, name: str, url: str, seconds: float) -> None:
        self.name, self.url = name, url
        super().__init__(f"{name} did not answer at {url} within {seconds:.0f} seconds")


@dataclass(frozen=True)
class Child:
    """A running part of the product."""

    name: str
    exit_code_now: Callable[[], int | None]

    def must_run(self) -> None:
        """Raises: ChildEnded."""
        exit_code = self.exit_code_now()
        if exit_code is not None:
            raise ChildEnded(name=self.name, exit_code=exit_code)

    def must_answer(self, url: str, *, seconds: float = 60.0) -> None:
        """Wait until a GET is answered 200. Raises: ChildEnded, ChildSilent."""
        deadline = time.monotonic() + seconds
        while not _answers(url):
            self.must_run()
            if time.monotonic() > deadline:
                raise ChildSilent(name=self.name, url=url, seconds=seconds)
            time.sleep(0.05)


@contextlib.contextmanager
def child(
    name: str,
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: IO[bytes] | None = None,
) -> Iterator[Child]:
    """Run a module of ours for as long as the block lasts; it ends with us, however we end.

    It speaks where we do, or into `log`.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C reaches us alone: we stop them in order
        preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  (it calls prctl and nothing else)
    )
    try:
        yield Child(name, process.poll)
    finally:
        _stop(process)


def require_free(host: str, port: int, *, option: str) -> None:
    """Raises: PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortTaken(host=host, port=port, option=option) from None


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        number: int = probe.getsockname()[1]
        return number


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)  # knows no proxy
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
