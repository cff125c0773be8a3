"""Decides what a page is told of the person behind the request, and where those who must sign in go. No SQL."""

from urllib.parse import quote

from litestar.response import Response

from app.accounts.sessions.devices import device_of
from app.accounts.sessions.typed import TYPED, TYPED_SECONDS
from app.errors import SignInNeeded
from app.web.cookies import cookie
from app.web.flash import Flash
from app.web.rendering import go
from app.web.security import path_and_query, safe_path
from app.web.site import HttpRequest, SiteOptions, Viewer, options_of, viewer_of
from app.web.words import said

PAGES_OF_FILES = {"/account/export": "/account"}


async def viewer(request: HttpRequest) -> Viewer:
    """The signed-in person; a dependency of every page that is not public.

    Raises: SignInNeeded: there is none.
    """
    found = viewer_of(request)
    if found is None:
        raise SignInNeeded(way_back(request, options_of(request)))
    return found


def device_behind(request: HttpRequest) -> str:
    """What the browser says it is, for the list of a person's browsers."""
    return device_of(request.headers.get("user-agent", ""))


async def visitor(request: HttpRequest) -> Viewer | None:
    """The signed-in person, or None; a dependency of public pages."""
    return viewer_of(request)


def sign_in_first(request: HttpRequest, error: SignInNeeded) -> Response[None]:
    """The answer to SignInNeeded: on to sign-in, which leads back, to what was typed as well if it is kept."""
    target = f"/sign-in?return_to={quote(error.return_to, safe='/')}"
    if error.typed_key is None:
        return go(request, target)
    words = said("Your sign-in has ended. What you typed is kept: sign in, and it stands there again.")
    answer = go(request, target, flash=Flash("note", words))
    answer.set_cookie(cookie(options_of(request), TYPED, error.typed_key, max_age_seconds=TYPED_SECONDS))
    return answer


def way_back(request: HttpRequest, options: SiteOptions) -> str:
    """The page to come back to: the one asked for, or the one that a file, a form or a fragment belongs to."""
    address = str(request.url)
    if request.method != "GET" or request.headers.get("hx-request") == "true":
        address = request.headers.get("referer", "")
    return safe_path(_page_of(path_and_query(address)), base_url=options.base_url)


def _page_of(address: str) -> str:
    """The page with the link to this file; of a page, itself. A download has nothing to come back to."""
    path, mark, query = address.partition("?")
    return PAGES_OF_FILES.get(path, path.removesuffix(".csv")) + mark + query
