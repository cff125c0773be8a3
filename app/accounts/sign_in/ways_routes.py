"""The page of a person's ways to sign in, and how one is added: only by who is signed in, and by their own press."""

import secrets
from collections.abc import Mapping
from urllib.parse import quote

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app.accounts.errors import BelongsToAnother
from app.accounts.limits import LINKS_ASKED, LINKS_USED
from app.accounts.providers.configured import Providers
from app.accounts.sign_in import provider_view
from app.accounts.sign_in.entering import add_by_link
from app.accounts.sign_in.letters import added_address_letter
from app.accounts.sign_in.links import LinkState, ask_for_link, state_of
from app.accounts.sign_in.mail import Mailer
from app.accounts.sign_in.provider_routes import (
    LIMITED,
    WAYS_PATH,
    Answer,
    adding,
    away,
    known_to_host,
    refused,
)
from app.accounts.sign_in.routes import BROWSER, BROWSER_SECONDS, asking_browser, require_way, typed_address
from app.accounts.sign_in.view import STATUS_OF, TROUBLE, ConfirmPage, WaysPage
from app.accounts.sign_in.ways import ways_of
from app.clock import Clock
from app.errors import BadInput, NotFound
from app.settings import Settings
from app.web.cookies import cookie, is_signed, signature
from app.web.csrf import ForgedForm
from app.web.flash import Flash
from app.web.forms import read_form
from app.web.rendering import go, page
from app.web.site import HttpRequest, Viewer, options_of, scope_state

PURPOSE = "add a way in"


@get(WAYS_PATH)
async def ways(
    request: HttpRequest, viewer: NamedDependency[Viewer], settings: NamedDependency[Settings]
) -> Template:
    """In which ways this person can sign in, and which could be added."""
    return await _page(request, viewer, settings)


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
    return await known_to_host(
        request,
        providers,
        settings,
        clock(),
        finish=lambda host: adding(request, viewer.clerk_user_id, host),
        again=WAYS_PATH,
    )


@post(f"{WAYS_PATH}/email", opt={"limits": (LINKS_ASKED,)})
async def ask_to_add(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    mailer: NamedDependency[Mailer],
) -> Answer:
    """Mail a link that adds the address; whether it signs in somebody else is told only to who can read the mail."""
    require_way("email", settings)
    form = await read_form(request)
    try:
        email = typed_address(form)
    except BadInput as error:
        return await _page(request, viewer, settings, email=form.line("email"), problems=error.problems)
    browser = asking_browser(request) or secrets.token_urlsafe(32)
    bound = _bound(browser, viewer)
    token = await ask_for_link(email, browser=bound, return_path=WAYS_PATH, now=clock())
    link = f"{settings.base_url}{WAYS_PATH}/email/{token}"
    await mailer.send(added_address_letter(email, brand=settings.brand_name, link=link))
    answer = go(request, WAYS_PATH, flash=Flash("note", provider_view.mailed(email, BROWSER_SECONDS // 60)))
    answer.set_cookie(cookie(options_of(request), BROWSER, browser, max_age_seconds=BROWSER_SECONDS))
    return answer


@get(f"{WAYS_PATH}/email/{{token:str}}")
async def open_added(
    request: HttpRequest, token: FromPath[str], viewer: NamedDependency[Viewer], clock: NamedDependency[Clock]
) -> Template:
    """The page behind the mailed link; opening it uses nothing up."""
    state = await state_of(token, browser=_bound(asking_browser(request), viewer), now=clock())
    if state is not LinkState.READY:
        return refused(request, TROUBLE[state], state, STATUS_OF[state])
    return page(request, "accounts/add_address.html", ConfirmPage(f"{WAYS_PATH}/email/{quote(token)}"))


@post(f"{WAYS_PATH}/email/{{token:str}}", opt={"limits": (LINKS_USED,)})
async def add_address(
    request: HttpRequest, token: FromPath[str], viewer: NamedDependency[Viewer], clock: NamedDependency[Clock]
) -> Answer:
    """Add the address of the mailed link, once."""
    bound = _bound(asking_browser(request), viewer)
    try:
        added = await add_by_link(viewer.clerk_user_id, token, browser=bound, now=clock())
    except BelongsToAnother:
        return refused(request, provider_view.belongs_to_another("address"), "belongs to another", 409)
    if isinstance(added, LinkState):
        return refused(request, TROUBLE[added], added, STATUS_OF[added])
    return go(request, WAYS_PATH, flash=Flash("done", provider_view.added(added)))


async def _page(
    request: HttpRequest,
    viewer: Viewer,
    settings: Settings,
    *,
    email: str = "",
    problems: Mapping[str, str] | None = None,
) -> Template:
    key = signature(options_of(request).secret, PURPOSE, _session(request))
    found = await ways_of(viewer.clerk_user_id, settings)
    view = WaysPage(found, f"{WAYS_PATH}/oidc?key={key}", email, problems or {})
    return page(request, "accounts/ways.html", view, status=422 if problems else 200)


def _bound(browser: str | None, viewer: Viewer) -> str:
    """The secret that such a link is bound to: the browser's and the person's together, so no sign-in link is one."""
    return f"{browser or secrets.token_urlsafe(32)} adds to {viewer.clerk_user_id}"


def _session(request: HttpRequest) -> bytes:
    token: str = scope_state(request.scope)["session_token"]
    return token.encode()


ROUTES = [ways, add_oidc, add_clerk, ask_to_add, open_added, add_address]
