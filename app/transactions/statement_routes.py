"""The doors of the statements: the list of months, and a month as paper or as a file."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app.errors import NotFound
from app.transactions.explaining_reading import months_of
from app.transactions.statement import statement_of
from app.transactions.statement_months import StatementMonth, month_named
from app.transactions.statement_view import months_view, statement_view
from app.web.rendering import page
from app.web.site import HttpRequest, Viewer, asked_at


@get("/statements")
async def months(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """Every month from the first counted row on, with the balance it ended with."""
    now = asked_at(request)
    found = await months_of(viewer.clerk_user_id, now=now)
    return page(request, "transactions/statements.html", months_view(found, now=now))


@get("/statements/{name:str}")
async def statement(request: HttpRequest, name: FromPath[str], viewer: NamedDependency[Viewer]) -> Template:
    """One month on paper."""
    now = asked_at(request)
    found = await statement_of(viewer.clerk_user_id, _month(request, name), now=now)
    return page(request, "transactions/statement.html", statement_view(found, now=now))


def _month(request: HttpRequest, name: str) -> StatementMonth:
    month = month_named(name, now=asked_at(request))
    if month is None:
        raise NotFound("statement")
    return month


ROUTES = [months, statement]
