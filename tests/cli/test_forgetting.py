"""Removing the local data."""

from pathlib import Path

import pytest

from app.cli.forgetting import InUse, forget_default_folder
from app.cli.local.data_folder import make_folder
from app.cli.local.runtime_file import only_run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    make_folder(folder)
    monkeypatch.setattr("app.cli.forgetting.default_folder", lambda: folder)
    return folder


def test_everything_goes_and_a_socket_folder_elsewhere_goes_with_it(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "sockets"
    elsewhere.mkdir()
    (folder / "socket").symlink_to(elsewhere)
    forget_default_folder()
    assert not folder.exists()
    assert not elsewhere.exists()


def test_data_that_a_run_is_using_stays(folder: Path) -> None:
    with only_run(folder), pytest.raises(InUse):
        forget_default_folder()
    assert folder.exists()


def test_forgetting_what_is_not_there_changes_nothing(folder: Path) -> None:
    forget_default_folder()
    forget_default_folder()
    assert not folder.exists()
