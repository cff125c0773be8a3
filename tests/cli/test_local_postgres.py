"""The local PostgreSQL: it starts from nothing, outlives nobody, and recovers from what a crash leaves."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from app.cli.local.pid_files import Holder, holder_of
from app.cli.local.postgres import APPLICATION, OWNER, SUPERUSER, LocalPostgres
from app.cli.local.postgres_binaries import FolderOutOfReach, require_reachable
from tests.cli.waiting import is_gone, wait_until


@dataclass
class Holding:
    """A running tests.cli.postgres_holder and what it said."""

    program: subprocess.Popen[str]
    is_ours: bool
    process_id: int | None


Hold = Callable[[Path], Holding]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="billing-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


@pytest.fixture
def open_holder() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    programs: list[subprocess.Popen[str]] = []

    def begin(folder: Path) -> subprocess.Popen[str]:
        programs.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.cli.postgres_holder", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return programs[-1]

    yield begin
    for program in programs:  # all of them, before waiting for one: an owner waits for its guests
        assert program.stdin is not None
        with suppress(BrokenPipeError):
            program.stdin.close()
    for program in programs:
        program.wait(timeout=30)
        assert program.stdout is not None
        program.stdout.close()


@pytest.fixture
def hold(open_holder: Callable[[Path], subprocess.Popen[str]]) -> Hold:
    return lambda folder: what_it_said(open_holder(folder))


def what_it_said(program: subprocess.Popen[str]) -> Holding:
    assert program.stdout is not None
    return Holding(program, **json.loads(program.stdout.readline()))


async def query(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_an_empty_folder_becomes_a_server_with_both_roles_and_the_database(data_dir: Path) -> None:
    with LocalPostgres(data_dir) as postgres:
        assert postgres.is_ours
        assert await query(postgres.url(APPLICATION), "SELECT current_user") == "billing_app"
        assert (
            await query(
                postgres.url(OWNER),
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'billing'",
            )
            == OWNER
        )
        assert await query(postgres.url(SUPERUSER), "SELECT current_setting('fsync')") == "on"


async def test_a_second_start_finds_the_data_of_the_first(data_dir: Path) -> None:
    with LocalPostgres(data_dir) as postgres:
        await query(postgres.url(OWNER), "CREATE TABLE kept AS SELECT 7 AS number")
    with LocalPostgres(data_dir) as postgres:
        assert await query(postgres.url(OWNER), "SELECT number FROM kept") == 7


async def test_a_server_that_is_already_there_is_used_and_never_stopped(data_dir: Path) -> None:
    with LocalPostgres(data_dir) as first:
        with LocalPostgres(data_dir) as second:
            assert not second.is_ours
        assert await query(first.url(APPLICATION), "SELECT 1") == 1


def test_four_cold_starts_at_once_make_one_owner_and_three_guests(
    data_dir: Path, open_holder: Callable[[Path], subprocess.Popen[str]]
) -> None:
    programs = [open_holder(data_dir) for _ in range(4)]
    owners = [what_it_said(program).is_ours for program in programs]
    assert sorted(owners) == [False, False, False, True]


async def test_an_owner_that_leaves_first_lets_its_guests_finish(data_dir: Path, hold: Hold) -> None:
    owner = hold(data_dir)
    assert owner.is_ours
    guest = LocalPostgres(data_dir)
    guest.start()
    assert not guest.is_ours
    assert owner.program.stdin is not None
    owner.program.stdin.close()
    assert await query(guest.url(APPLICATION), "SELECT 'still here' FROM pg_sleep(0.3)") == "still here"
    assert owner.program.poll() is None
    guest.stop()
    assert owner.program.wait(timeout=20) == 0


def test_killing_the_starter_stops_postgres_cleanly(data_dir: Path, hold: Hold) -> None:
    holding = hold(data_dir)
    postmaster = holding.process_id
    assert postmaster is not None
    holding.program.kill()
    wait_until(lambda: is_gone(postmaster))
    assert not (data_dir / data_name(data_dir) / "postmaster.pid").exists()
    assert "database system is shut down" in (data_dir / "postgres.log").read_text()


async def test_a_killed_postmaster_is_recovered_from_with_all_committed_rows(
    data_dir: Path, hold: Hold
) -> None:
    holding = hold(data_dir)
    with LocalPostgres(data_dir) as guest:
        await query(guest.url(OWNER), "CREATE TABLE kept AS SELECT 7 AS number")
    assert holding.process_id is not None
    os.kill(holding.process_id, signal.SIGKILL)
    with LocalPostgres(data_dir) as again:
        assert again.is_ours
        assert await query(again.url(OWNER), "SELECT number FROM kept") == 7


async def test_a_lock_file_whose_number_went_to_another_program_blocks_nothing(data_dir: Path) -> None:
    with LocalPostgres(data_dir):
        pass
    leave_lock_files(data_dir, os.getpid())
    with LocalPostgres(data_dir) as again:
        assert await query(again.url(APPLICATION), "SELECT 1") == 1


async def test_a_lock_file_of_a_zombie_blocks_nothing(data_dir: Path) -> None:
    with LocalPostgres(data_dir):
        pass
    with subprocess.Popen(["true"]) as program:
        wait_until(lambda: holder_of(program.pid, data_dir) is Holder.ZOMBIE)
        leave_lock_files(data_dir, program.pid)
        with LocalPostgres(data_dir) as again:
            assert await query(again.url(APPLICATION), "SELECT 1") == 1


async def test_half_a_data_folder_is_never_taken_for_a_whole_one(data_dir: Path) -> None:
    with LocalPostgres(data_dir) as postgres:
        name = postgres.data.name
    half = data_dir / f"{name}.new-half"
    (data_dir / name).rename(half)
    with LocalPostgres(data_dir) as again:
        assert await query(again.url(APPLICATION), "SELECT 1") == 1
    assert not half.exists()


async def test_a_long_path_gets_a_short_socket_folder_that_a_second_start_finds(data_dir: Path) -> None:
    deep = data_dir / ("deep-" + "x" * 60) / ("deeper-" + "x" * 60)
    with LocalPostgres(deep) as first, LocalPostgres(deep) as second:
        assert not second.is_ours
        assert first.socket_folder == second.socket_folder
        assert len(str(first.socket_folder)) < 90


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
async def test_programs_that_the_account_cannot_reach_are_copied_to_where_it_can(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.local.postgres_binaries._answers", lambda binaries: False)
    with LocalPostgres(data_dir) as postgres:
        assert await query(postgres.url(APPLICATION), "SELECT 1") == 1
        running = Path(f"/proc/{postgres.process_id}/exe").readlink()
    assert running.is_relative_to(data_dir)


async def test_a_path_with_spaces_and_accents_works(data_dir: Path) -> None:
    with LocalPostgres(data_dir / "a billing & büro") as postgres:
        assert await query(postgres.url(APPLICATION), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
def test_a_folder_that_the_account_cannot_enter_is_refused_by_name(data_dir: Path) -> None:
    closed = data_dir / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(FolderOutOfReach, match=str(closed)):
        require_reachable(closed / "inside")


def data_name(data_dir: Path) -> str:
    return LocalPostgres(data_dir).data.name


def leave_lock_files(data_dir: Path, process_id: int) -> None:
    """What a killed postmaster leaves, with a number that is in use again."""
    data = data_dir / data_name(data_dir)
    socket_folder = (data_dir / "socket").resolve()
    lines = f"{process_id}\n{data}\n1700000000\n5432\n{socket_folder}\n"
    (data / "postmaster.pid").write_text(lines)
    (socket_folder / ".s.PGSQL.5432.lock").write_text(lines)
