"""Decides the settings of a development installation that nobody has set. Knows nothing of what they do."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.local.data_folder import default_folder, make_folder
from app.cli.local.runtime_file import local_secrets, running_settings

if TYPE_CHECKING:
    from app.cli.local.postgres import LocalPostgres

DEFAULT_HOST, DEFAULT_PORT, DEFAULT_SANDBOX_PORT = "127.0.0.1", 8000, 8001
SANDBOX_KEY = "sk_test_sandbox_no_real_money_moves"
_DATABASE = ("DATABASE_URL", "MIGRATION_DATABASE_URL")
_STRIPE = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_CHECKOUT_ORIGINS")
_OTHERS = ("ENVIRONMENT", "DATA_DIR", "BASE_URL", "SESSION_SECRET", "SIGN_IN", "PAYWALL_CUTOFF")
_THIS_MACHINE = ("127.0.0.1", "localhost")

Settings = dict[str, str]


@dataclass(frozen=True)
class Addresses:
    """Where the parts of one local installation answer."""

    base_url: str
    sandbox_url: str


@dataclass(frozen=True)
class Database:
    """What the settings say of the database, and the server that runs for it, if we have one."""

    settings: Settings
    postgres: "LocalPostgres | None"


DEFAULT_ADDRESSES = Addresses(
    base_url=f"http://{DEFAULT_HOST}:{DEFAULT_PORT}",
    sandbox_url=f"http://{DEFAULT_HOST}:{DEFAULT_SANDBOX_PORT}",
)


def data_dir_of(given: Mapping[str, str]) -> Path:
    """DATA_DIR, else the default folder."""
    return Path(given["DATA_DIR"]).absolute() if given.get("DATA_DIR") else default_folder()


def uses_sandbox(given: Mapping[str, str]) -> bool:
    """Payments are simulated until a key for Stripe is set."""
    return not given.get("STRIPE_SECRET_KEY")


def completed(given: Mapping[str, str], addresses: Addresses, *, data_dir: Path) -> Settings:
    """What was set, with a development value for all that was not, save the database's address."""
    secrets = local_secrets(data_dir)
    defaults = {
        "ENVIRONMENT": "development",
        "DATA_DIR": str(data_dir),
        "BASE_URL": addresses.base_url,
        "SESSION_SECRET": secrets["SESSION_SECRET"],
        "SIGN_IN": "demo,email",
        "PAYWALL_CUTOFF": "2025-01-01T00:00:00Z",  # one demo person's workshop was there before the paywall
    }
    if uses_sandbox(given):
        defaults |= {
            "STRIPE_SECRET_KEY": SANDBOX_KEY,
            "STRIPE_WEBHOOK_SECRET": secrets["STRIPE_WEBHOOK_SECRET"],
            "STRIPE_API_BASE": addresses.sandbox_url,
            "STRIPE_CHECKOUT_ORIGINS": addresses.sandbox_url,
        }
    return {**_filled(given, defaults), **_without_proxy(given)}


def worth_telling(settings: Mapping[str, str]) -> Settings:
    """The settings that other commands need to work on the same installation."""
    return {name: settings[name] for name in (*_DATABASE, *_STRIPE, *_OTHERS) if settings.get(name)}


@contextlib.contextmanager
def local_environment() -> Iterator[None]:
    """For a command: fill this program's environment from a running `billing run`, else from the data folder.

    PostgreSQL runs for as long as the block does if no DATABASE_URL is set and nobody has started it.
    In production nothing is filled in.
    """
    if os.environ.get("ENVIRONMENT") == "production":
        yield
        return
    data_dir = data_dir_of(os.environ)
    make_folder(data_dir)
    given = _filled(os.environ, _of_the_same_installation(os.environ, running_settings(data_dir)))
    with database_for(given, data_dir) as database:
        os.environ.update(completed(given, DEFAULT_ADDRESSES, data_dir=data_dir) | database.settings)
        yield


@contextlib.contextmanager
def database_for(given: Mapping[str, str], data_dir: Path) -> Iterator[Database]:
    """The local PostgreSQL, started if need be; nothing to add when an address was given."""
    if given.get("DATABASE_URL"):
        yield Database({}, None)
        return
    from app.cli.local.postgres import APPLICATION, OWNER, LocalPostgres

    with LocalPostgres(data_dir) as postgres:
        addresses = (postgres.url(APPLICATION), postgres.url(OWNER))
        yield Database(dict(zip(_DATABASE, addresses, strict=True)), postgres)


def _of_the_same_installation(given: Mapping[str, str], running: Settings) -> Settings:
    """Half of one database's or account's settings never goes with half of another's."""
    foreign = (*(_DATABASE if given.get("DATABASE_URL") else ()), *(() if uses_sandbox(given) else _STRIPE))
    return {name: text for name, text in running.items() if name not in foreign}


def _filled(given: Mapping[str, str], defaults: Mapping[str, str]) -> Settings:
    return {**given, **{name: text for name, text in defaults.items() if not given.get(name)}}


def _without_proxy(given: Mapping[str, str]) -> Settings:
    """Calls to this machine never go through a proxy, whatever the proxy settings are."""
    present = given.get("NO_PROXY") or given.get("no_proxy") or ""
    names = [name for name in present.split(",") if name]
    text = ",".join([*names, *(name for name in _THIS_MACHINE if name not in names)])
    return {"NO_PROXY": text, "no_proxy": text}
