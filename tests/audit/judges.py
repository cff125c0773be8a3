"""Fetches the judges, at one version each, into `.cache/audit`. They are no part of the product and of no lock file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.audit.figures import Unheard

FOLDER = Path(__file__).parents[2] / ".cache" / "audit"


def from_npm(package: str) -> Path:
    """The folder with the modules of this package, `name@version`. Nothing that comes with it is run.

    Raises: Unheard: it cannot be had.
    """
    place = FOLDER / package.replace("/", "-")
    if not (place / "fetched").exists():
        npm = needed("npm", "nodejs", "npm")
        quiet = [
            "--no-save",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ]
        said_by(npm, "install", *quiet, "--save-exact", "--prefix", str(place), package)
        (place / "fetched").touch()
    return place / "node_modules"


def from_pip(package: str) -> Path:
    """The folder with this Python package, `name==version`, to be put on the path. Raises: Unheard."""
    place = FOLDER / package
    if not (place / "fetched").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        said_by(*pip, "--target", str(place), package)
        (place / "fetched").touch()
    return place


def needed(program: str, *debian_packages: str) -> str:
    """Where a program of the system is; root on Debian gets it. Raises: Unheard."""
    apt = shutil.which("apt-get")
    if shutil.which(program) is None and apt and os.geteuid() == 0:
        said_by(apt, "update", "-qq")
        said_by(apt, "install", "-y", "-qq", "--no-install-recommends", *debian_packages)
    found = shutil.which(program)
    if found is None:
        raise Unheard(f"{program} is not installed: {', '.join(debian_packages)} brings it")
    return found


def said_by(
    *command: str, accepts: tuple[int, ...] = (0,), at_most_seconds: float = 600, **environment: str
) -> str:
    """What a program printed. Raises: Unheard: it ended with another code, or not in time."""
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=at_most_seconds,
        )
    except subprocess.TimeoutExpired:
        raise Unheard(f"{' '.join(command)[:200]} took more than {at_most_seconds:.0f} s") from None
    if done.returncode not in accepts:
        complaint = (done.stderr or done.stdout).strip().splitlines()
        raise Unheard(f"{Path(command[0]).name} failed: {' '.join(complaint[-3:])}")
    return done.stdout
