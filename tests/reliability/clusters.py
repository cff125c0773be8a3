"""A PostgreSQL of a test's own, to be stopped, starved or restored into. Knows nothing of what is tried on it."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cli.local.postgres import APPLICATION, OWNER, SUPERUSER, LocalPostgres
from app.cli.local.postgres_binaries import usable_binaries
from tests.databases import Database

GONE_SECONDS = 10.0


class Cluster:
    """A server with one database of ours in it."""

    def __init__(self, postgres: LocalPostgres) -> None:
        self.postgres = postgres

    def database(self, name: str = "billing") -> Database:
        url = self.postgres.url
        return Database(name, url(APPLICATION, name), url(OWNER, name), url(SUPERUSER, name))

    async def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, no goodbye."""
        assert self.postgres.process_id is not None
        os.kill(self.postgres.process_id, signal.SIGQUIT)
        async with asyncio.timeout(GONE_SECONDS):
            while self.postgres.exit_code is None:
                await asyncio.sleep(0.005)

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's own programs. Raises: AssertionError: with what it said."""
        done = usable_binaries(self.postgres.data_dir).run(program, *arguments)
        assert done.returncode == 0, done.stderr


@contextmanager
def own_cluster(folder: Path | None = None) -> Iterator[Cluster]:
    """A fresh server, gone with its data when the block ends; in `folder`, if it has to lie there."""
    with tempfile.TemporaryDirectory(prefix="billing-cluster-", ignore_cleanup_errors=True) as made:
        place = folder or Path(made)
        place.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to get in
        with LocalPostgres(place / "data") as postgres:
            yield Cluster(postgres)
