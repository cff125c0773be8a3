"""Waits for something to become true, with a deadline. Knows nothing of what that is."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_until(is_true: Callable[[], bool], *, seconds: float = 20) -> None:
    """Look every 20 ms; fail when it has not come true in time."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def is_gone(process_id: int) -> bool:
    """Whether a program has ended; a zombie has."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"
