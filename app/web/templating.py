"""Decides how templates are read: escaped, strict, from one folder. Knows no page."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.web import filters

FOLDER = Path(__file__).resolve().parents[2] / "templates"


def new_environment(static: Callable[[str], str], folder: Path = FOLDER) -> Environment:
    """The environment of all pages; `static("app.css")` gives a file's address in templates and macros."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static
    filters.register(environment)
    return environment
