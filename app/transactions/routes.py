"""The doors of the history: the list with its filters, the same rows as a file, and the story of one row."""

from typing import Any

from litestar import HttpMethod, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Stream, Template

from app.accounts.limits import EXPORTS
from app.transactions.asking import Asked, asked
from app.transactions.cursor import NEWEST, cursor
from app.transactions.export import export
from app.transactions.history import history_page
from app.transactions.story import story_of
from app.transactions.story_view import story_view
from app.transactions.view import CSV_PATH, PATH, HistoryView, address, address_change, history_view, refused
from app.transactions.workshop_choices import NamedWorkshop, chosen_workshop, workshop_choices
from app.web.rendering import page, wants_fragment
from app.web.site import Badge, HttpRequest, Viewer, asked_at
from app.web.words import marked, said

CSV = "text/csv"
UNREADABLE_PLACE = marked("The link to that page of the list could not be read, so here is the first.")


@get(PATH)
async def history(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """The person's movements, newest first, as far as the filters in the address let them through."""
    query = dict(request.query_params)  # of a name that comes twice, the first counts
    wanted = asked(query)
    if wanted.problems:
        return await _refused(request, viewer, wanted)
    workshops = await _workshops(request, viewer, wanted)
    place = cursor(query["before"]) if query.get("before") else NEWEST
    start = place or NEWEST
    found = await history_page(viewer.clerk_user_id, wanted.filters, now=asked_at(request), start=start)
    note = "" if place else said(UNREADABLE_PLACE)
    view = history_view(wanted, found, workshops, start=start, note=note)
    badge = Badge(found.balance_credits, found.pending_credits, found.ledger_seq)
    here = address(wanted.filters, before="" if start == NEWEST else str(start))
    change = address_change(request.headers.get("hx-current-url", ""), here)
    return _page(request, view, badge=badge, headers=change)


@route(CSV_PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], opt={"limits": (EXPORTS,)})
async def history_file(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[Any]:
    """All rows that the filters let through, as a CSV file; whatever page of the list it was asked for from."""
    wanted = asked(dict(request.query_params))
    if wanted.problems:
        return await _refused(request, viewer, wanted)
    file = await export(viewer.clerk_user_id, wanted.filters, now=asked_at(request))
    headers = {"content-disposition": f'attachment; filename="{file.file_name}"'}
    if request.method == HttpMethod.HEAD:
        return Response(None, headers=headers, media_type=CSV)
    return Stream(file.pieces, headers=headers, media_type=CSV)


@get("/transactions/{transaction_id:str}")
async def story(
    request: HttpRequest, transaction_id: FromPath[str], viewer: NamedDependency[Viewer]
) -> Template:
    """One movement in sentences: what happened, who did it, what it did to the balance, what belongs to it."""
    return page(
        request, "transactions/story.html", story_view(await story_of(viewer.clerk_user_id, transaction_id))
    )


async def _refused(request: HttpRequest, viewer: Viewer, wanted: Asked) -> Template:
    """The page with the form as it was typed; the address of the rows on the screen stays."""
    workshops = await _workshops(request, viewer, wanted)
    return _page(request, refused(wanted, workshops), status=422, headers={"HX-Push-Url": "false"})


async def _workshops(request: HttpRequest, viewer: Viewer, wanted: Asked) -> tuple[NamedWorkshop, ...]:
    """Those to choose from; beside a fragment the form stays as it is, so only the chosen one's name is needed."""
    chosen = wanted.filters.workshop_id
    if wants_fragment(request.headers):
        return await chosen_workshop(viewer.clerk_user_id, chosen)
    return await workshop_choices(viewer.clerk_user_id, chosen=chosen)


def _page(
    request: HttpRequest,
    view: HistoryView,
    *,
    headers: dict[str, str],
    status: int = 200,
    badge: Badge | None = None,
) -> Template:
    is_fragment = wants_fragment(request.headers)
    return page(
        request,
        "transactions/history.html",
        view,
        part="transactions/_rows.html",
        status=status,
        badge=badge,
        live=view.rows.spoken if is_fragment else None,  # empty at load
        headers=headers if is_fragment else None,
    )


ROUTES = [history, history_file, story]
