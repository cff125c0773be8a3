"""The application as servers start it, from the environment alone."""

from typing import TextIO, cast

import structlog
from litestar import Litestar

from app import application
from app.logs.unhurried import Unhurried
from app.settings import load_settings

STDOUT = 1


def create_app() -> Litestar:
    """What `granian --factory app.asgi:create_app` calls. Raises: BadSettings."""
    settings = load_settings()
    log = Unhurried(STDOUT)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(cast(TextIO, log)))
    app = application.create_app(settings, reconcile_every_seconds=settings.reconcile_every_seconds)
    app.on_shutdown.append(log.last_words)
    return app
