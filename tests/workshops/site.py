"""The whole application for the tests of workshops, with browsers that are signed in already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
from litestar import Litestar

from app.accounts.sessions import session
from app.application import create_app
from app.web.csrf import csrf_token
from tests.checkout.till import Till, settings_for

HTMX = {"HX-Request": "true"}
SECRET = b"s" * 32


class SetClock:
    """The present, until a test moves it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Browser:
    """One signed-in person's browser: it knows its session, so it can fill in any form."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        data = {"csrf_token": csrf_token(self.token, SECRET), **(fields or {})}
        return await self.client.post(path, data=data, headers=headers)


@dataclass(frozen=True)
class Site:
    """A running application. `till` is where its payments go."""

    app: Litestar
    till: Till
    clock: SetClock

    async def browser(self, user_id: str, *, provider: str = "demo") -> Browser:
        token = await session.create(user_id, provider=provider, now=self.clock())
        client = self.nobody()
        client.cookies.set("session", token)
        return Browser(client, token)

    def nobody(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(cast(Any, self.app), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://testserver")


def site_with(till: Till, **settings: Any) -> Site:
    """The application for these settings; its pool is the tests' own."""
    clock = SetClock()
    given = settings_for(till.sandbox.url, database_url="postgresql://tests@/billing", **settings)
    app = create_app(given.model_copy(update={"stripe_checkout_origins": (till.sandbox.url,)}), clock=clock)
    app.state.gateway = till.shop.gateway
    return Site(app, till, clock)
