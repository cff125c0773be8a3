"""The database's disk is full: people are told to come again, nothing is half done, and it heals when space returns."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.checkout.till import Till
from tests.databases import execute
from tests.migrating import migrated
from tests.proof import IS_PROOF
from tests.reliability.bad_day import busy, fill_pool, more_refusals, more_unlocks, site_at, until_served
from tests.reliability.clusters import Cluster, own_cluster

SIZE = "160m"
DISKS = 10 if IS_PROOF else 1
CHUNK = bytes(1 << 20)


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, in memory."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root on Linux can mount a small disk")
    folder = Path("/var/tmp") / f"billing-small-disk-{os.getpid()}"  # PostgreSQL's account gets in here
    folder.mkdir()
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a small disk")
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        folder.rmdir()


def filled(disk: Path) -> Path:
    """Take all the space there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (len(CHUNK), 4096):
            try:
                while file.write(CHUNK[:size]):
                    pass
            except OSError:
                continue
    return ballast


@pytest.mark.proof
@pytest.mark.parametrize("turn", range(DISKS))
async def test_a_full_disk_acknowledges_nothing_and_heals_when_there_is_room(
    small_disk: Path, till: Till, turn: int
) -> None:
    """C12: what was acknowledged is there, what was not is not, and no restart of the product is needed."""
    with own_cluster(small_disk) as cluster:
        await migrated(cluster.database())
        async with site_at(cluster.database(), till) as site:
            async with busy(site) as day:
                await more_unlocks(day)
                ballast = filled(small_disk)
                await more_refusals(day)
                ballast.unlink()
                await until_it_runs(cluster)
                await until_served(site)
                await more_unlocks(day)
            await fill_pool()
        assert set(day.statuses) <= {200, 303, 503}, day.statuses
        assert day.retry_after_missing == 0
    print(f"C12: the disk was full; {dict(day.statuses)}, {len(day.unlocked)} unlocks, all there")


async def until_it_runs(cluster: Cluster) -> None:
    """A server without room for its journal stops; whoever looks after it starts it again."""
    async with asyncio.timeout(30):
        while True:
            if cluster.postgres.exit_code is not None:
                cluster.postgres.start()
            try:
                await execute(cluster.database().superuser_url, "SELECT 1")
                return
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.01)
