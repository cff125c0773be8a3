"""Decides where people may be sent, which hosts we answer for, and what every answer forbids the browser."""

import re
from urllib.parse import unquote, urljoin, urlsplit

from litestar.enums import ScopeType
from litestar.exceptions import ClientException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.callable_types import BeforeMessageSendHookHandler

from app.web.site import SiteOptions

WAYS_BACK = (
    "/account",
    "/balance",
    "/checkout",
    "/dashboard",
    "/help",
    "/operator",
    "/pricing",
    "/purchases",
    "/statements",
    "/transactions",
    "/workshops",
)
LONGEST_PATH = 2000
LAST_PORT = 65_535
LARGEST_FORM_BYTES = (
    512 * 1024
)  # 20,000 characters of notes, each at most twelve bytes when encoded, and room to spare
_PLAIN = re.compile(r"/[A-Za-z0-9_\-.~/%]*(\?[A-Za-z0-9_\-.~/%?:@!$'()*+,;=&\[\]]*)?")
_NOT_SHOWN = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
NO_STORE = b"no-store"
VARIES = (b"vary", b"HX-Request, HX-Request-Type")
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class UnsafeRedirect(ValueError):
    """Code of ours was about to send a browser somewhere it must not go."""


def safe_path(text: str | None, *, base_url: str, fallback: str = "/dashboard") -> str:
    """A way back that stays on our pages, or the fallback.

    Decoded once, it has one leading slash, no `..`, backslash or control character; it means the same path
    however often it is decoded; it resolves to our origin; and it begins like a page people come back to.
    """
    if not text or len(text) > LONGEST_PATH or not is_local_path(text):
        return fallback
    path = unquote(urlsplit(text).path)
    if path != unquote(path) or any(part in {".", ".."} for part in path.split("/")):
        return fallback
    if _origin(urljoin(base_url + "/", text)) != _origin(base_url):
        return fallback
    return text if any(path == way or path.startswith(way + "/") for way in WAYS_BACK) else fallback


def is_local_path(text: str) -> bool:
    """True for a plain path of ours: no other host, no trick that some browser reads as one."""
    if not _PLAIN.fullmatch(text):
        return False
    path, _, query = text.partition("?")
    decoded = unquote(path, errors="strict") if _decodes(path) else "//"
    shown = unquote(query) if _decodes(query) else "\0"
    return "//" not in decoded and not _NOT_SHOWN.search(decoded) and "\0" not in shown


def path_and_query(address: str) -> str:
    """The part of an address behind its host, unchecked; empty where it cannot be read."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def checked_target(target: str, options: SiteOptions) -> str:
    """The target of a redirect, unchanged.

    Raises: UnsafeRedirect: it is neither a path of ours nor at a configured payment origin.
    """
    is_payment = _origin(target) in {_origin(each) for each in options.checkout_origins}
    if is_local_path(target) or (is_payment and not _NOT_SHOWN.search(target)):
        return target
    raise UnsafeRedirect("a redirect left the site")


def answer_headers(options: SiteOptions) -> dict[str, str]:
    """The headers of every answer; a handler's own value stands before ours."""
    form_targets = " ".join(("'self'", *options.checkout_origins))
    headers = {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            f"connect-src 'self'; form-action {form_targets}; base-uri 'none'; frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",  # as frame-ancestors above, for what does not read policies
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cache-control": "no-store",
    }
    return headers | ({"strict-transport-security": "max-age=31536000"} if options.is_https else {})


def security_headers(options: SiteOptions) -> BeforeMessageSendHookHandler:
    """The hook that marks every answer: pages, errors, redirects and static files alike."""
    marks = [(name.encode(), text.encode()) for name, text in answer_headers(options).items()]

    async def mark(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        given = [*message["headers"]]
        own = dict(given)
        given += [pair for pair in marks if pair[0] not in own]
        if own.get(b"cache-control", NO_STORE) == NO_STORE:
            given.append(VARIES)
        message["headers"] = given

    return mark


class HostCheck(ASGIMiddleware):
    """Answers only for the host of BASE_URL; in development also for this machine under any port."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, options: SiteOptions) -> None:
        self.host = urlsplit(options.base_url).netloc.lower()
        self.takes_local = options.is_development

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        hosts = [text.decode("latin-1").lower() for name, text in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            raise ClientException("This address is not one of ours.")
        await next_app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name, _, port = host.rpartition(":") if re.search(r":\d{1,5}$", host) else (host, "", "80")
        return host == self.host or (self.takes_local and name in _LOCAL_HOSTS and int(port) <= LAST_PORT)


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", "")
    return (parts.scheme.lower(), parts.netloc.lower())


def _decodes(text: str) -> bool:
    """True when every `%` begins an escape and the escapes are UTF-8."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return False
    try:
        unquote(text, errors="strict")
    except UnicodeDecodeError:
        return False
    return True
