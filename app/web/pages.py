"""Decides the few pages that belong to no feature: help, the health answer, and the page that is not there."""

from typing import Any, TypeAlias

from litestar import HttpMethod, Litestar, MediaType, get, route
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.response import Response, Template
from litestar.types import ASGIApp, Method, RouteHandlerType

from app.web.filters import balance_text
from app.web.rendering import page, renewed_badge
from app.web.site import HttpRequest, viewer_of
from app.web.words import said

Found: TypeAlias = tuple[ASGIApp, RouteHandlerType, str, dict[str, Any], str]


@get("/help")
async def help_page(request: HttpRequest) -> Template:
    """Questions and answers, and where to write."""
    return page(request, "web/help.html", None)


@get("/badge")
async def badge(request: HttpRequest) -> Template | Response[None]:
    """The balance for a page that was left open; nothing where it still shows the newest one, or nobody is signed in."""
    viewer = viewer_of(request)
    if viewer is None or request.query_params.get("shown") == viewer.badge.mark:
        return Response(None, status_code=204)
    now = balance_text(viewer.badge.balance_credits)
    return renewed_badge(request, live=said("Your balance is now %(balance)s.", balance=now))


@get("/healthz", media_type=MediaType.TEXT, opt={"no_session": True})
async def healthz() -> str:
    """The process is up; the database is asked by /readyz."""
    return "ok\n"


@route(["/{rest:path}"], http_method=[HttpMethod.GET, HttpMethod.POST])
async def nowhere(request: HttpRequest) -> None:
    """Every address that nobody has taken, so that its 404 passes the session and shows who is signed in."""
    raise NotFoundException


def with_nowhere(app: Litestar) -> Litestar:
    """The same application, with `nowhere` below the addresses of other pages, too, where Litestar looks for nothing."""
    known = app.asgi_router.handle_routing

    def found(path: str, method: Method | None) -> Found:
        try:
            return known(path=path, method=method)
        except NotFoundException as error:
            try:
                handled, handler, _, _, template = known(path="/nowhere", method=method)
            except MethodNotAllowedException:
                raise error from None
            return handled, handler, path, {"rest": path}, template

    app.asgi_router.handle_routing = found  # type: ignore[assignment]  # it is a cache, which `known` is already
    return app


handlers = [help_page, badge, healthz, nowhere]
