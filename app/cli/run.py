"""Runs the whole product on one machine: PostgreSQL, the sandbox, the web server, in this order and back.

Decides the order and what each part is told; how to start, watch and stop a program is in `processes`.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.cli.local.data_folder import default_folder, make_folder
from app.cli.local.environment import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    Addresses,
    Database,
    Settings,
    completed,
    database_for,
    uses_sandbox,
    worth_telling,
)
from app.cli.local.runtime_file import only_run, published
from app.cli.processes import children
from app.cli.processes.stopping import stop_when_asked

if TYPE_CHECKING:
    from app.cli.preparation import Prepared

_LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class RunOptions:
    """Where a run answers and keeps its data; `base_url` is what browsers are told."""

    host: str
    port: int
    sandbox_port: int
    data_dir: Path
    base_url: str

    @property
    def addresses(self) -> Addresses:
        return Addresses(base_url=self.base_url, sandbox_url=f"http://127.0.0.1:{self.sandbox_port}")

    @property
    def server_url(self) -> str:
        """Where this machine reaches the web server, whatever browsers are told."""
        return f"http://{_reachable(self.host)}:{self.port}"


def options_from(
    *, host: str | None, port: int | None, sandbox_port: int, data_dir: Path | None, base_url: str | None
) -> RunOptions:
    """The options of a command line; BASE_URL stands unless an address was named there."""
    real_host, real_port = host or DEFAULT_HOST, port or DEFAULT_PORT
    spelled = f"http://{_reachable(real_host)}:{real_port}"
    return RunOptions(
        host=real_host,
        port=real_port,
        sandbox_port=sandbox_port,
        data_dir=(data_dir or default_folder()).absolute(),
        base_url=spelled if host or port or not base_url else base_url,
    )


def run(options: RunOptions) -> None:
    """Start everything, say where it is, and stop it all when asked or when a part ends.

    Raises: PortTaken, AlreadyRunning, PostgresFailed, ChildEnded, ChildSilent, MigrationFailed.
    """
    with stop_when_asked(), _everything(options) as (prepared, parts):
        from app.cli.welcome import greet

        greet(options.addresses, prepared)
        while True:
            for part in parts:
                part.must_run()
            time.sleep(_LOOK_EVERY_SECONDS)


def run_once(options: RunOptions) -> bool:
    """Start everything on free ports with data of its own, walk the product once, stop.

    False if someone asked for an end before the walk was over.
    """
    from app.cli.journey import walk

    _forget_settings()
    has_walked = False
    with stop_when_asked(), tempfile.TemporaryDirectory(prefix="billing-check-") as folder:
        Path(folder).chmod(0o755)  # as root PostgreSQL runs as nobody, who has to get in
        port, sandbox_port = children.free_port(options.host), children.free_port("127.0.0.1")
        base_url = f"http://{_reachable(options.host)}:{port}"
        here = replace(
            options, port=port, sandbox_port=sandbox_port, base_url=base_url, data_dir=Path(folder) / "data"
        )
        log = Path(folder) / "log"
        with _said_on_failure(log), log.open("wb") as file, _everything(here, file):
            walk(base_url)
            has_walked = True
    return has_walked


def _forget_settings() -> None:
    """The walk is always the same, and touches nothing of anyone's: no database, no Stripe, no switch."""
    from app.settings import Settings as EverySetting

    for name in EverySetting.model_fields:
        os.environ.pop(name.upper(), None)


@contextlib.contextmanager
def _said_on_failure(log: Path) -> Iterator[None]:
    """What the programs logged, once it is needed."""
    try:
        yield
    except Exception:
        sys.stderr.write(log.read_text(errors="replace"))
        raise


@contextlib.contextmanager
def _everything(
    options: RunOptions, log: IO[bytes] | None = None
) -> Iterator[tuple["Prepared", list[children.Child]]]:
    children.require_free(options.host, options.port, option="--port")
    make_folder(options.data_dir)
    given = dict(os.environ)
    with only_run(options.data_dir), database_for(given, options.data_dir) as database:
        settings = completed(given, options.addresses, data_dir=options.data_dir) | database.settings
        settings["BASE_URL"] = options.base_url
        with _sandbox(options, given, settings, log) as sandbox:
            from app.cli.preparation import prepare  # it takes a second, in which the sandbox starts

            for part in sandbox:
                part.must_answer(f"{options.addresses.sandbox_url}/healthz")
            prepared = prepare(settings, may_seed=database.postgres is not None)
            with (
                _server(options, settings, log) as server,
                published(options.data_dir, worth_telling(settings)),
            ):
                yield prepared, [*_postgres(database), *sandbox, server]


def _postgres(database: Database) -> list[children.Child]:
    """The local server as a part to watch; nothing when an address was given."""
    postgres = database.postgres
    return [] if postgres is None else [children.Child("PostgreSQL", lambda: postgres.exit_code)]


@contextlib.contextmanager
def _sandbox(
    options: RunOptions, given: Settings, settings: Settings, log: IO[bytes] | None
) -> Iterator[list[children.Child]]:
    """The offline stand-in for Stripe; nothing when a key for Stripe was given."""
    if not uses_sandbox(given):
        yield []
        return
    children.require_free("127.0.0.1", options.sandbox_port, option="--sandbox-port")
    url = options.addresses.sandbox_url
    arguments = [
        *("--port", str(options.sandbox_port), "--public-url", url),
        *("--forward-to", f"{options.server_url}/webhooks/stripe"),
        *("--webhook-secret", settings["STRIPE_WEBHOOK_SECRET"].partition(",")[0]),
        *("--database", str(options.data_dir / "sandbox.sqlite")),
    ]
    with children.child("the payment sandbox", "app.sandbox", arguments, settings, log) as sandbox:
        yield [sandbox]


@contextlib.contextmanager
def _server(options: RunOptions, settings: Settings, log: IO[bytes] | None) -> Iterator[children.Child]:
    arguments = ["serve", "--host", options.host, "--port", str(options.port), "--workers", "1"]
    with children.child("the web server", "app.cli", arguments, settings, log) as server:
        server.must_answer(f"{options.server_url}/healthz")
        yield server


def _reachable(host: str) -> str:
    """An address to call, where the one to listen on may mean all of them."""
    spelled = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # nosec B104  (compared, not bound)
    return f"[{spelled}]" if ":" in spelled else spelled
