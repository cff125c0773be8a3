"""`billing forget`: removes the default data folder, unless someone is using it."""

import shutil

from app.cli.local.data_folder import default_folder
from app.cli.local.runtime_file import is_running
from app.errors import BillingError


class InUse(BillingError):
    """A run is using the data that was to be removed."""

    def __init__(self) -> None:
        super().__init__(f"billing run is using {default_folder()}: stop it first")


def forget_default_folder() -> None:
    """Remove the folder and the socket folder it may have elsewhere. Raises: InUse."""
    folder = default_folder()
    if is_running(folder):
        raise InUse
    shutil.rmtree((folder / "socket").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
