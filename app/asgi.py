"""The application as servers start it, from the environment alone."""

from litestar import Litestar

from app import application
from app.settings import load_settings


def create_app() -> Litestar:
    """What `granian --factory app.asgi:create_app` calls. Raises: BadSettings."""
    settings = load_settings()
    return application.create_app(settings, reconcile_every_seconds=settings.reconcile_every_seconds)
