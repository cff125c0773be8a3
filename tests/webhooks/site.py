"""The whole product beside a sandbox that delivers to it, for tests of what Stripe sends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import stripe
from litestar import Litestar

from app.accounts.sessions import session
from app.application import create_app
from app.clock import utc_now
from app.database import row, rows, tx
from app.payments.gateway import PaymentGateway
from app.settings import Settings
from tests.checkout.till import BASE_URL, SECRET, Till, open_till, settings_for
from tests.conftest import beside_other_pools
from tests.lifespan import alive

PATH = "/webhooks/stripe"


class Wire(httpx.AsyncBaseTransport):
    """Carries webhooks into the application once there is one."""

    def __init__(self) -> None:
        self.inner: httpx.ASGITransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert self.inner is not None
        return await self.inner.handle_async_request(request)


@dataclass(frozen=True)
class Site:
    """A running application. `http` is anybody out there; `till` is where people buy."""

    app: Litestar
    till: Till
    http: httpx.AsyncClient

    async def post(self, body: bytes, header: str | None = None, **more: Any) -> httpx.Response:
        """Send a body as Stripe would, under this signature header."""
        headers = {"content-type": "application/json"} | more.pop("headers", {})
        if header is not None:
            headers["stripe-signature"] = header
        return await self.http.post(PATH, content=body, headers=headers, **more)

    async def send(self, event: dict[str, Any], **more: Any) -> httpx.Response:
        """Send an event, signed now."""
        body = json.dumps(event).encode()
        return await self.post(body, signature(body), **more)

    async def signed_in(self, user_id: str) -> httpx.AsyncClient:
        """The browser of this person."""
        async with tx():
            token = await session.create(user_id, provider="demo", now=utc_now())
        return client_of(self.app, cookies={"session": token})


def client_of(app: Litestar, **more: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # typed loosely
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL, **more)


def signature(body: bytes, *, secret: str = SECRET, shift_seconds: int = 0) -> str:
    at = int(utc_now().timestamp()) + shift_seconds
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return header


def event_of(
    session_id: str | None, *, event_id: str, kind: str = "completed", **more: Any
) -> dict[str, Any]:
    """A snapshot event about a checkout session."""
    about = {"object": "checkout.session"} | ({"id": session_id} if session_id else {})
    event = {"id": event_id, "object": "event", "type": f"checkout.session.{kind}", "livemode": False}
    return event | {"data": {"object": about}} | more


async def stored(event_id: str) -> asyncpg.Record:
    found = await row("SELECT * FROM stripe_events WHERE stripe_event_id = $1", event_id)
    assert found is not None, f"{event_id} was not stored"
    return found


async def events_about(session_id: str) -> list[asyncpg.Record]:
    return await rows("SELECT * FROM stripe_events WHERE object_id = $1 ORDER BY received_at", session_id)


async def count_of_events() -> int:
    [found] = await rows("SELECT count(*) AS number FROM stripe_events")
    return int(found["number"])


@asynccontextmanager
async def open_site(database_url: str) -> AsyncIterator[Site]:
    """The application with a pool of its own."""
    wire, forward_to = Wire(), f"{BASE_URL}{PATH}"
    async with open_till(webhook_transport=wire, forward_to=forward_to) as till:
        settings = settings_for(till.sandbox.url, database_url=database_url)
        app = create_app(settings, gateway=_handing(till.shop.gateway))
        with beside_other_pools():
            async with alive(app):
                wire.inner = httpx.ASGITransport(app)  # type: ignore[arg-type]  # typed loosely
                async with client_of(app) as http:
                    yield Site(app, till, http)


def _handing(gateway: PaymentGateway) -> Any:
    @asynccontextmanager
    async def hand_in(settings: Settings) -> AsyncIterator[PaymentGateway]:
        yield gateway

    return hand_in
