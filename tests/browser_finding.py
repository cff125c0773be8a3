"""Finds a browser for the browser tests. Knows nothing of pages."""

import os
import shutil
from pathlib import Path

_ON_PATH = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
LAUNCH_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def found_browser(playwrights_own: str) -> str | None:
    """The program to start: TEST_BROWSER, else Playwright's own, else one that is installed."""
    candidates = [
        os.environ.get("TEST_BROWSER"),
        playwrights_own,
        *(shutil.which(name) for name in _ON_PATH),
        *_ON_MACOS,
    ]
    return next((place for place in candidates if place and Path(place).exists()), None)


def launch_arguments() -> list[str]:
    """The sandbox of Chromium needs an account that is not root's."""
    return [*LAUNCH_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
