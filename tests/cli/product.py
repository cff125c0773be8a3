"""Runs `billing` as a person would, in programs of its own. Knows nothing of what the commands do."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from app.cli.processes.children import free_port
from tests.cli.waiting import is_gone, wait_until

_one_at_a_time = Lock()
_OURS = {
    name: text for name, text in os.environ.items() if not name.startswith(("STRIPE_", "DATABASE_", "MAKE"))
}


def billing(
    *arguments: str, data_dir: Path, typed: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """One command, to its end, with what is typed when it asks: a process of its own, that has imported everything."""
    with tempfile.TemporaryDirectory(prefix="billing-said-") as folder:
        files = {name: Path(folder) / name for name in ("input", "output", "errors")}
        for name, file in files.items():
            file.write_text(typed if name == "input" else "")
        names = {name: str(file) for name, file in files.items()}
        asked = {"words": arguments, "environment": environment(data_dir, settings)} | names
        code = _forked(json.dumps(asked))
        return subprocess.CompletedProcess(
            arguments, code, files["output"].read_text(), files["errors"].read_text()
        )


def _forked(command: str) -> int:
    with _one_at_a_time:
        forks = _forks()
        assert forks.stdin is not None
        assert forks.stdout is not None
        forks.stdin.write(command + "\n")
        forks.stdin.flush()
        return int(forks.stdout.readline())


@cache
def _forks() -> subprocess.Popen[str]:
    """It ends when we do, since nobody writes to it any more."""
    command = [sys.executable, "-m", "tests.cli.forks"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def environment(data_dir: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return {**_OURS, "DATA_DIR": str(data_dir), **settings}


@dataclass(frozen=True)
class Product:
    """A `billing run` that has said where it is."""

    program: subprocess.Popen[str]
    base_url: str
    sandbox_url: str
    greeting: str
    data_dir: Path

    def programs(self) -> dict[int, str]:
        """Everything that runs because of it: process ids and command lines."""
        return dict(_below(self.program.pid))

    def program_of(self, words: str) -> int:
        """The outermost one whose command line holds these words."""
        return next(process for process, line in self.programs().items() if words in line)

    def end(self, asking: signal.Signals) -> int:
        """Send a signal; the exit code."""
        self.program.send_signal(asking)
        return self.program.wait(timeout=30)


@contextmanager
def running(data_dir: Path, *start: str, **settings: str) -> Iterator[Product]:
    """`billing run` on free ports, until it has greeted; `start` stands in for the words that start it."""
    port, sandbox_port = free_port("127.0.0.1"), free_port("127.0.0.1")
    options = ["--port", str(port), "--sandbox-port", str(sandbox_port)]
    program = subprocess.Popen(
        [*start] or [sys.executable, "-m", "app.cli", "run", *options],
        env=environment(data_dir, settings | {"RUN_OPTIONS": " ".join(options)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert program.stdout is not None
    try:
        with program.stdout as said:
            greeting = _greeting(said)
            urls = (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}")
            yield Product(program, *urls, greeting, data_dir)
    finally:
        _leave_nothing(program)


def assert_all_gone(programs: Mapping[int, str]) -> None:
    wait_until(lambda: all(map(is_gone, programs)))


def _greeting(said: Iterator[str]) -> str:
    lines: list[str] = []
    for line in said:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("billing run ended before it greeted: " + "".join(lines))


def _leave_nothing(program: subprocess.Popen[str]) -> None:
    started = dict(_below(program.pid))
    if program.poll() is None:
        program.terminate()
    program.wait(timeout=30)
    for process in started:
        with suppress(ProcessLookupError):
            if not is_gone(process):
                os.kill(process, signal.SIGKILL)


def _below(process: int) -> Iterator[tuple[int, str]]:
    with suppress(FileNotFoundError, ProcessLookupError):
        yield process, Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
        for task in Path(f"/proc/{process}/task").iterdir():
            for below in (task / "children").read_text().split():
                yield from _below(int(below))
