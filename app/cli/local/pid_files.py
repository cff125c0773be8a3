"""Decides whether a postmaster's lock file still means something. Knows only files and the process table.

PostgreSQL itself asks no more than whether the number is alive, so a zombie or another program that got
the same number would block every start.
"""

import subprocess
import time
from enum import StrEnum
from pathlib import Path

from app.errors import BillingError

_PATIENCE_SECONDS = 10.0
_HAS_PROC = Path("/proc/self/stat").exists()


class PostmasterStuck(BillingError):
    """A PostgreSQL is alive in the data folder and does not answer."""

    def __init__(self, *, process_id: int, lock_file: Path) -> None:
        self.process_id, self.lock_file = process_id, lock_file
        super().__init__(
            f"PostgreSQL (process {process_id}) holds {lock_file} and does not answer: stop it first"
        )


class Holder(StrEnum):
    """Who a lock file's number belongs to."""

    NOBODY = "nobody"
    STRANGER = "stranger"
    ZOMBIE = "zombie"
    POSTMASTER = "postmaster"


def clear_dead_postmaster(data: Path, socket_lock: Path) -> bool:
    """Remove what a dead postmaster left that would block the next; True if the last one was not stopped cleanly.

    Raises: PostmasterStuck: one is alive and has not answered or ended for ten seconds.
    """
    pid_file = data / "postmaster.pid"
    was_killed = pid_file.exists()
    for lock_file in (pid_file, socket_lock):
        _clear(lock_file, data)
    return was_killed


def holder_of(process_id: int, data: Path) -> Holder:
    """Who runs under this number: a postmaster works in its data folder and is called `postgres`."""
    name, state = _name_and_state(process_id)
    if not name:
        return Holder.NOBODY
    if state.startswith("Z"):
        return Holder.ZOMBIE
    if name != "postgres" or (_HAS_PROC and not _works_in(process_id, data)):
        return Holder.STRANGER
    return Holder.POSTMASTER


def _clear(lock_file: Path, data: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (process_id := _number_in(lock_file)) is not None:
        holder = holder_of(process_id, data)
        if holder is Holder.NOBODY:
            return  # PostgreSQL tidies up by itself
        if holder is not Holder.POSTMASTER and not _is_worked_in(data):
            lock_file.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise PostmasterStuck(process_id=process_id, lock_file=lock_file)
        else:
            time.sleep(0.05)


def _is_worked_in(data: Path) -> bool:
    """Whether a backend lives on: the lock file alone keeps a second server away from the memory they share."""
    return any(_works_in(int(entry.name), data) for entry in Path("/proc").glob("[0-9]*"))


def _number_in(lock_file: Path) -> int | None:
    try:
        first_line = lock_file.read_text().partition("\n")[0]
    except FileNotFoundError:
        return None
    return abs(int(first_line)) if first_line.strip().lstrip("-").isdigit() else 0


def _name_and_state(process_id: int) -> tuple[str, str]:
    if process_id == 0:  # an empty file: written by nobody who is still there
        return "nothing", ""
    if not _HAS_PROC:
        return _asked_of_ps(process_id)
    try:
        before, _, after = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    return before.partition("(")[2], after.split()[0]


def _asked_of_ps(process_id: int) -> tuple[str, str]:
    listed = subprocess.run(
        ["ps", "-o", "stat=,comm=", "-p", str(process_id)], capture_output=True, text=True, check=False
    )
    state, _, name = listed.stdout.strip().partition(" ")
    return Path(name.strip()).name, state


def _works_in(process_id: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{process_id}/cwd").readlink() == data.resolve()
    except OSError:  # gone, a zombie, or another user's
        return False
