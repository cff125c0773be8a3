"""How a way to sign in is removed: the page asks first, and it is their own press that does it. Thin."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from app.accounts.errors import WayStays
from app.accounts.sessions.middleware import SESSION
from app.accounts.sign_in import provider_view
from app.accounts.sign_in.provider_routes import WAYS_PATH
from app.accounts.sign_in.removing import remove_way, way_to_remove
from app.accounts.sign_in.view import RemoveWayPage
from app.errors import NotFound
from app.ids import is_id
from app.settings import Settings
from app.web.cookies import cookie
from app.web.flash import Flash
from app.web.rendering import go, page
from app.web.site import HttpRequest, Viewer, options_of, scope_state

PATH = f"{WAYS_PATH}/{{way_id:str}}/remove"


@get(PATH)
async def ask_to_remove(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    way_id: FromPath[str],
) -> Template:
    """What removing this way means; nothing is done yet."""
    try:
        way = await way_to_remove(viewer.clerk_user_id, _id(way_id), settings)
    except WayStays:
        return _stays(request)
    return page(request, "accounts/remove_way.html", RemoveWayPage(way))


@post(PATH)
async def remove(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    way_id: FromPath[str],
) -> Response[None] | Template:
    """Remove it; a browser that came by it leaves for the sign-in page."""
    token = scope_state(request.scope)["session_token"]
    try:
        removed = await remove_way(viewer.clerk_user_id, _id(way_id), settings, token=token)
    except WayStays:
        return _stays(request)
    told = Flash("done", provider_view.removed(removed.way.whose or removed.way.name))
    if not removed.is_signed_out:
        return go(request, WAYS_PATH, flash=told)
    answer = go(request, "/sign-in", flash=told)
    answer.set_cookie(cookie(options_of(request), SESSION, "", max_age_seconds=0))
    return answer


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFound("way in")
    return text


def _stays(request: HttpRequest) -> Template:
    return page(request, "accounts/way_stays.html", None, status=409)


ROUTES = [ask_to_remove, remove]
