"""Locks between programs that share a folder; the kernel opens those of a killed one. Knows nothing of what they guard."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def only_one_at(lock: Path) -> Iterator[None]:
    """One program at a time; the others wait."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def stay_at(lock: Path) -> IO[str]:
    """Be counted as present, beside any number of others, until the file is closed."""
    held = lock.open("w")
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def wait_until_left(lock: Path, *, seconds: float) -> None:
    """Wait until nobody is counted as present, but no longer than this."""
    deadline = time.monotonic() + seconds
    with lock.open("w") as held:
        while not _is_ours(held) and time.monotonic() < deadline:
            time.sleep(0.02)


def _is_ours(held: IO[str]) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
