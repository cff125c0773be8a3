"""The product served as operators serve it, for tests of what goes on beside its requests."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from app.cli.processes.children import free_port
from app.cli.processes.parent_death import before_exec
from tests.reliability.installation import until_it_answers


@asynccontextmanager
async def serving(settings: Mapping[str, str], log: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    """`billing serve` with two workers."""
    port = free_port("127.0.0.1")
    words = ["-m", "app.cli", "serve", "--port", str(port), "--workers", "2"]
    with log.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, *words],
            env=settings,
            stdout=file,
            stderr=file,
            preexec_fn=before_exec(signal.SIGTERM),  # noqa: PLW1509  # nothing here outlives the test run
        )
    try:
        await until_it_answers(f"http://127.0.0.1:{port}")
        yield program
    finally:
        program.kill()
        program.wait()
