"""Pages of signing in and out. Thin: the rules stand in `links`, `entering` and `people`."""

import re
import secrets
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from app.accounts.errors import AccountClosed
from app.accounts.limits import DEMO_SIGN_INS, LINKS_ASKED, LINKS_USED
from app.accounts.providers.configured import host_product, oidc_name
from app.accounts.sessions import session
from app.accounts.sessions.current import device_behind
from app.accounts.sessions.middleware import SESSION, SESSION_SECONDS
from app.accounts.sign_in import provider_view
from app.accounts.sign_in.demo import DEMO_PEOPLE
from app.accounts.sign_in.entering import enter_as_demo, enter_by_link
from app.accounts.sign_in.letters import sign_in_letter
from app.accounts.sign_in.links import LINK_LIVES, LinkState, ask_for_link, state_of
from app.accounts.sign_in.mail import DevelopmentMailer, Mailer
from app.accounts.sign_in.view import (
    CLOSED,
    STATUS_OF,
    TROUBLE,
    ConfirmPage,
    MailboxPage,
    ProviderWay,
    SentPage,
    SignInPage,
)
from app.addresses import is_address
from app.catalog.packs import Catalog, Pack
from app.clock import Clock
from app.errors import BadInput, NotFound
from app.settings import Settings
from app.web.cookies import cookie, cookie_name
from app.web.csrf import ANONYMOUS
from app.web.flash import Flash
from app.web.forms import Form, read_form
from app.web.rendering import go, page
from app.web.security import safe_path
from app.web.site import HttpRequest, Viewer, options_of, scope_state
from app.web.words import said

BROWSER = "sign-in"  # the cookie that binds a mailed link to the browser that asked for it
WAY_BACK = "way-back"  # the cookie with the page first asked for, while somebody is away at a provider
BROWSER_SECONDS = int(LINK_LIVES.total_seconds())
PUBLIC = {"signed_out": True}

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@get("/sign-in")
async def sign_in(
    request: HttpRequest,
    visitor: NamedDependency[Viewer | None],
    settings: NamedDependency[Settings],
    catalog: NamedDependency[Catalog],
) -> Response[None] | Template:
    """The ways in; whoever is signed in already goes on."""
    return_to = our_page(request.query_params.get("return_to"), settings)
    if visitor is not None:
        return go(request, return_to)
    return page(request, "accounts/sign_in.html", _sign_in_page(settings, catalog, return_to))


@post("/sign-in", opt=PUBLIC | {"limits": (LINKS_ASKED,)})
async def ask(
    request: HttpRequest,
    settings: NamedDependency[Settings],
    catalog: NamedDependency[Catalog],
    clock: NamedDependency[Clock],
    mailer: NamedDependency[Mailer],
) -> Template:
    """Mail a sign-in link. Known and unknown addresses are answered with the same page."""
    require_way("email", settings)
    form = await read_form(request)
    return_to = our_page(form.text("return_to"), settings)
    try:
        email = typed_address(form)
    except BadInput as error:
        view = _sign_in_page(settings, catalog, return_to, email=form.line("email"), problems=error.problems)
        return page(request, "accounts/sign_in.html", view, status=422)
    browser = asking_browser(request) or secrets.token_urlsafe(32)
    token = await ask_for_link(email, browser=browser, return_path=return_to, now=clock())
    address = f"{settings.base_url}/sign-in/email/{token}"
    await mailer.send(sign_in_letter(email, brand=settings.brand_name, link=address))
    minutes = BROWSER_SECONDS // 60
    answer = page(
        request,
        "accounts/sent.html",
        SentPage(email, return_to, minutes, has_mailbox=isinstance(mailer, DevelopmentMailer)),
    )
    answer.set_cookie(cookie(options_of(request), BROWSER, browser, max_age_seconds=BROWSER_SECONDS))
    return answer


@get("/sign-in/email/{token:str}")
async def open_link(request: HttpRequest, token: FromPath[str], clock: NamedDependency[Clock]) -> Template:
    """The page behind a mailed link. Opening it uses nothing up: mail scanners open links too."""
    state = await state_of(token, browser=asking_browser(request), now=clock())
    if state is not LinkState.READY:
        return _trouble(request, state)
    return page(request, "accounts/confirm.html", ConfirmPage(f"/sign-in/email/{quote(token)}"))


