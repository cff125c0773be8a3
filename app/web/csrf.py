"""Decides whether a form came from a page of ours. Knows the session's token, but not whose it is.

The mark in a form is the same secret under a fresh mask in every answer: an answer is packed together with text that
the address brings, and from the sizes of many answers with one and the same secret in them it could be guessed (BREACH).
"""

import hmac
import re
import secrets

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.callable_types import BeforeMessageSendHookHandler

from app.web.cookies import cookie, cookie_name, signature
from app.web.forms import form_pairs
from app.web.site import HttpRequest, SiteOptions, scope_state

ANONYMOUS = "anon"
PURPOSE = "csrf"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
MARK_BYTES = 16
_SEED = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN = re.compile(rf"[0-9a-f]{{{4 * MARK_BYTES}}}")


class ForgedForm(PermissionDeniedException):
    """The form is too old, or was sent by another site."""


def csrf_token(seed: str, secret: bytes) -> str:
    """A token of a session, or of a signed-out browser's form cookie: its mark, and the mask that hides it."""
    mask = secrets.token_bytes(MARK_BYTES)
    return (mask + _masked(_mark(seed, secret), mask)).hex()


def is_token_of(seed: str, secret: bytes, token: str) -> bool:
    """True when the token was made for this session or form cookie, whenever that was."""
    if not _TOKEN.fullmatch(token):
        return False
    mask, hidden = bytes.fromhex(token[: 2 * MARK_BYTES]), bytes.fromhex(token[2 * MARK_BYTES :])
    return hmac.compare_digest(_masked(hidden, mask), _mark(seed, secret))


def token_of(request: HttpRequest, options: SiteOptions) -> str:
    """The token for all forms of this answer; a signed-out browser without a form cookie is given one."""
    state = scope_state(request.scope)
    if "form_token" not in state:
        seed = _seed_of(request, options) or _new_seed(request.scope)
        state["form_token"] = csrf_token(seed, options.secret)
    token: str = state["form_token"]
    return token


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
        if site not in {"same-origin", "none"} or not _is_ours(origin, request, self.options):
            raise ForgedForm

    async def _require_token(self, request: HttpRequest) -> None:
        seed = _seed_of(request, self.options)
        sent = [text for name, text in await form_pairs(request) if name == "csrf_token"]
        if seed is None or len(sent) != 1 or not is_token_of(seed, self.options.secret, sent[0]):
            raise ForgedForm


def is_sent_by_us(request: HttpRequest, options: SiteOptions) -> bool:
    """True when the browser itself says that a page of ours sent this; without its word, False."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    said = site == "same-origin" or (site is None and origin is not None)
    return said and _is_ours(origin, request, options)


def _is_ours(origin: str | None, request: HttpRequest, options: SiteOptions) -> bool:
    if origin is None or origin.lower() == options.base_url.lower():
        return True
    here = f"http://{request.headers.get('host', '')}"  # the host check has let only this machine through
    return options.is_development and origin.lower() == here.lower()


def _seed_of(request: HttpRequest, options: SiteOptions) -> str | None:
    state = scope_state(request.scope)
    session: str | None = state.get("session_token")
    if session is not None:
        return session
    planted = request.cookies.get(cookie_name(options, ANONYMOUS), "")
    return planted if _SEED.fullmatch(planted) else state.get("new_form_seed")


def _mark(seed: str, secret: bytes) -> bytes:
    return bytes.fromhex(signature(secret, PURPOSE, seed.encode()))[:MARK_BYTES]


def _masked(text: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, mask, strict=True))


def _new_seed(scope: Scope) -> str:
    seed = secrets.token_urlsafe(32)
    scope_state(scope)["new_form_seed"] = seed
    return seed
