"""Plants one seeded bug in the product while it is imported, for one run of pytest. Files stay as they are.

Loaded by `-p tests.reliability.planting`; the environment names the bug.
"""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType

from tests.reliability.bugs import BUGS, Edit

PLANTED = "PLANTED_BUG"


def planted(source: str, edits: tuple[Edit, ...]) -> str:
    """The source with its mistake. Raises: ValueError: it no longer stands there as it was written down."""
    for module, old, new in edits:
        if source.count(old) != 1:
            raise ValueError(f"app.{module} has {source.count(old)} times: {old!r}")
        source = source.replace(old, new)
    return source


class _Planting(SourceFileLoader):
    """Compiles the changed source; the bytecode that is kept is neither read nor written."""

    edits: tuple[Edit, ...] = ()

    def get_code(self, fullname: str) -> CodeType:
        source = planted(self.get_data(self.path).decode(), self.edits)
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Finds the modules that are to have a mistake."""

    def __init__(self, edits: tuple[Edit, ...]) -> None:
        self._edits = edits

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        edits = tuple(edit for edit in self._edits if f"app.{edit[0]}" == fullname)
        found = PathFinder.find_spec(fullname, path) if edits else None  # type: ignore[arg-type]  # as it was given
        if found is not None and found.origin is not None:
            loader = _Planting(fullname, found.origin)
            loader.edits = edits
            found.loader = loader
        return found


if PLANTED in os.environ:
    [_bug] = [bug for bug in BUGS if bug.name == os.environ[PLANTED]]
    assert not any(f"app.{module}" in sys.modules for module, _, _ in _bug.edits), (
        "imported before it was planted"
    )
    sys.meta_path.insert(0, _Finder(_bug.edits))