@post("/sign-in/email/{token:str}", opt=PUBLIC | {"limits": (LINKS_USED,)})
async def use_link(
    request: HttpRequest,
    token: FromPath[str],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[None] | Template:
    """Sign in with the link, once."""
    browser, old_session = asking_browser(request), scope_state(request.scope)["session_token"]
    try:
        entered = await enter_by_link(
            token, browser=browser, old_session=old_session, now=clock(), device=device_behind(request)
        )
    except AccountClosed:
        return page(request, "accounts/not_signed_in.html", CLOSED, status=403)
    if isinstance(entered, LinkState):
        return _trouble(request, entered)
    return let_in(request, entered.session_token, our_page(entered.return_path, settings))


@post("/sign-in/demo", opt=PUBLIC | {"limits": (DEMO_SIGN_INS,)})
async def use_demo(
    request: HttpRequest, settings: NamedDependency[Settings], clock: NamedDependency[Clock]
) -> Response[None] | Template:
    """Sign in as one of the demo people."""
    require_way("demo", settings)
    form = await read_form(request)
    old_session = scope_state(request.scope)["session_token"]
    try:
        token = await enter_as_demo(
            form.text("user"), old_session=old_session, now=clock(), device=device_behind(request)
        )
    except AccountClosed:
        return page(request, "accounts/not_signed_in.html", CLOSED, status=403)
    return let_in(request, token, our_page(form.text("return_to"), settings))


@post("/sign-out")
async def sign_out(request: HttpRequest) -> Response[None]:
    """End this session; others of the same person go on."""
    token: str | None = scope_state(request.scope)["session_token"]
    if token is not None:
        await session.end(token)
    answer = go(request, "/sign-in", flash=Flash("done", said("You are signed out.")))
    answer.set_cookie(cookie(options_of(request), SESSION, "", max_age_seconds=0))
    answer.headers["Clear-Site-Data"] = '"cache"'  # pages that a browser keeps whole for Back, too
    return answer


@get("/dev/mailbox")
async def mailbox(
    request: HttpRequest, mailer: NamedDependency[Mailer], settings: NamedDependency[Settings]
) -> Template:
    """The mails that would have gone out; there is no such page in production, nor where a mail server is set.

    Raises: NotFound: mails leave the house here, or there are none.
    """
    if settings.is_production or not isinstance(mailer, DevelopmentMailer):
        raise NotFound
    return page(request, "accounts/mailbox.html", MailboxPage(tuple(mailer.letters)))


def offers(way: str, settings: Settings) -> bool:
    """True when people may come in this way; the demo never where people or money are real."""
    is_real = settings.is_production or settings.is_live
    return way in settings.sign_in and not (way == "demo" and is_real)


def require_way(way: str, settings: Settings) -> None:
    """Raises: NotFound: nobody comes in this way here."""
    if not offers(way, settings):
        raise NotFound


def _sign_in_page(
    settings: Settings,
    catalog: Catalog,
    return_to: str,
    *,
    email: str = "",
    problems: dict[str, str] | None = None,
) -> SignInPage:
    people = DEMO_PEOPLE if offers("demo", settings) else ()
    ways = tuple(_provider_ways(settings, return_to))
    wanted = _wanted(return_to, catalog)
    return SignInPage(return_to, ways, offers("email", settings), people, wanted, email, problems or {})


def _wanted(return_to: str, catalog: Catalog) -> Pack | None:
    """The pack that the price list will have marked, for whoever comes back to it."""
    way_back = urlsplit(return_to)
    [slug] = parse_qs(way_back.query).get("pack", [""])[:1]
    return catalog.pack(slug) if way_back.path == "/pricing" else None


def _provider_ways(settings: Settings, return_to: str) -> Iterator[ProviderWay]:
    if offers("clerk", settings):
        yield provider_view.clerk_way(host_product(settings)[0], return_to)
    if offers("oidc", settings):
        yield provider_view.oidc_way(oidc_name(settings), return_to)


def typed_address(form: Form) -> str:
    """The address in a form. Raises: BadInput."""
    email = form.line("email").lower()
    if not is_address(email):
        raise BadInput(email=said("Please type an address such as name@example.com."))
    return email


def our_page(path: str | None, settings: Settings) -> str:
    """The way back, if it is one of ours, else the dashboard."""
    return safe_path(path, base_url=settings.base_url)


def asking_browser(request: HttpRequest) -> str | None:
    """The secret of a browser that has asked for a way in; what cannot be one of ours is none."""
    text = request.cookies.get(cookie_name(options_of(request), BROWSER), "")
    return text if _SECRET.fullmatch(text) else None


def _trouble(request: HttpRequest, state: LinkState) -> Template:
    return page(request, "accounts/not_signed_in.html", TROUBLE[state], status=STATUS_OF[state])


def let_in(request: HttpRequest, token: str, return_to: str) -> Response[None]:
    """On to the page first asked for, with the new session; what tied forms and links to a signed-out browser goes."""
    options, answer = options_of(request), go(request, return_to)
    answer.set_cookie(cookie(options, SESSION, token, max_age_seconds=SESSION_SECONDS))
    for name in (ANONYMOUS, BROWSER, WAY_BACK):
        if cookie_name(options, name) in request.cookies:
            answer.set_cookie(cookie(options, name, "", max_age_seconds=0))
    return answer


ROUTES = [sign_in, ask, open_link, use_link, use_demo, sign_out, mailbox]
