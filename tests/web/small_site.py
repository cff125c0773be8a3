"""A site of a few routes round the web plumbing, with sessions that are nothing but cookies."""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import asyncpg
import httpx
from litestar import Litestar, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath
from litestar.response import Response, Template
from litestar.types import ASGIApp, Receive, Scope, Send

from app import errors
from app.web.flash import Flash, Link
from app.web.forms import read_form
from app.web.plugin import Web
from app.web.rendering import go, page
from app.web.security import LARGEST_FORM_BYTES
from app.web.site import Badge, HttpRequest, SiteOptions, Viewer, scope_state

OPTIONS = SiteOptions(
    brand="Workshop Credits",
    support_email="support@example.test",
    sales_email="sales@example.test",
    base_url="http://127.0.0.1:8765",
    environment="development",
    secret=b"a secret of thirty-two bytes or more",
    checkout_origins=("https://checkout.stripe.com",),
    credit_hint=lambda: "1 credit opens the rest of one workshop, for good.",
    free_hint=lambda: "The first steps are free.",
)
HTTPS = replace(OPTIONS, base_url="https://credits.example", environment="production")
PEOPLE = {"alice": Badge(3, 0, 7), "bob": Badge(-1, 3, 9)}
SECRET = "canary-4242"
FAILURES: dict[str, Exception] = {
    "missing": errors.NotFound("workshop"),
    "foreign": errors.NotFound("purchase"),
    "few": errors.NotEnoughCredits(price_credits=1, balance_credits=0),
    "late": errors.TryLater("the lock is taken", retry_after_seconds=7),
    "away": errors.StripeUnavailable("no answer"),
    "refused": errors.StripeRefused(code="card", param=SECRET, status=402),
    "used": errors.IdempotencyConflict("key"),
    "bad": errors.BadInput(title="A title has at most 100 characters."),
    "locked": asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
    "full": TimeoutError(),
    "gone": ConnectionRefusedError("no server"),
    "broken": RuntimeError(SECRET),
    "forbidden": PermissionDeniedException(SECRET),
}
GO_ON = Link("Go on", "/help")


@dataclass(frozen=True, slots=True)
class Told:
    """What the page and its fragment show."""

    title: str = "A sentence"
    text: str = "Its meaning."
    link: Link = GO_ON
    reference: str = ""


class CookieSessions(ASGIMiddleware):
    """Whoever brings the cookie `who=alice` is Alice; her session's token is `session of alice`."""

    exclude_opt_key = "no_session"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1").split("; ")
        name = next((each.removeprefix("who=") for each in cookies if each.startswith("who=")), "")
        badge = PEOPLE.get(name)
        viewer = Viewer(f"usr_{name}", name.title(), f"{name}@x.test", False, badge) if badge else None
        scope_state(scope).update(viewer=viewer, session_token=f"session of {name}" if viewer else None)
        await next_app(scope, receive, send)


@get("/told")
async def told(request: HttpRequest) -> Template:
    return page(request, "errors/page.html", Told(), part="errors/_notice.html", live="2 rows")


@get("/balance-changed")
async def balance_changed(request: HttpRequest) -> Template:
    return page(request, "errors/page.html", Told(), part="errors/_notice.html", badge=Badge(2, 0, 8))


@get("/dialog")
async def dialog() -> Response[str]:
    """What the gate answers: a dialog instead of the fragment that was asked for."""
    body = '<dialog aria-labelledby="ask"><h2 id="ask" tabindex="-1" autofocus>Unlock?</h2></dialog>'
    return Response(
        body, media_type="text/html", headers={"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"}
    )


@get("/fail/{name:str}")
async def fail(name: FromPath[str]) -> None:
    raise FAILURES[name]


@get("/wait/{seconds:int}")
async def wait(seconds: FromPath[int]) -> None:
    raise errors.TooManyTries(until_at=datetime(2026, 11, 22, tzinfo=UTC), wait_seconds=seconds)


@post("/form")
async def form(request: HttpRequest) -> dict[str, str]:
    return dict((await read_form(request)).fields)


@post("/hook", opt={"no_csrf": True})
async def hook() -> str:
    return "done"


@post("/act")
async def act(request: HttpRequest) -> Response[None]:
    return go(request, "/help", flash=Flash("done", "1 credit used <b>", Link("See it", "/transactions")))


@post("/pay")
async def pay(request: HttpRequest) -> Response[None]:
    return go(request, "https://checkout.stripe.com/c/pay/cs_1")


def small_site(options: SiteOptions = OPTIONS) -> Litestar:
    routes = [told, balance_changed, dialog, fail, wait, form, hook, act, pay]
    return Litestar(
        routes,
        middleware=[CookieSessions()],
        plugins=[Web(options)],
        request_max_body_size=LARGEST_FORM_BYTES,
        openapi_config=None,
    )


def client_of(app: Litestar, options: SiteOptions = OPTIONS, who: str = "", **more: Any) -> httpx.AsyncClient:
    """A browser of that person's, on this site."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False),
        base_url=options.base_url,
        cookies={"who": who} if who else {},
        **more,
    )


def create_small_site() -> Litestar:
    """For a server of its own: the address comes from the environment."""
    return small_site(replace(OPTIONS, base_url=os.environ["BASE_URL"]))
