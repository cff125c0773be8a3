"""Decides whose tries a request counts among, before its handler runs. The limits themselves stand in `limits`."""

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.accounts.limits import Limit, count_try
from app.web.client_address import client_address
from app.web.site import HttpRequest, viewer_of


async def within_limits(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every route: counts the request for each limit in the route's `opt={"limits": (…)}`.

    Forged forms never come this far. Whoever is signed out has nothing that a limit by person guards.
    Raises: TooManyTries.
    """
    request = cast(HttpRequest, connection)
    for limit in handler.opt.get("limits", ()):
        who = _who(limit, request)
        if who is not None:
            await count_try(limit, who)


def _who(limit: Limit, request: HttpRequest) -> str | None:
    if limit.by == "client":
        return client_address(request)
    viewer = viewer_of(request)
    return viewer.clerk_user_id if viewer else None
