"""The ways in by a provider: OpenID Connect there and back, and Clerk's session token. Thin, like the other routes."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

import structlog
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response, Template

from app.accounts.errors import (
    AccountClosed,
    BelongsToAnother,
    NoProvenEmail,
    ProviderSilent,
    StaleProof,
    UntrustedProof,
)
from app.accounts.limits import PROVIDER_ASKED
from app.accounts.people import Proven
from app.accounts.providers import attempts
from app.accounts.providers.attempts import ATTEMPT_LIVES, Attempt, AttemptFault
from app.accounts.providers.configured import CALLBACK, Providers, host_product, oidc_name
from app.accounts.sessions.current import device_behind
from app.accounts.sign_in import provider_view
from app.accounts.sign_in.entering import add_proven, enter_proven
from app.accounts.sign_in.routes import BROWSER, WAY_BACK, asking_browser, let_in, our_page
from app.accounts.sign_in.view import CLOSED, NotSignedInPage
from app.clock import Clock
from app.errors import NotFound
from app.settings import Settings
from app.web.cookies import cookie, cookie_name
from app.web.flash import Flash
from app.web.rendering import go, page
from app.web.site import HttpRequest, Viewer, options_of, scope_state, viewer_of

if TYPE_CHECKING:
    from app.accounts.providers.oidc import OidcProvider

AWAY_SECONDS = int(ATTEMPT_LIVES.total_seconds())
LIMITED = {"limits": (PROVIDER_ASKED,)}  # each may lead to a request of ours
WAYS_PATH = "/account/sign-in"
CLERK_COOKIE = "__session"
LONGEST_ANSWER = 4096
PASSING = frozenset({"server_error", "temporarily_unavailable"})
ANSWERS = ("state", "code", "error", "iss")

Answer = Response[None] | Template
Finish = Callable[[Proven], Awaitable[Answer]]
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
    return await away(request, providers.oidc, settings, clock(), return_to=return_to)


@get(CALLBACK, opt=LIMITED)
async def come_back(
    request: HttpRequest,
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    providers: NamedDependency[Providers],
) -> Answer:
    """From the provider: sign in whom it vouches for, or add it for who is here; once, in the browser that went there."""
    oidc, now, name = providers.oidc, clock(), oidc_name(settings)
    if oidc is None:
        raise NotFound
    returned = _returned(request)
    attempt = await _taken_up(request, returned, now)
    if isinstance(attempt, AttemptFault):
        return refused(request, provider_view.FAULTS[attempt], attempt, provider_view.FAULT_STATUS[attempt])
    return_to = our_page(request.cookies.get(cookie_name(options_of(request), WAY_BACK)), settings)
    if returned.error:
        return _no(request, settings, returned.error, return_to)

    async def vouched() -> Proven:
        return await oidc.proven(returned.code, returned.iss or None, attempt, now=now)

    finish = adding(request, attempt.owner, name) if attempt.owner else signing_in(request, now, return_to)
    try:
        return await believed(request, vouched, finish, name)
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
    now, return_to = clock(), our_page(request.query_params.get("return_to"), settings)
    if visitor is not None and providers.clerk is not None:
        return go(request, return_to)
    again = f"/sign-in/clerk?return_to={quote(return_to, safe='/')}"
    return await known_to_host(
        request,
        providers,
        settings,
        now,
        finish=lambda host: signing_in(request, now, return_to),
        again=again,
    )


async def known_to_host(
    request: HttpRequest,
    providers: Providers,
    settings: Settings,
    now: datetime,
    *,
    finish: Callable[[str], Finish],
    again: str,
) -> Answer:
    """Do `finish`, made for the host's name, for whom its token proves; `again` leads here once more, should it be silent.

    Raises: NotFound: no host product is known.
    """
    clerk = providers.clerk
    if clerk is None:
        raise NotFound
    host, address = host_product(settings)

    async def vouched() -> Proven:
        return await clerk.proven(clerk_token(request), now=now)

    try:
        return await believed(request, vouched, finish(host), host)
    except StaleProof as error:
        return refused(request, provider_view.not_there(host, address), error.why)
    except ProviderSilent as error:
        return refused(request, provider_view.silent(host, again), error.why, 503)


async def away(
    request: HttpRequest,
    oidc: "OidcProvider",
    settings: Settings,
    now: datetime,
    *,
    return_to: str,
    owner: str = "",
) -> Answer:
    """On to the provider; `owner` is who adds it to their ways in.

    The address is the one that the provider publishes, so no check of ours on redirects applies to it.
    """
    options = options_of(request)
    browser = asking_browser(request) or secrets.token_urlsafe(32)
    attempt = attempts.begun(browser, owner=owner, now=now, secret=options.secret)
    try:
        address = await oidc.address_for(attempt)
    except ProviderSilent as error:
        return _silent(request, settings, error, return_to)
    answer = Response(None, status_code=303, headers={"Location": address}, media_type="text/html")
    for name, text in ((BROWSER, browser), (WAY_BACK, quote(return_to, safe="/"))):
        answer.set_cookie(cookie(options, name, text, max_age_seconds=AWAY_SECONDS))
    return answer


def signing_in(request: HttpRequest, now: datetime, return_to: str) -> Finish:
    """What follows a proof: a session, and on to the page first asked for."""

    async def finish(proven: Proven) -> Answer:
        old_session = scope_state(request.scope)["session_token"]
        token = await enter_proven(proven, old_session=old_session, now=now, device=device_behind(request))
        return let_in(request, token, return_to)

    return finish


def adding(request: HttpRequest, owner: str, name: str) -> Finish:
    """What follows a proof that a signed-in person asked for: one more way in for them."""

    async def finish(proven: Proven) -> Answer:
        await add_proven(owner, proven)
        return go(request, WAYS_PATH, flash=Flash("done", provider_view.added(name)))

    return finish


async def believed(
    request: HttpRequest, vouched: Callable[[], Awaitable[Proven]], finish: Finish, name: str
) -> Answer:
    """What follows the proof, or the page that says why there is none. Raises: StaleProof, ProviderSilent."""
    try:
        return await finish(await vouched())
    except StaleProof:
        raise
    except UntrustedProof as error:
        return refused(request, provider_view.untrusted(name), error.why)
    except NoProvenEmail:
        return refused(request, provider_view.no_address(name), "no proven address")
    except AccountClosed:
        return refused(request, CLOSED, "closed account")
    except BelongsToAnother:
        return refused(
            request, provider_view.belongs_to_another(f"{name} account"), "belongs to another", 409
        )


def refused(request: HttpRequest, view: NotSignedInPage, why: str, status: int = 403) -> Template:
    """The page; whoever is signed in is led back to their account."""
    log.warning("sign_in_refused", path=request.scope["path"], why=why)
    headers = {"Retry-After": "10"} if status == 503 else {}
    shown = view if viewer_of(request) is None else provider_view.for_signed_in(view)
    return page(request, "accounts/not_signed_in.html", shown, status=status, headers=headers)


def _returned(request: HttpRequest) -> Returned:
    """The answer in the address; where a name comes twice, or with too much, it is as if nothing had come."""
    try:
        pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:
        pairs = []
    answers = [(name, text) for name, text in pairs if name in ANSWERS]
    is_ours = len(dict(answers)) == len(answers) and all(len(text) <= LONGEST_ANSWER for _, text in answers)
    given = dict(answers) if is_ours else {}
    return Returned(**{name: given.get(name, "") for name in ANSWERS})


async def _taken_up(request: HttpRequest, returned: Returned, now: datetime) -> Attempt | AttemptFault:
    """The attempt that leads here, used up from now on: a sign-in, or the wish of who is signed in."""
    viewer, secret = viewer_of(request), options_of(request).secret
    found: Attempt | AttemptFault = AttemptFault.OTHER_BROWSER
    for owner in ("", viewer.clerk_user_id) if viewer else ("",):
        if found is AttemptFault.OTHER_BROWSER:
            browser = asking_browser(request)
            found = attempts.resumed(returned.state, browser, owner=owner, now=now, secret=secret)
    return found if isinstance(found, AttemptFault) else await attempts.spend(found, now=now) or found


def clerk_token(request: HttpRequest) -> str:
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


def _no(request: HttpRequest, settings: Settings, error: str, return_to: str) -> Template:
    if error in PASSING:
        return _silent(request, settings, ProviderSilent(error), return_to)
    return refused(request, provider_view.declined(oidc_name(settings)), "declined")


def _silent(request: HttpRequest, settings: Settings, error: ProviderSilent, return_to: str) -> Template:
    again = f"/sign-in/oidc?return_to={quote(return_to, safe='/')}"
    return refused(request, provider_view.silent(oidc_name(settings), again), error.why, 503)


ROUTES = [leave, come_back, by_clerk]
