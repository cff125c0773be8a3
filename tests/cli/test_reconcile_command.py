"""Reconciliation at the keyboard: what it prints, and what its exit code says. RECN-03."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.database import only_one, pool
from tests.checkout.till import Till, balance_of, environment_of, open_till, session_id_of
from tests.cli.product import billing
from tests.conftest import beside_other_pools
from tests.databases import Server, fresh_database
from tests.factories import make_user


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(server: Server) -> str:
    return fresh_database().app_url


@pytest_asyncio.fixture(loop_scope="session")
async def till(database_url: str) -> AsyncIterator[Till]:
    with beside_other_pools():
        async with pool(database_url), open_till(time_scale=1.0) as opened:
            yield opened


async def test_it_says_what_it_mended_and_what_is_left_and_its_exit_code_tells(
    till: Till, database_url: str, tmp_path: Path
) -> None:
    """RECN-01, RECN-02, RECN-03."""

    async def ask(*options: str) -> subprocess.CompletedProcess[str]:
        given = environment_of(database_url, till.sandbox.url)
        return await asyncio.to_thread(billing, "reconcile", *options, data_dir=tmp_path / "data", **given)

    alice = await make_user()
    started = await till.bought(alice)
    tried = await ask("--dry-run")
    assert (tried.returncode, f"would mend: credited: {started.purchase_id}" in tried.stdout) == (1, True)
    assert await balance_of(alice) == 0

    async with only_one("reconcile"):
        left = await ask("--json")
    assert (left.returncode, "another comparison" in json.loads(left.stdout)["stopped"]) == (1, True)

    mended = await ask("--since", "2020-01-31")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert f"mended: credited: {started.purchase_id}, {session_id_of(started)}" in mended.stdout
    assert "cleared 1 of 1, timely 0 of 1, complete 1 of 1" in mended.stdout
    assert mended.stdout.endswith("no difference is left\n")
    assert await balance_of(alice) == 1

    wrong = await till.bought(await make_user(name="Bob"))
    till.sandbox.tamper("checkout.session", session_id_of(wrong), amount_total=1)
    differs = json.loads((await ask("--json")).stdout)
    [line] = differs["differences"]
    assert (line["kind"], line["purchase_id"]) == ("refused", wrong.purchase_id)
    assert ("at Stripe" in line["mend"], differs["clean"]) == (True, False)

    till.sandbox.fault("api", "503", match="GET /v1/refunds", times=9)
    stopped = await ask()
    assert (stopped.returncode, "stopped: Stripe does not answer" in stopped.stdout) == (1, True)
