"""How files reach the browser, and that what others wrote is what we think it is."""

import base64
import gzip
import hashlib
import tomllib
from pathlib import Path

import httpx
import pytest

from app.web.static_files import FOLDER, StaticFiles

FILES = StaticFiles()
VENDOR = FOLDER / "vendor"
BUDGET_BYTES = {"app.css": 10_000, "vendor/htmx.min.js": 14_000, "app.js": 1_000, "icons.svg": 2_000}


@pytest.mark.parametrize("name", ["app.css", "app.js", "icons.svg", "favicon.svg", "vendor/htmx.min.js"])
async def test_a_file_may_be_kept_for_ever_and_sets_no_cookie(nobody: httpx.AsyncClient, name: str) -> None:
    answer = await nobody.get(FILES.address(name))
    assert answer.content == (FOLDER / name).read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in answer.headers
    assert "hx-request" not in answer.headers.get("vary", "").lower()


async def test_files_come_compressed_to_those_who_can_read_it(nobody: httpx.AsyncClient) -> None:
    packed = await nobody.get(FILES.address("app.css"))
    plain = await nobody.get(FILES.address("app.css"), headers={"accept-encoding": "identity"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers and plain.content == packed.content


async def test_an_address_of_another_release_is_served_but_not_kept(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/static/0000000000000000/app.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "path",
    [
        "../app/settings.py",
        "..%2fapp%2fsettings.py",
        "%2e%2e/pyproject.toml",
        "....//x",
        "/etc/passwd",
        "app.css/",
        "vendor",
        "",
        "app.css%00",
    ],
)
async def test_no_path_leads_out_of_the_folder(nobody: httpx.AsyncClient, path: str) -> None:
    """W55"""
    answer = await nobody.get(f"/static/{FILES.digest}/{path}")
    assert answer.status_code in {400, 404} or (path == "app.css/" and answer.status_code == 200)


def test_a_page_cannot_point_at_a_file_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        FILES.address("none.css")


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = StaticFiles(tmp_path).digest
    (tmp_path / "a.css").write_text("b{}")
    assert StaticFiles(tmp_path).digest != before


@pytest.mark.parametrize(
    "file", tomllib.loads((VENDOR / "vendor.toml").read_text())["file"], ids=lambda file: file["name"]
)
def test_vendored_files_are_what_we_took(file: dict[str, str]) -> None:
    """The hash is computed again, and the licence lies beside it."""
    digest = hashlib.sha384((VENDOR / file["path"]).read_bytes()).digest()
    assert base64.b64encode(digest).decode() == file["sha384"]
    assert (VENDOR / file["licence_file"]).is_file()


def test_the_page_asks_for_exactly_that_htmx() -> None:
    files = tomllib.loads((VENDOR / "vendor.toml").read_text())["file"]
    hashes = {file["name"]: file["sha384"] for file in files}
    base = (FOLDER.parent / "templates/layouts/base.html").read_text()
    assert f'integrity="sha384-{hashes["htmx"]}"' in base


@pytest.mark.parametrize(("name", "most_bytes"), BUDGET_BYTES.items())
def test_files_stay_small(name: str, most_bytes: int) -> None:
    """UI-03"""
    assert len(gzip.compress((FOLDER / name).read_bytes(), 9)) <= most_bytes
