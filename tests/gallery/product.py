"""The product that pictures are taken of: one that runs already, or one of our own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.product import running
from tests.gallery.scenes import OPERATOR


@contextmanager
def product(base_url: str | None) -> Iterator[str]:
    """The address of the product that runs there, or of one with fresh demo people."""
    if base_url:
        yield base_url
        return
    with tempfile.TemporaryDirectory(prefix="billing-gallery-") as folder:
        Path(folder).chmod(0o755)  # as root the database server runs as nobody, who has to get in
        with running(Path(folder) / "data", OPERATORS=OPERATOR) as own:
            yield own.base_url
