"""Keeps what a running `billing run` tells the other commands, and the secrets of one machine.

Decides who may read them (their owner alone) and whether the run they speak of is still there. Knows no setting.
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.errors import BillingError

_RUNTIME, _LOCK, _SECRETS = "runtime.json", "run.lock", "secrets.json"


class AlreadyRunning(BillingError):
    """Another `billing run` uses this data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        where = running_settings(data_dir).get("BASE_URL")
        super().__init__(
            f"billing run is already running in {data_dir}{f', at {where}' if where else ''}: "
            "stop it first, or name another folder with --data-dir"
        )


@contextlib.contextmanager
def only_run(data_dir: Path) -> Iterator[None]:
    """Be the one run of this data folder; the kernel opens the lock of a killed one.

    Raises: AlreadyRunning.
    """
    with (data_dir / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(data_dir) from None
        yield


@contextlib.contextmanager
def published(data_dir: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Tell other commands the settings of this run for as long as the block lasts."""
    place = data_dir / _RUNTIME
    _write_private(place, dict(settings))
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def running_settings(data_dir: Path) -> dict[str, str]:
    """The settings of the run that uses this folder now; empty when none does."""
    return _read(data_dir / _RUNTIME) if is_running(data_dir) else {}


def is_running(data_dir: Path) -> bool:
    """Whether a run uses this folder now: a file of a killed run says nothing any more."""
    try:
        with (data_dir / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def local_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets of this machine's development installation, made when first asked for.

    Repeat: the same ones, whoever asks first.
    """
    place = data_dir / _SECRETS
    if not place.exists():
        made = {
            "SESSION_SECRET": secrets.token_urlsafe(48),
            "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_urlsafe(24)}",
        }
        _write_private(place, made, replace=False)
    return _read(place)


def _write_private(place: Path, content: Mapping[str, str], *, replace: bool = True) -> None:
    """Appear whole or not at all, readable by its owner alone; without `replace` the first writer wins."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        json.dump(content, file, indent=1)
    if replace:
        draft.replace(place)
        return
    with contextlib.suppress(FileExistsError):
        place.hardlink_to(draft)
    draft.unlink()


def _read(place: Path) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(place.read_text())
    except FileNotFoundError:
        return {}
    return content
