"""Tells Piccolo where the engine and the app are. Holds no settings of ours."""

from piccolo.conf.apps import AppRegistry

from app.database import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])
