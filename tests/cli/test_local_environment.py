"""The settings that a development installation gets when nobody sets them."""

import os
from pathlib import Path

import pytest

from app.cli.local.environment import (
    Addresses,
    completed,
    local_environment,
    worth_telling,
)
from app.cli.local.runtime_file import only_run, published

HERE = Addresses(base_url="http://127.0.0.1:8123", sandbox_url="http://127.0.0.1:8124")


def test_with_nothing_set_payments_are_simulated_and_everything_is_filled_in(tmp_path: Path) -> None:
    settings = completed({}, HERE, data_dir=tmp_path)
    assert settings["ENVIRONMENT"] == "development"
    assert settings["STRIPE_API_BASE"] == settings["STRIPE_CHECKOUT_ORIGINS"] == HERE.sandbox_url
    assert len(settings["SESSION_SECRET"]) >= 32


def test_what_was_set_stands_and_an_empty_setting_counts_as_not_set(tmp_path: Path) -> None:
    settings = completed({"BASE_URL": "https://credits.example", "SIGN_IN": ""}, HERE, data_dir=tmp_path)
    assert settings["BASE_URL"] == "https://credits.example"
    assert settings["SIGN_IN"] == "demo,email"


def test_a_key_for_stripe_keeps_every_setting_of_the_sandbox_away(tmp_path: Path) -> None:
    settings = completed({"STRIPE_SECRET_KEY": "sk_test_mine"}, HERE, data_dir=tmp_path)
    assert not {"STRIPE_API_BASE", "STRIPE_WEBHOOK_SECRET", "STRIPE_CHECKOUT_ORIGINS"} & settings.keys()


def test_generated_secrets_are_private_and_stay_the_same(tmp_path: Path) -> None:
    first, second = (completed({}, HERE, data_dir=tmp_path)["SESSION_SECRET"] for _ in range(2))
    assert first == second
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_calls_to_this_machine_never_go_through_a_proxy(tmp_path: Path) -> None:
    settings = completed({"no_proxy": "internal.example"}, HERE, data_dir=tmp_path)
    assert settings["NO_PROXY"] == settings["no_proxy"] == "internal.example,127.0.0.1,localhost"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without settings of ours, restored afterwards."""
    for name in worth_telling(dict.fromkeys(_SETTINGS, "x")):
        monkeypatch.setenv(name, "")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


_SETTINGS = (
    *("DATABASE_URL", "MIGRATION_DATABASE_URL", "ENVIRONMENT", "BASE_URL", "SESSION_SECRET", "SIGN_IN"),
    *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_CHECKOUT_ORIGINS"),
    "PAYWALL_CUTOFF",
)
_RUNNING = {
    "DATABASE_URL": "postgresql://billing_app@/billing?host=/there",
    "MIGRATION_DATABASE_URL": "postgresql://billing_owner@/billing?host=/there",
    "BASE_URL": "http://127.0.0.1:8123",
    "STRIPE_API_BASE": "http://127.0.0.1:8124",
}


def test_a_command_works_on_the_installation_of_a_running_product(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_run(clean), published(clean, _RUNNING), local_environment():
        assert {name: os.environ[name] for name in _RUNNING} == _RUNNING


def test_half_of_another_database_is_never_mixed_in(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine@/mine")
    with only_run(clean), published(clean, _RUNNING), local_environment():
        assert os.environ["DATABASE_URL"] == "postgresql://mine@/mine"
        assert not os.environ["MIGRATION_DATABASE_URL"]
        assert os.environ["BASE_URL"] == _RUNNING["BASE_URL"]


def test_what_a_killed_run_left_says_nothing_any_more(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine@/mine")
    (clean / "runtime.json").write_text('{"BASE_URL": "http://127.0.0.1:8123"}')
    (clean / "run.lock").touch()
    with local_environment():
        assert os.environ["BASE_URL"] == "http://127.0.0.1:8000"


def test_in_production_nothing_is_filled_in(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with only_run(clean), published(clean, _RUNNING), local_environment():
        assert not os.environ["DATABASE_URL"]
        assert not os.environ["SESSION_SECRET"]
