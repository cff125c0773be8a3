"""The doors of the history: the list with its filters, and the story of one row."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app.transactions.asking import asked
from app.transactions.cursor import NEWEST, cursor
from app.transactions.history import history_page, workshops_named
from app.transactions.story import story_of
from app.transactions.story_view import story_view
from app.transactions.view import HistoryView, address, history_view, refused
from app.web.rendering import page, wants_fragment
from app.web.site import Badge, HttpRequest, Viewer, asked_at

UNREADABLE_PLACE = "The link to that page of the list could not be read, so here is the first."


@get("/transactions")
async def history(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """The person's movements, newest first, as far as the filters in the address let them through."""
    query = dict(request.query_params)  # of a name that comes twice, the first counts
    wanted = asked(query)
    names_workshops = bool(wanted.filters.workshop_id) or not wants_fragment(request.headers)
    workshops = await workshops_named(viewer.clerk_user_id) if names_workshops else ()
    if wanted.problems:
        return _page(request, refused(wanted, workshops), status=422, headers={"HX-Push-Url": "false"})
    place = cursor(query["before"]) if query.get("before") else NEWEST
    start = place or NEWEST
    found = await history_page(viewer.clerk_user_id, wanted.filters, now=asked_at(request), start=start)
    note = "" if place else UNREADABLE_PLACE
    view = history_view(wanted, found, workshops, start=start, note=note)
    badge = Badge(found.balance_credits, found.pending_credits, found.ledger_seq)
    return _page(request, view, badge=badge, headers={"HX-Push-Url": address(wanted.filters)})


@get("/transactions/{transaction_id:str}")
async def story(
    request: HttpRequest, transaction_id: FromPath[str], viewer: NamedDependency[Viewer]
) -> Template:
    """One movement in sentences: what happened, who did it, what it did to the balance, what belongs to it."""
    return page(
        request, "transactions/story.html", story_view(await story_of(viewer.clerk_user_id, transaction_id))
    )


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
        live=(view.rows.count_text or " ".join(view.rows.problems)) if is_fragment else None,  # empty at load
        headers=headers if is_fragment else None,
    )


ROUTES = [history, story]
