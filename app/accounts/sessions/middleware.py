"""Decides who sends a request, once, before anything else asks. Knows the cookie, but no page."""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from app.accounts.preferences import OVERRIDES
from app.accounts.sessions.current import way_back
from app.accounts.sessions.session import LONGEST, SignedIn, resolve
from app.accounts.sessions.typed import Keep, new_typed_key, typed_key
from app.clock import Clock
from app.errors import SignInNeeded
from app.web.cookies import cookie_name
from app.web.csrf import READING, is_sent_by_us
from app.web.forms import form_pairs
from app.web.manner import PLAIN, manner_of, written_as
from app.web.security import safe_path
from app.web.site import Badge, HttpRequest, SiteOptions, Viewer, scope_state

SESSION = "session"
SESSION_SECONDS = int(LONGEST.total_seconds())


class SessionMiddleware(ASGIMiddleware):
    """Leaves the moment, the viewer and the session's token in the request's state; nobody signed in is None.

    Static files and health answers opt out with `no_session`. A form sent after the session ended leads to
    sign-in instead of "this form has expired", save the forms with `signed_out`, which need no session. What was typed
    into it is kept where its handler says how, whether the cookie died or was taken away in another tab.
    """

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_session"

    def __init__(self, options: SiteOptions, clock: Clock, operators: Collection[str] = ()) -> None:
        self.options = options
        self.clock = clock
        self.operators = operators

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: HttpRequest = scope["litestar_app"].request_class(scope, receive)
        token = request.cookies.get(cookie_name(self.options, SESSION))
        now = self.clock()
        signed_in = await resolve(token, now=now, operators=self.operators) if token else None
        if signed_in is None and _needs_session(request):
            await self._keep_typed(request, now)
            if token or (request.route_handler.opt.get("keeps") and is_sent_by_us(request, self.options)):
                raise SignInNeeded(await self._way_back(request))
        state = scope_state(scope)
        state["asked_at"] = now
        state["viewer"] = _viewer(signed_in) if signed_in else None
        state["session_token"] = token if signed_in else None
        with written_as(state["viewer"].manner if state["viewer"] else PLAIN):
            await next_app(scope, receive, send)

    async def _keep_typed(self, request: HttpRequest, now: datetime) -> None:
        """Where the handler can keep what was typed, and a page of ours sent it: keep it, and lead back to it."""
        keep: Keep | None = request.route_handler.opt.get("keeps_typed")
        if keep is None or not is_sent_by_us(request, self.options):
            return
        key = typed_key(request, self.options) or new_typed_key()
        await keep(request, key, now)
        raise SignInNeeded(safe_path(request.url.path, base_url=self.options.base_url), typed_key=key)

    async def _way_back(self, request: HttpRequest) -> str:
        """The form's page; the short fields that its handler names in `keeps` come along in the address."""
        page, kept = way_back(request, self.options), request.route_handler.opt.get("keeps", ())
        if not kept:
            return page
        typed = [(name, text) for name, text in await form_pairs(request) if name in kept]
        filled_in = f"{page.partition('?')[0]}?{urlencode(typed)}"
        return safe_path(filled_in, base_url=self.options.base_url, fallback=page)


def _needs_session(request: HttpRequest) -> bool:
    opt = request.route_handler.opt
    return request.method not in READING and not opt.get("signed_out") and not opt.get("no_csrf")


def _viewer(signed_in: SignedIn) -> Viewer:
    badge = Badge(signed_in.balance_credits, signed_in.pending_credits, signed_in.ledger_seq)
    return Viewer(
        clerk_user_id=signed_in.clerk_user_id,
        name=signed_in.name or signed_in.email,
        email=signed_in.email,
        is_operator=signed_in.is_operator,
        badge=badge,
        theme=signed_in.theme if signed_in.theme in OVERRIDES else "",
        manner=manner_of(signed_in.locale, signed_in.time_zone),
        hints_due=_hints_due(signed_in),
    )


def _hints_due(signed_in: SignedIn) -> frozenset[str]:
    seen = {"gate": signed_in.gate_hint_seen, "history": signed_in.history_hint_seen}
    return frozenset(hint for hint, is_seen in seen.items() if not is_seen)
