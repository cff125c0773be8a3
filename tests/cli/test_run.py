"""`billing run`: it starts everything, answers, and leaves nothing behind however it ends."""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.cli.local.postgres import APPLICATION, LocalPostgres
from app.cli.processes.children import free_port
from tests.cli.product import Product, assert_all_gone, billing, running
from tests.databases import empty_database
from tests.web.hosts import EVIL, HOSTS
from tests.web.lines import Line


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One folder for the module: each start goes on from what the one before left."""
    with tempfile.TemporaryDirectory(prefix="billing-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """A run that is looked at, and then stopped with Ctrl-C: it leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="billing-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder) / "data") as product:
            yield product
            programs = product.programs()
            assert len(programs) > 4
            assert product.end(signal.SIGINT) == 0
            assert_all_gone(programs)
            assert not (product.data_dir / "runtime.json").exists()


def get(url: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.get(url)


def test_a_run_serves_the_product_and_the_sandbox(product: Product) -> None:
    assert get(f"{product.base_url}/readyz").status_code == 200
    assert get(f"{product.base_url}/pricing").status_code == 200
    assert get(f"{product.sandbox_url}/healthz").status_code == 200


@pytest.mark.parametrize("name", HOSTS)
def test_it_answers_for_no_other_host_and_leads_to_none(product: Product, name: str) -> None:
    """W19: the whole product, on the server and with the options that it runs with."""
    sent, status = HOSTS[name]
    with Line(product.base_url.removeprefix("http://")) as line:
        line.send(sent)
        assert line.answer() == status
        assert EVIL not in line.answered


def test_the_greeting_says_where_it_is_and_who_can_sign_in(product: Product) -> None:
    for words in (product.base_url, "funded", "operator", "are simulated", str(product.data_dir)):
        assert words in product.greeting


def test_what_a_run_tells_other_commands_is_readable_by_its_owner_alone(product: Product) -> None:
    runtime = product.data_dir / "runtime.json"
    assert runtime.stat().st_mode & 0o777 == 0o600
    assert json.loads(runtime.read_text())["BASE_URL"] == product.base_url


def test_check_finds_no_difference_in_a_running_product(product: Product) -> None:
    """SCHM-08, DEMO-01: schema, ledger and prices are as they should be, demo data included."""
    done = billing("check", "--json", data_dir=product.data_dir)
    seen = json.loads(done.stdout)
    assert (done.returncode, done.stderr, seen["findings"], seen["notes"]) == (0, "", [], [])
    assert seen["looked_at"] == ["settings", "database", "schema", "ledger", "inbox", "catalogue"]
    assert seen["facts"] == {"public columns": "15/15"}


def test_pushing_the_catalogue_again_finds_the_prices_of_the_run(product: Product) -> None:
    done = billing("catalog", "push", "--json", data_dir=product.data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(pack["stripe_price_id"] for pack in json.loads(done.stdout)["packs"])


def test_a_grant_reaches_the_person_it_names(product: Product) -> None:
    named = ("billing-zero@seed.test", "2", "--reason", "goodwill")
    seen = json.loads(billing("grant", *named, "--json", data_dir=product.data_dir).stdout)
    assert seen["user_id"] == "user_seed_billing_zero"
    assert seen["balance_after_credits"] == seen["balance_before_credits"] + 2


def test_a_second_run_in_the_same_folder_is_refused(product: Product) -> None:
    ports = ("--port", str(free_port("127.0.0.1")), "--sandbox-port", str(free_port("127.0.0.1")))
    refused = billing("run", *ports, data_dir=product.data_dir)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "already running" in refused.stderr
    assert product.base_url in refused.stderr


def test_a_busy_port_is_named_in_one_line(product: Product, tmp_path: Path) -> None:
    port = product.base_url.rpartition(":")[2]
    refused = billing("run", "--port", port, data_dir=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"port {port}" in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.parametrize("victim", ["app.cli run", "app.cli serve", "app.sandbox", "postgres -D"])
async def test_killing_any_part_ends_all_of_them_and_nothing_is_lost(data_dir: Path, victim: str) -> None:
    with running(data_dir) as product:
        programs = product.programs()
        os.kill(product.program_of(victim), signal.SIGKILL)
        product.program.wait(timeout=60)
        assert_all_gone(programs)
    with LocalPostgres(data_dir) as postgres:
        assert postgres.is_ours
        assert await people_in(postgres.url(APPLICATION)) == 13


async def test_with_a_database_that_was_given_nobody_is_made_and_killing_make_ends_all(
    server: object, data_dir: Path, tmp_path: Path
) -> None:
    database = empty_database()
    settings = {"DATABASE_URL": database.app_url, "MIGRATION_DATABASE_URL": database.owner_url}
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@exec {sys.executable} -m app.cli run $(RUN_OPTIONS)\n")
    with running(tmp_path / "data", "make", "-f", str(makefile), "run", **settings) as product:
        programs = product.programs()
        assert await people_in(database.app_url) == 0
        product.end(signal.SIGKILL)
        assert_all_gone(programs)


def test_the_walk_on_free_ports_sees_the_whole_way(tmp_path: Path) -> None:
    done = billing("run", "--check", data_dir=tmp_path / "untouched")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("signed in", "workshop", "gate", "buy", "paid", "unlocked", "history"):
        assert word in done.stdout
    assert not (tmp_path / "untouched").exists()


async def people_in(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM users")
        return count
    finally:
        await connection.close()
