"""The doors of the statements: the list of months, and a month as paper or as a file."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream, Template

from app.accounts.limits import STATEMENTS
from app.errors import NotFound
from app.transactions.balance.reading import months_of
from app.transactions.months import month_named
from app.transactions.statements.file import statement_file
from app.transactions.statements.statement import statement_of
from app.transactions.statements.view import months_view, statement_view
from app.web.manner import write_as_the_books
from app.web.rendering import page
from app.web.site import HttpRequest, Viewer, asked_at

FILE = ".csv"


@get("/statements")
async def months(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """Every month from the first counted row on, with the balance it ended with."""
    now = asked_at(request)
    found = await months_of(viewer.clerk_user_id, now=now)
    return page(request, "transactions/statements.html", months_view(found, now=now))


@get("/statements/{name:str}", opt={"limits": (STATEMENTS,)})
async def statement(
    request: HttpRequest, name: FromPath[str], viewer: NamedDependency[Viewer]
) -> Template | Stream:
    """One month on paper; with ".csv" behind it, the same rows as a file."""
    now, user_id = asked_at(request), viewer.clerk_user_id
    month = month_named(name.removesuffix(FILE), now=now)
    if month is None:
        raise NotFound("statement")
    if name.endswith(FILE):
        pieces = await statement_file(user_id, month, now=now)
        headers = {
            "Content-Disposition": f'attachment; filename="statement-{month}.csv"',
            "X-Robots-Tag": "noindex",
        }
        return Stream(pieces, media_type="text/csv", headers=headers)
    found = await statement_of(user_id, month, now=now)
    write_as_the_books()
    return page(request, "transactions/statement.html", statement_view(found, now=now))


ROUTES = [months, statement]
