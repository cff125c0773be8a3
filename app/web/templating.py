"""Decides how templates are read: escaped, strict, from one folder. Knows no page."""

from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from app.web import filters, words
from app.web.escaping import PageCode

FOLDER = Path(__file__).resolve().parents[2] / "templates"


class PageEnvironment(Environment):
    """Jinja2's, but no template has globals of its own: every import and include would compare two layers of them."""

    code_generator_class = PageCode

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's globals, for every template."""
        return super().make_globals(d) if d else self.globals


class CompiledOnce(BytecodeCache):
    """What this process has compiled: its second application compiles nothing that has not changed."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out the code of this template in these words."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key, bucket.checksum] = bucket.code


COMPILED = CompiledOnce()


def new_environment(static: Callable[[str], str], folder: Path = FOLDER) -> Environment:
    """The environment of all pages; `static("app.css")` gives a file's address in templates and macros."""
    environment = PageEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=COMPILED,
    )
    environment.globals["static"] = static
    filters.register(environment)
    words.register(environment)
    return environment
