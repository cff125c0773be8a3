"""`billing run`: it starts everything, answers, and leaves nothing behind however it ends."""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.product import Product, assert_all_gone, billing, running


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One folder for the module: each start goes on from what the one before left."""
    with tempfile.TemporaryDirectory(prefix="billing-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A run that is only looked at."""
    with tempfile.TemporaryDirectory(prefix="billing-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder) / "data") as product:
            yield product


def get(url: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.get(url)


def test_a_run_serves_the_product_and_the_sandbox(product: Product) -> None:
    assert get(f"{product.base_url}/readyz").status_code == 200
    assert get(f"{product.base_url}/pricing").status_code == 200
    assert get(f"{product.sandbox_url}/healthz").status_code == 200


def test_the_greeting_says_where_it_is_and_who_can_sign_in(product: Product) -> None:
    for words in (product.base_url, "funded", "operator", "payments are simulated", str(product.data_dir)):
        assert words.lower() in product.greeting.lower()


def test_what_a_run_tells_other_commands_is_readable_by_its_owner_alone(product: Product) -> None:
    runtime = product.data_dir / "runtime.json"
    assert runtime.stat().st_mode & 0o777 == 0o600
    assert json.loads(runtime.read_text())["BASE_URL"] == product.base_url


@pytest.mark.parametrize(
    "command",
    [("migrate", "--check"), ("check",), ("check", "--config"), ("catalog", "show"), ("catalog", "push")],
)
def test_a_command_works_beside_a_run(product: Product, command: tuple[str, ...]) -> None:
    done = billing(*command, "--json", data_dir=product.data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)


def test_check_finds_no_difference_in_a_running_product(product: Product) -> None:
    """SCHM-08, DEMO-01: schema, ledger and prices are as they should be, demo data included."""
    seen = json.loads(billing("check", "--json", data_dir=product.data_dir).stdout)
    assert seen["findings"] == seen["notes"] == []
    assert seen["looked_at"] == ["settings", "database", "schema", "ledger", "catalogue"]


def test_a_grant_reaches_the_person_it_names(product: Product) -> None:
    granted = billing(
        "grant", "billing-zero@seed.test", "2", "--reason", "goodwill", "--json", data_dir=product.data_dir
    )
    seen = json.loads(granted.stdout)
    assert seen["balance_after_credits"] == seen["balance_before_credits"] + 2


def test_a_second_run_in_the_same_folder_is_refused(product: Product) -> None:
    refused = billing("run", "--port", "0", data_dir=product.data_dir)
    assert refused.returncode == 2
    refused = billing("run", "--port", free(), "--sandbox-port", free(), data_dir=product.data_dir)
    assert refused.returncode == 1
    assert "already running" in refused.stderr
    assert product.base_url in refused.stderr


def test_a_busy_port_is_named_in_one_line(product: Product, tmp_path: Path) -> None:
    port = product.base_url.rpartition(":")[2]
    refused = billing("run", "--port", port, data_dir=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"port {port}" in refused.stderr
    assert "--port" in refused.stderr


def free() -> str:
    from app.cli.children import free_port

    return str(free_port("127.0.0.1"))


@pytest.mark.parametrize("asking", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_a_run_leaves_nothing_behind(data_dir: Path, asking: signal.Signals) -> None:
    with running(data_dir) as product:
        programs = product.programs()
        assert len(programs) > 4
        assert product.end(asking) == 0
        assert_all_gone(programs)
        assert not (data_dir / "runtime.json").exists()


@pytest.mark.parametrize("victim", ["app.cli run", "app.cli serve", "app.sandbox", "postgres -D"])
def test_killing_any_part_ends_all_of_them_and_the_next_start_recovers(data_dir: Path, victim: str) -> None:
    with running(data_dir) as product:
        programs = product.programs()
        os.kill(product.program_of(victim), signal.SIGKILL)
        product.program.wait(timeout=30)
        assert_all_gone(programs)
    done = billing("migrate", "--check", data_dir=data_dir)
    assert (done.returncode, done.stdout) == (0, "the schema is current\n")


def test_killing_make_ends_all_of_them(data_dir: Path, tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@exec {sys.executable} -m app.cli run $(RUN_OPTIONS)\n")
    with running(data_dir, "make", "-f", str(makefile), "run") as product:
        programs = product.programs()
        product.end(signal.SIGKILL)
        assert_all_gone(programs)


def test_the_walk_on_free_ports_sees_the_whole_way(tmp_path: Path) -> None:
    done = billing("run", "--check", data_dir=tmp_path / "untouched")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("signed in", "workshop", "gate", "buy", "paid", "unlocked", "history"):
        assert word in done.stdout
    assert not (tmp_path / "untouched").exists()
