"""The one door of the welcome panel: every way out of it leads through here."""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Response

from app.onboarding.welcome import dismiss_welcome
from app.web.rendering import go, wants_fragment
from app.web.site import HttpRequest, Viewer


@post("/onboarding/complete")
async def complete(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Response[None]:
    """End the welcome panel. It goes only after this is stored: an error leaves it where it is."""
    await dismiss_welcome(viewer.clerk_user_id)
    if wants_fragment(request.headers):
        return Response(
            "", status_code=200, media_type="text/html"
        )  # swapped in, it leaves nothing of the panel
    return go(request, "/dashboard")


ROUTES = [complete]
