"""The suite is only worth something if it fails on mistakes: each of these is planted, and caught within a minute.

A few in every run, all by `make proof`, which prints the table.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.proof import IS_PROOF
from tests.reliability.bugs import BUGS, Bug
from tests.reliability.planting import PLANTED, planted

ROOT = Path(__file__).parent.parent.parent
LONGEST_SECONDS = 60.0
FAILED, PASSED = 1, 0
QUICK = [bug for bug in BUGS if "test_safe_path" in bug.tests[0]]


def test_every_seeded_bug_fits_the_product_as_it_is() -> None:
    """Else nothing would be planted, and nothing caught."""
    for bug in BUGS:
        for module, old, new in bug.edits:
            source = (ROOT / "app" / module.replace(".", "/")).with_suffix(".py").read_text()
            assert planted(source, ((module, old, new),)) != source, bug.name


def test_there_are_enough_of_them() -> None:
    assert len(BUGS) >= 16
    assert len({bug.name for bug in BUGS}) == len(BUGS)


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", BUGS if IS_PROOF else QUICK, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_seeded_bug_is_caught_within_a_minute(bug: Bug) -> None:
    """By the tests named, which fail on it; not by anything that merely breaks."""
    began = time.monotonic()
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "tests.reliability.planting",
            "-p",
            "no:randomly",
            "--timeout=40",  # whoever hangs has failed
            *bug.tests,
        ],
        cwd=ROOT,
        env=_environment() | {PLANTED: bug.name, "PROOF": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    took_seconds = time.monotonic() - began
    last = ended.stdout.strip().splitlines()[-1:]
    print(f"caught in {took_seconds:4.1f} s: {bug.name}")
    assert ended.returncode == (FAILED if bug.edits else PASSED), (
        last,
        ended.stdout[-3000:],
        ended.stderr[-1000:],
    )
    assert "1 failed" in ended.stdout or not bug.edits, last
    assert took_seconds < LONGEST_SECONDS


def _environment() -> dict[str, str]:
    """Ours, without what this run of pytest says of itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
