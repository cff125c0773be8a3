"""The product that pictures are taken of: one that runs already, or one of our own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.accounts.sign_in.demo import demo_person
from tests.cli.product import Product, billing, running
from tests.gallery.scenes import ERASED, OPERATOR


@contextmanager
def product(base_url: str | None) -> Iterator[str]:
    """The address of the product that runs there, or of one with fresh demo people."""
    if base_url:
        yield base_url
        return
    with tempfile.TemporaryDirectory(prefix="billing-gallery-") as folder:
        Path(folder).chmod(0o755)  # as root the database server runs as nobody, who has to get in
        with running(Path(folder) / "data", OPERATORS=OPERATOR) as own:
            yield with_somebody_erased(own).base_url


def with_somebody_erased(own: Product) -> Product:
    """The same product, in which one demo person has been forgotten."""
    told = billing("erase", demo_person(ERASED).user_id, "--yes", data_dir=own.data_dir)
    assert told.returncode == 0, told.stderr
    return own
