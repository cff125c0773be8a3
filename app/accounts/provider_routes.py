"""The ways in by a provider: OpenID Connect there and back, and Clerk's session token. Thin, like the other routes."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

import structlog
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response, Template

from app.accounts import attempts, provider_view
from app.accounts.attempts import ATTEMPT_LIVES, Attempt, AttemptFault
from app.accounts.errors import AccountClosed, NoProvenEmail, ProviderSilent, StaleProof, UntrustedProof
from app.accounts.limits import PROVIDER_ASKED
from app.accounts.people import Proven
from app.accounts.providers import CALLBACK, Providers, host_product, oidc_name
from app.accounts.routes import BROWSER, WAY_BACK, asking_browser, let_in, our_page
from app.accounts.signing_in import enter_proven
from app.accounts.view import CLOSED, NotSignedInPage
from app.clock import Clock
from app.errors import NotFound
from app.settings import Settings
from app.web.cookies import cookie, cookie_name
from app.web.rendering import go, page
from app.web.site import HttpRequest, Viewer, options_of, scope_state

AWAY_SECONDS = int(ATTEMPT_LIVES.total_seconds())
LIMITED = {"limits": (PROVIDER_ASKED,)}  # each may lead to a request of ours
CLERK_COOKIE = "__session"
LONGEST_CODE = 4096
PASSING = frozenset({"server_error", "temporarily_unavailable"})
ANSWERS = ("state", "code", "error", "iss")

Answer = Response[None] | Template
log = structlog.get_logger("app.accounts")


@dataclass(frozen=True, slots=True)
class Returned:
    """What a browser brings back from the provider; empty where it brings none."""

    state: str
    code: str
    error: str
    iss: str


@get("/sign-in/oidc", opt=LIMITED)
async def leave(
    request: HttpRequest,
    visitor: NamedDependency[Viewer | None],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    providers: NamedDependency[Providers],
) -> Answer:
    """On to the OpenID Connect provider; whoever is signed in already goes on."""
    if providers.oidc is None:
        raise NotFound
    return_to = our_page(request.query_params.get("return_to"), settings)
    if visitor is not None:
        return go(request, return_to)
    browser = asking_browser(request) or secrets.token_urlsafe(32)
    attempt = attempts.begun(browser, owner="", now=clock(), secret=options_of(request).secret)
    try:
        address = await providers.oidc.address_for(attempt)
    except ProviderSilent as error:
        return _silent(request, settings, error, return_to)
    return _left(request, address, browser, return_to)


@get(CALLBACK, opt=LIMITED)
async def come_back(
    request: HttpRequest,
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    providers: NamedDependency[Providers],
) -> Answer:
    """From the provider: sign in whom it vouches for, once, in the browser that was sent there."""
    oidc, now, name = providers.oidc, clock(), oidc_name(settings)
    if oidc is None:
        raise NotFound
    returned = _returned(request)
    attempt = await _taken_up(request, returned, clock)
    if isinstance(attempt, AttemptFault):
        return _refused(request, provider_view.FAULTS[attempt], attempt, provider_view.FAULT_STATUS[attempt])
    if returned.error:
        return _no(request, settings, returned.error)

    async def vouched() -> Proven:
        return await oidc.proven(returned.code, returned.iss or None, attempt, now=now)

    return_to = our_page(request.cookies.get(cookie_name(options_of(request), WAY_BACK)), settings)
    try:
        return await _entered(request, vouched, name, clock, return_to)
    except ProviderSilent as error:
        return _silent(request, settings, error, return_to)


@get("/sign-in/clerk", opt=LIMITED)
async def by_clerk(
    request: HttpRequest,
    visitor: NamedDependency[Viewer | None],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    providers: NamedDependency[Providers],
) -> Answer:
    """Sign in whoever is signed in to the host product; whoever is signed in here already goes on."""
    clerk, now = providers.clerk, clock()
    if clerk is None:
        raise NotFound
    return_to = our_page(request.query_params.get("return_to"), settings)
    if visitor is not None:
        return go(request, return_to)
    host, address = host_product(settings)

    async def vouched() -> Proven:
        return await clerk.proven(_clerk_token(request), now=now)

    try:
        return await _entered(request, vouched, host, clock, return_to)
    except StaleProof as error:
        return _refused(request, provider_view.not_there(host, address), error.why)
    except ProviderSilent as error:
        again = f"/sign-in/clerk?return_to={quote(return_to, safe='/')}"
        return _refused(request, provider_view.silent(host, again), error.why, 503)


async def _entered(
    request: HttpRequest,
    vouched: Callable[[], Awaitable[Proven]],
    name: str,
    clock: Clock,
    return_to: str,
) -> Answer:
    """Signed in, or the page that says why not. Raises: StaleProof, ProviderSilent."""
    try:
        old_session = scope_state(request.scope)["session_token"]
        token = await enter_proven(await vouched(), old_session=old_session, now=clock())
        return let_in(request, token, return_to)
    except StaleProof:
        raise
    except UntrustedProof as error:
        return _refused(request, provider_view.untrusted(name), error.why)
    except NoProvenEmail:
        return _refused(request, provider_view.no_address(name), "no proven address")
    except AccountClosed:
        return _refused(request, CLOSED, "closed account")


def _returned(request: HttpRequest) -> Returned:
    """The answer in the address; where a name comes twice it is as if nothing had come."""
    try:
        pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:
        pairs = []
    answers = [(name, text) for name, text in pairs if name in ANSWERS]
    given = dict(answers) if len(dict(answers)) == len(answers) else {}
    return Returned(**{name: given.get(name, "") for name in ANSWERS})


async def _taken_up(request: HttpRequest, returned: Returned, clock: Clock) -> Attempt | AttemptFault:
    """The attempt that leads here, used up from now on."""
    secret, now = options_of(request).secret, clock()
    attempt = attempts.resumed(returned.state, asking_browser(request), owner="", now=now, secret=secret)
    if isinstance(attempt, AttemptFault):
        return attempt
    return await attempts.spend(attempt, now=now) or attempt


def _clerk_token(request: HttpRequest) -> str:
    """The one token that the request brings: of two, one may have been slipped in.

    Raises: StaleProof: it brings none. UntrustedProof: it brings several.
    """
    pairs = [pair.strip() for text in request.headers.getall("cookie", []) for pair in text.split(";")]
    found = {pair.partition("=")[2] for pair in pairs if pair.startswith(f"{CLERK_COOKIE}=")}
    sent = [text.partition(" ") for text in request.headers.getall("authorization", [])]
    found |= {text.strip() for scheme, _, text in sent if scheme.lower() == "bearer"}
    if len(found) > 1:
        raise UntrustedProof("several tokens")
    if not any(found):
        raise StaleProof("no token")
    return found.pop()


def _left(request: HttpRequest, address: str, browser: str, return_to: str) -> Response[None]:
    """Away: the address is the one that the provider publishes, so no check of ours applies to it."""
    options = options_of(request)
    answer = Response(None, status_code=303, headers={"Location": address}, media_type="text/html")
    for name, text in ((BROWSER, browser), (WAY_BACK, quote(return_to, safe="/"))):
        answer.set_cookie(cookie(options, name, text, max_age_seconds=AWAY_SECONDS))
    return answer


def _no(request: HttpRequest, settings: Settings, error: str) -> Template:
    name = oidc_name(settings)
    if error in PASSING:
        return _silent(request, settings, ProviderSilent(error), our_page(None, settings))
    return _refused(request, provider_view.declined(name), "declined")


def _silent(request: HttpRequest, settings: Settings, error: ProviderSilent, return_to: str) -> Template:
    again = f"/sign-in/oidc?return_to={quote(return_to, safe='/')}"
    return _refused(request, provider_view.silent(oidc_name(settings), again), error.why, 503)


def _refused(request: HttpRequest, view: NotSignedInPage, why: str, status: int = 403) -> Template:
    log.warning("sign_in_refused", path=request.scope["path"], why=why)
    headers = {"Retry-After": "10"} if status == 503 else {}
    return page(request, "accounts/not_signed_in.html", view, status=status, headers=headers)


ROUTES = [leave, come_back, by_clerk]
