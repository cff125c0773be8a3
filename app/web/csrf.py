"""Decides whether a form came from a page of ours. Knows the session's token, but not whose it is."""

import re
import secrets

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.callable_types import BeforeMessageSendHookHandler

from app.web.cookies import cookie, cookie_name, is_signed, signature
from app.web.forms import form_pairs
from app.web.site import HttpRequest, SiteOptions, scope_state

ANONYMOUS = "anon"
PURPOSE = "csrf"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SEED = re.compile(r"[A-Za-z0-9_-]{43}")


class ForgedForm(PermissionDeniedException):
    """The form is too old, or was sent by another site."""


def csrf_token(seed: str, secret: bytes) -> str:
    """The token of a session, or of a signed-out browser's form cookie."""
    return signature(secret, PURPOSE, seed.encode())


def token_of(request: HttpRequest, options: SiteOptions) -> str:
    """The token for the forms of this answer; a signed-out browser without a form cookie is given one."""
    return csrf_token(_seed_of(request, options) or _new_seed(request.scope), options.secret)


def anonymous_cookie(options: SiteOptions) -> BeforeMessageSendHookHandler:
    """The hook that sends the form cookie, and only with a page that used it."""

    async def add_cookie(message: Message, scope: Scope) -> None:
        seed = scope_state(scope).get("new_form_seed")
        if message["type"] == "http.response.start" and seed:
            value = cookie(options, ANONYMOUS, seed).to_header(header="")
            MutableScopeHeaders.from_message(message).add("set-cookie", value)

    return add_cookie


class Csrf(ASGIMiddleware):
    """Stops every changing request that does not come from a form of ours.

    Inside the session's middleware. Only `opt={"no_csrf": True}` is let through: the webhook, which is signed.
    Raises: ForgedForm: other origin, no token, or a token of another session.
    """

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_csrf"

    def __init__(self, options: SiteOptions) -> None:
        self.options = options

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope.get("method") not in READING:
            request: HttpRequest = Request(scope, receive)
            self._require_same_origin(request)
            await self._require_token(request)
        await next_app(scope, receive, send)

    def _require_same_origin(self, request: HttpRequest) -> None:
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin")
        if site not in {"same-origin", "none"} or (origin is not None and not self._is_ours(origin, request)):
            raise ForgedForm

    def _is_ours(self, origin: str, request: HttpRequest) -> bool:
        if origin.lower() == self.options.base_url.lower():
            return True
        here = f"http://{request.headers.get('host', '')}"  # the host check has let only this machine through
        return self.options.is_development and origin.lower() == here.lower()

    async def _require_token(self, request: HttpRequest) -> None:
        seed = _seed_of(request, self.options)
        sent = [text for name, text in await form_pairs(request) if name == "csrf_token"]
        if (
            seed is None
            or len(sent) != 1
            or not is_signed(self.options.secret, PURPOSE, seed.encode(), sent[0])
        ):
            raise ForgedForm


def _seed_of(request: HttpRequest, options: SiteOptions) -> str | None:
    state = scope_state(request.scope)
    session: str | None = state.get("session_token")
    if session is not None:
        return session
    planted = request.cookies.get(cookie_name(options, ANONYMOUS), "")
    return planted if _SEED.fullmatch(planted) else state.get("new_form_seed")


def _new_seed(scope: Scope) -> str:
    seed = secrets.token_urlsafe(32)
    scope_state(scope)["new_form_seed"] = seed
    return seed
