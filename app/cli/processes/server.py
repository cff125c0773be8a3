"""Serves the product with granian until told to stop. Knows nothing of settings or pages."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from app.cli.processes.parent_death import end_with_parent

if TYPE_CHECKING:
    from litestar import Litestar


LARGEST_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 15

# Whoever takes the product's lines may stop taking them: the server itself, which ends everything, waits for nobody.
TO_STDERR = {
    "handlers": {
        name: {"formatter": formatter, "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
        for name, formatter in (("console", "generic"), ("access", "access"))
    }
}


def serve_forever(host: str, port: int, *, workers: int) -> None:
    """Serve with this many equal workers; SIGTERM or SIGINT lets running requests finish for five seconds."""
    Granian(
        "app.cli.processes.server:worker_application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        http=HTTPModes.http1,  # what proxies speak to us; each protocol more is a way in more
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=LARGEST_HEAD_BYTES
        ),
        websockets=False,
        workers=workers,
        workers_kill_timeout=5,  # one open event stream would hold up the end
        respawn_failed_workers=True,  # one that was killed is no reason for the others to end
        log_level=LogLevels.warning,
        log_dictconfig=TO_STDERR,
    ).serve()


def worker_application() -> "Litestar":
    """The application of one worker, which ends when the server that started it is gone."""
    end_with_parent(signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():  # it died before we could ask
        os._exit(1)
    with left_out("requests", "rich"):  # ten megabytes of a worker
        from app.asgi import create_app
    return create_app()


@contextmanager
def left_out(*libraries: str) -> Iterator[None]:
    """Inside the block these cannot be imported: others of our libraries would, to offer what we do not use of them."""
    spared = [name for name in libraries if name not in sys.modules]
    sys.modules.update(dict.fromkeys(spared))  # type: ignore[arg-type]  # None is how Python itself says "not this one"
    try:
        yield
    finally:
        for name in spared:
            del sys.modules[name]
