"""Decides how the files of `static/` reach the browser: once per release, compressed once, without cookies."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from app.web.site import HttpRequest

FOLDER = Path(__file__).resolve().parents[2] / "static"
FOR_EVER = "public, max-age=31536000, immutable"
SMALLEST_COMPRESSED_BYTES = 400


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: `body`, and `packed` where gzip makes it smaller."""

    body: bytes
    packed: bytes | None
    media_type: str


class StaticFiles:
    """All files of a folder, read once at start, under one address that changes whenever a file does."""

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self.files = {path.relative_to(folder).as_posix(): _loaded(path) for path in paths}
        names_and_bodies = [part for name, file in self.files.items() for part in (name.encode(), file.body)]
        self.digest = hashlib.sha256(b"\0".join(names_and_bodies)).hexdigest()[:16]

    def address(self, name: str) -> str:
        """The address of one file.

        Raises: KeyError: there is no such file; a page must not point at nothing.
        """
        if name not in self.files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def handler(self) -> HTTPRouteHandler:
        """The route that serves them."""

        @get("/static/{digest:str}/{name:path}", opt={"no_session": True, "no_compression": True})
        async def static_file(
            digest: FromPath[str], name: FromPath[str], request: HttpRequest
        ) -> Response[bytes]:
            file = self.files.get(name.removeprefix("/"))
            if file is None:
                raise NotFoundException
            # While two releases run side by side a page may ask this one for the other's file: serve, don't keep.
            return _response(request, file, FOR_EVER if digest == self.digest else "no-store")

        return static_file


def _loaded(path: Path) -> StaticFile:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if len(body) >= SMALLEST_COMPRESSED_BYTES else body
    media_type = mimetypes.guess_type(path.name)[0] or "text/plain"
    return StaticFile(body, packed if len(packed) < len(body) else None, media_type)


def _response(request: HttpRequest, file: StaticFile, keep: str) -> Response[bytes]:
    headers = {"cache-control": keep}
    if file.packed is None:
        return Response(file.body, media_type=file.media_type, headers=headers)
    headers["vary"] = "Accept-Encoding"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.body, media_type=file.media_type, headers=headers)
    return Response(file.packed, media_type=file.media_type, headers=headers | {"content-encoding": "gzip"})
