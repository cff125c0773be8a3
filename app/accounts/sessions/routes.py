"""The page of the browsers in which a person is signed in, and the ways to sign them out. Thin."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from app.accounts.sessions.browsers import browsers_of, sign_out_browser, sign_out_everywhere, sign_out_others
from app.accounts.sessions.middleware import SESSION
from app.accounts.sessions.view import BrowsersPage
from app.errors import NotFound
from app.ids import is_id
from app.web.cookies import cookie
from app.web.flash import Flash
from app.web.rendering import go, page
from app.web.site import HttpRequest, Viewer, asked_at, options_of, scope_state
from app.web.words import counted, said

PATH = "/account/sessions"


@get(PATH)
async def browsers(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """Every browser in which this person is signed in now."""
    token = scope_state(request.scope)["session_token"]
    found = await browsers_of(viewer.clerk_user_id, token=token, now=asked_at(request))
    return page(request, "accounts/browsers.html", BrowsersPage(found))


@post(f"{PATH}/{{browser_id:str}}/sign-out")
async def end_one(
    request: HttpRequest, viewer: NamedDependency[Viewer], browser_id: FromPath[str]
) -> Response[None]:
    """Sign one of them out; this very browser leaves for the sign-in page with its next step."""
    if not is_id(browser_id):
        raise NotFound("session")
    await sign_out_browser(viewer.clerk_user_id, browser_id)
    return go(request, PATH, flash=Flash("done", said("That browser is signed out.")))


@post(f"{PATH}/sign-out-others")
async def end_others(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[None]:
    """Sign out everywhere but here."""
    token = scope_state(request.scope)["session_token"]
    ended = await sign_out_others(viewer.clerk_user_id, token=token)
    return go(request, PATH, flash=Flash("done", _told(ended)))


@post(f"{PATH}/sign-out-all")
async def end_all(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[None]:
    """Sign out everywhere, here too."""
    await sign_out_everywhere(viewer.clerk_user_id)
    answer = go(request, "/sign-in", flash=Flash("done", said("You are signed out everywhere.")))
    answer.set_cookie(cookie(options_of(request), SESSION, "", max_age_seconds=0))
    return answer


def _told(ended: int) -> str:
    if ended == 0:
        return said("You were signed in nowhere else.")
    return counted("%(num)s other browser signed out.", "%(num)s other browsers signed out.", ended)


ROUTES = [browsers, end_one, end_others, end_all]
