"""The door to a person's own data, as one file."""

from collections.abc import AsyncIterator

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from app.accounts.limits import EXPORTS
from app.privacy.holdings import held_about
from app.web.site import HttpRequest, Viewer, asked_at

PIECES_TO_THE_FIRST_ROW = 3


@get("/account/export", opt={"limits": (EXPORTS,)})
async def export(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Stream:
    """Everything we hold about who is signed in; the first piece is read beforehand, so that a failure is a page."""
    pieces = held_about(viewer.clerk_user_id)
    first = "".join([await anext(pieces) for _ in range(PIECES_TO_THE_FIRST_ROW)])

    async def all_of_it() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    headers = {
        "Content-Disposition": f'attachment; filename="my-data-{asked_at(request):%Y-%m-%d}.json"',
        "X-Robots-Tag": "noindex",
    }
    return Stream(all_of_it(), media_type="application/json", headers=headers)


ROUTES = [export]
