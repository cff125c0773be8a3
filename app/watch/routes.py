"""The door for a monitoring system. Without the token of the settings there is no such page."""

import hmac

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from app.errors import NotFound
from app.settings import Settings
from app.watch.figures import MEDIA_TYPE, figures
from app.web.site import HttpRequest


@get("/metrics")
async def metrics(request: HttpRequest, settings: NamedDependency[Settings]) -> Response[str]:
    """The figures of the installation, for whoever brings METRICS_TOKEN.

    Raises: NotFound: another token, none, or none is set.
    """
    token = settings.metrics_token.get_secret_value()
    brought = request.headers.get("authorization", "").encode()
    if not token or not hmac.compare_digest(brought, f"Bearer {token}".encode()):
        raise NotFound("page")
    return Response(await figures(), media_type=MEDIA_TYPE)


ROUTES = [metrics]
