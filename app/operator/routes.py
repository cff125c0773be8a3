"""The page for operators. To everybody else, signed in or not, there is no such page."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from app.errors import NotFound
from app.operator.reading import waiting
from app.operator.view import operator_page
from app.web.rendering import page
from app.web.site import HttpRequest, Viewer


@get("/operator")
async def operator(request: HttpRequest, visitor: NamedDependency[Viewer | None]) -> Template:
    """What waits for an operator, and which command answers what; nothing of anybody's.

    Raises: NotFound: whoever asks is no operator.
    """
    if visitor is None or not visitor.is_operator:
        raise NotFound("page")
    return page(request, "operator/page.html", operator_page(await waiting()))


ROUTES = [operator]
