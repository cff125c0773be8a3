"""Decides the few pages that belong to no feature: help, the health answer, and the page that is not there."""

from litestar import HttpMethod, MediaType, get, route
from litestar.exceptions import NotFoundException
from litestar.response import Template

from app.web.rendering import page
from app.web.site import HttpRequest


@get("/help")
async def help_page(request: HttpRequest) -> Template:
    """Questions and answers, and where to write."""
    return page(request, "web/help.html", None)


@get("/healthz", media_type=MediaType.TEXT, opt={"no_session": True})
async def healthz() -> str:
    """The process is up; the database is asked by /readyz."""
    return "ok\n"


@route(["/{rest:path}"], http_method=[HttpMethod.GET, HttpMethod.POST])
async def nowhere(request: HttpRequest) -> None:
    """Every address that nobody has taken, so that its 404 passes the session and shows who is signed in."""
    raise NotFoundException


handlers = [help_page, healthz, nowhere]
