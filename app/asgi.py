"""The application as servers start it, from the environment alone."""

from typing import TextIO, cast

import structlog
from litestar import Litestar

from app import application
from app.accounts.sign_in.mail import mailer_for
from app.logs.unhurried import Unhurried
from app.settings import load_settings

STDOUT = 1


def create_app() -> Litestar:
    """What `granian --factory app.asgi:create_app` calls. Raises: BadSettings."""
    settings = load_settings()
    log = Unhurried(STDOUT)
    console = cast(TextIO, log)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(console))
    app = application.create_app(
        settings,
        mailer=mailer_for(smtp_url=settings.smtp_url, mail_from=settings.mail_from, console=console),
        reconcile_every_seconds=settings.reconcile_every_seconds,
    )
    app.on_shutdown.append(log.last_words)
    return app
