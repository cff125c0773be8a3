"""The doors of the welcome panel and the hints: every way out of them leads through here, and one back in."""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Response

from app.onboarding.hints import hint_of, put_away
from app.onboarding.welcome import dismiss_welcome, welcome_again
from app.web.forms import read_form
from app.web.rendering import go, wants_fragment
from app.web.security import safe_path
from app.web.site import HttpRequest, Viewer, options_of


@post("/onboarding/complete")
async def complete(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Response[None]:
    """End the welcome panel, and go where its button leads. It goes only after this is stored."""
    form = await read_form(request)
    await dismiss_welcome(viewer.clerk_user_id)
    if wants_fragment(request.headers) and not form.has("onward"):
        return _nothing_left()
    return _on(request, form.text("onward"))


@post("/onboarding/replay")
async def replay(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[None]:
    """Show the welcome panel and the hints again."""
    await welcome_again(viewer.clerk_user_id)
    return go(request, "/dashboard")


@post("/onboarding/hints")
async def hide_hint(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Response[None]:
    """Put a hint away. Raises: BadInput: there is no such hint."""
    form = await read_form(request)
    await put_away(viewer.clerk_user_id, hint_of(form.text("hint")))
    return _nothing_left() if wants_fragment(request.headers) else _on(request, form.text("return_to"))


def _nothing_left() -> Response[str]:
    """Swapped in, it leaves nothing of what was there."""
    return Response("", status_code=200, media_type="text/html")


def _on(request: HttpRequest, path: str) -> Response[None]:
    return go(request, safe_path(path, base_url=options_of(request).base_url))


ROUTES = [complete, replay, hide_hint]
