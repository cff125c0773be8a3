"""Bandit on the product's own code."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.audit.figures import Figure
from tests.audit.judges import from_pip, said_by
from tests.audit.site import Site

PACKAGE = "bandit==1.9.4"
ROOT = Path(__file__).parents[2]


def figures(_: Site) -> Iterator[Figure]:
    """What it finds of middle or high severity, and is sure of: any f-string with SQL in it is a guess. Raises: Unheard."""
    place = from_pip(PACKAGE)
    command = [
        sys.executable,
        "-m",
        "bandit",
        "--quiet",
        "--recursive",
        "--format=json",
        "-ll",
        "-ii",
        str(ROOT / "app"),
    ]
    found = json.loads(said_by(*command, accepts=(0, 1), PYTHONPATH=str(place)))["results"]
    said = [
        f"{each['filename']}:{each['line_number']} {each['test_id']} {each['issue_text']}" for each in found
    ]
    yield Figure("findings in the code", len(said), 0, said=tuple(said))
