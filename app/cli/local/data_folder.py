"""Decides where this checkout keeps its local data. Knows nothing of what lies in it."""

import hashlib
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
_STATE_OF_ROOT = Path("/var/lib/workshop-credits")


def default_folder() -> Path:
    """`.data` in the checkout; for root a folder of its own, as PostgreSQL runs as `nobody` and root's home is closed."""
    if os.geteuid() != 0:
        return CHECKOUT / ".data"
    return _STATE_OF_ROOT / hashlib.sha256(bytes(CHECKOUT)).hexdigest()[:12]


def make_folder(folder: Path) -> None:
    """Create the folder and its missing parents; what exists keeps its rights."""
    mode = 0o755 if os.geteuid() == 0 else 0o700
    former = os.umask(0)  # a folder that is closed for a moment would be refused by a second starter
    try:
        for parent in reversed([parent for parent in (folder, *folder.parents) if not parent.exists()]):
            parent.mkdir(mode, exist_ok=True)
    finally:
        os.umask(former)
