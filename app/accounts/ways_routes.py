"""The page of a person's ways to sign in, and how one is added: only by who is signed in, and by their own press."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Template

from app.accounts import provider_view
from app.accounts.errors import ProviderSilent, StaleProof
from app.accounts.people import Proven
from app.accounts.provider_routes import (
    LIMITED,
    WAYS_PATH,
    Answer,
    adding,
    away,
    believed,
    clerk_token,
    refused,
)
from app.accounts.providers import Providers, host_product
from app.accounts.view import WaysPage
from app.accounts.ways import ways_of
from app.clock import Clock
from app.errors import NotFound
from app.settings import Settings
from app.web.cookies import is_signed, signature
from app.web.csrf import ForgedForm
from app.web.rendering import page
from app.web.site import HttpRequest, Viewer, options_of, scope_state

PURPOSE = "add a way in"


@get(WAYS_PATH)
async def ways(
    request: HttpRequest, viewer: NamedDependency[Viewer], settings: NamedDependency[Settings]
) -> Template:
    """In which ways this person can sign in, and which could be added."""
    found = await ways_of(viewer.clerk_user_id, settings)
    key = signature(options_of(request).secret, PURPOSE, _session(request))
    return page(request, "accounts/ways.html", WaysPage(found, f"{WAYS_PATH}/oidc?key={key}"))


@get(f"{WAYS_PATH}/oidc", opt=LIMITED)
async def add_oidc(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    providers: NamedDependency[Providers],
) -> Answer:
    """On to the provider, to add it.

    A link, because our policy lets no form lead to the provider; the key in it keeps other sites from following it.
    Raises: ForgedForm: it is not the key of this session.
    """
    if providers.oidc is None:
        raise NotFound
    key = request.query_params.get("key", "")
    if not is_signed(options_of(request).secret, PURPOSE, _session(request), key):
        raise ForgedForm
    owner = viewer.clerk_user_id
    return await away(request, providers.oidc, settings, clock(), return_to=WAYS_PATH, owner=owner)


@post(f"{WAYS_PATH}/clerk", opt=LIMITED)
async def add_clerk(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    providers: NamedDependency[Providers],
) -> Answer:
    """Add the account with which this browser is signed in to the host product."""
    clerk, now = providers.clerk, clock()
    if clerk is None:
        raise NotFound
    host, address = host_product(settings)

    async def vouched() -> Proven:
        return await clerk.proven(clerk_token(request), now=now)

    try:
        return await believed(request, vouched, adding(request, viewer.clerk_user_id, host), host)
    except StaleProof as error:
        return refused(request, provider_view.not_there(host, address), error.why)
    except ProviderSilent as error:
        return refused(request, provider_view.silent(host, WAYS_PATH), error.why, 503)


def _session(request: HttpRequest) -> bytes:
    token: str = scope_state(request.scope)["session_token"]
    return token.encode()


ROUTES = [ways, add_oidc, add_clerk]
