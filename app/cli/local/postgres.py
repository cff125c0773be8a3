"""Runs one PostgreSQL in a folder for as long as its starter lives. Knows nothing of what the product stores in it.

Authentication is `trust`, so the socket folder (mode 0700) is the door; no TCP port is opened.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from app.cli.local.data_folder import make_folder
from app.cli.local.folder_locks import only_one_at, stay_at, wait_until_left
from app.cli.local.pid_files import clear_dead_postmaster
from app.cli.local.postgres_binaries import Binaries, give, major_version, usable_binaries
from app.cli.processes.parent_death import before_exec
from app.errors import BillingError

SUPERUSER, OWNER, APPLICATION, DATABASE = "postgres", "billing_owner", "billing_app", "billing"
_PORT_FILE = ".s.PGSQL.5432"
_LONGEST_SOCKET_FOLDER = 90  # a socket's address holds 107 bytes
_GUEST_SECONDS = 10.0
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "timezone": "UTC",
}
_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same sort order on every machine
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
_FIRST_STATEMENTS = f"CREATE ROLE {OWNER} LOGIN;\nCREATE ROLE {APPLICATION} LOGIN;\nCREATE DATABASE {DATABASE} OWNER {OWNER};\n"


class PostgresFailed(BillingError):
    """The local PostgreSQL could not be started."""

    def __init__(self, *, doing: str, said: str) -> None:
        self.doing, self.said = doing, said
        super().__init__(f"PostgreSQL failed {doing}: {said.strip() or 'it gave no reason'}")


class LocalPostgres:
    """The PostgreSQL of one data folder: ours when we started it, else someone's that we use and never stop."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.data = self.data_dir / f"data-{major_version()}"
        self.log = self.data_dir / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None
        self._staying: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_ours(self) -> bool:
        return self._process is not None

    @property
    def process_id(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How the server we started ended; None while it runs, or when it is not ours."""
        return None if self._process is None else self._process.poll()

    @property
    def socket_folder(self) -> Path:
        if self._socket_folder is None:
            raise RuntimeError("start() comes first")
        return self._socket_folder

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder))}"

    def start(self) -> None:
        """Have the server answer, with both roles and the database.

        Repeat: four starters at once make one owner; the others attach.
        Raises: PostgresFailed, PostgresMissing, FolderOutOfReach.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "start PostgreSQL from the main thread: it ends with the thread that forked it"
            )
        make_folder(self.data_dir)
        binaries = usable_binaries(self.data_dir)
        with only_one_at(self._start_lock):
            self._socket_folder = _socket_folder(self.data_dir)
            give(self._socket_folder, binaries.account)
            if self._answers(binaries):
                self._staying = stay_at(self._guest_book)
            else:
                self._launch(binaries)

    def stop(self) -> None:
        """Leave; if we started the server, let guests finish for ten seconds and shut it down fast and cleanly."""
        if self._staying is not None:
            self._staying.close()
            self._staying = None
        if self._process is None:
            return
        with only_one_at(self._start_lock):  # so that nobody comes in while it goes down
            if self.exit_code is None:
                wait_until_left(self._guest_book, seconds=_GUEST_SECONDS)
            self._shut_down()

    @property
    def _start_lock(self) -> Path:
        return self.data_dir / "start.lock"

    @property
    def _guest_book(self) -> Path:
        return self.data_dir / "guests.lock"

    def _shut_down(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self, binaries: Binaries) -> bool:
        """Whether someone's server is up; one that is starting or stopping is waited for."""
        deadline = time.monotonic() + 20
        while self._is_listening() and time.monotonic() < deadline:
            if self._is_ready(binaries):
                return True
            time.sleep(0.1)
        return False

    def _launch(self, binaries: Binaries) -> None:
        if not self.data.exists():
            _create_cluster(binaries, self.data)
        recovering = clear_dead_postmaster(self.data, self.socket_folder / f"{_PORT_FILE}.lock")
        deadline = time.monotonic() + 60
        self._spawn(binaries)
        while not self._is_ready(binaries):
            if self._has_given_up():
                if not recovering or time.monotonic() > deadline:
                    raise self._failure()
                self._spawn(binaries)  # the backends of a killed postmaster hold its memory until they notice
            elif time.monotonic() > deadline:
                self._shut_down()
                raise self._failure()
            time.sleep(0.03)

    def _spawn(self, binaries: Binaries) -> None:
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [binaries.folder / "postgres", "-D", self.data, "-k", self.socket_folder, *options],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that Ctrl-C does not reach it: the server stops first
                preexec_fn=before_exec(signal.SIGINT),  # noqa: PLW1509  (it calls prctl and nothing else)
                **binaries.account,
            )

    def _has_given_up(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _failure(self) -> PostgresFailed:
        self._process = None
        last_lines = self.log.read_text(errors="replace").splitlines()[-3:]
        return PostgresFailed(doing=f"to start (its log is {self.log})", said=" | ".join(last_lines))

    def _is_listening(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(self.socket_folder / _PORT_FILE)) == 0

    def _is_ready(self, binaries: Binaries) -> bool:
        # without a user name the log fills with complaints about a role called root
        asked = binaries.run(
            "pg_isready", "--quiet", f"--username={SUPERUSER}", f"--host={self.socket_folder}"
        )
        return asked.returncode == 0


def _socket_folder(data_dir: Path) -> Path:
    """A folder only its owner may enter; a short one elsewhere, found again by a link, where the path grows too long."""
    folder = data_dir / "socket"
    if len(bytes(folder)) > _LONGEST_SOCKET_FOLDER and not folder.exists():
        folder.unlink(missing_ok=True)  # a link to a temporary folder that was tidied away
        folder.symlink_to(tempfile.mkdtemp(prefix="billing-"))
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder.resolve()


def _create_cluster(binaries: Binaries, data: Path) -> None:
    """Make the cluster with its roles and database under another name, so that half of one never looks whole."""
    for left_over in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    give(unfinished, binaries.account)
    _must_succeed(
        binaries.run("initdb", f"--pgdata={unfinished}", *_INITDB), doing="to create its data folder"
    )
    alone = ("--single", "-D", str(unfinished), "-c", "exit_on_error=on", "-c", "fsync=off", "postgres")
    _must_succeed(
        binaries.run("postgres", *alone, stdin=_FIRST_STATEMENTS), doing="to create roles and database"
    )
    unfinished.rename(data)


def _must_succeed(done: subprocess.CompletedProcess[str], *, doing: str) -> None:
    if done.returncode != 0:
        raise PostgresFailed(doing=doing, said=done.stderr)
