"""The pages of this feature in an application of their own, with a clock and a mailbox that tests can reach."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from random import randrange
from typing import cast

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar, get, post
from litestar.di import NamedDependency, Provide

from app.accounts import account_routes
from app.accounts.limiting import within_limits
from app.accounts.providers.asking import PATIENCE
from app.accounts.providers.configured import CALLBACK, Providers, providers_over
from app.accounts.sessions import routes as sessions
from app.accounts.sessions.current import sign_in_first, viewer, visitor
from app.accounts.sessions.middleware import SessionMiddleware
from app.accounts.sign_in import provider_routes, removing_routes, ways_routes
from app.accounts.sign_in import routes as sign_in
from app.accounts.sign_in.mail import DevelopmentMailer, Mailer
from app.errors import SignInNeeded
from app.settings import Settings
from app.web.plugin import Web
from app.web.site import SiteOptions, Viewer
from tests.accounts.browsers import Browser
from tests.accounts.clerk_instance import HOST, ClerkInstance
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider

_machines = itertools.count()
ORIGIN = "http://127.0.0.1:8000"
SECRET = "s" * 32


class SetClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def ticks(self) -> float:
        return self.now.timestamp()


@dataclass(frozen=True)
class Site:
    """A running application: `browser()` is somebody else's machine each time."""

    app: Litestar
    clock: SetClock
    mailer: DevelopmentMailer
    origin: str

    def browser(self, client: str | None = None) -> Browser:
        """At an address of its own, unless one is given."""
        at = client or f"10.{next(_machines) % 256}.{randrange(256)}.{randrange(256)}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(at, 1))  # type: ignore[arg-type]  # typed loosely
        return Browser(httpx.AsyncClient(transport=transport, base_url=self.origin))

    @property
    def mailed_path(self) -> str:
        """The path of the link in the newest letter."""
        return self.mailer.letters[0].link.removeprefix(self.origin)


@get("/dashboard")
async def dashboard(viewer: NamedDependency[Viewer]) -> dict[str, object]:
    """Stands for any page that needs a signed-in person."""
    return {"user": viewer.clerk_user_id, "balance": viewer.badge.balance_credits, "name": viewer.name}


@get("/pricing")
async def pricing(visitor: NamedDependency[Viewer | None]) -> dict[str, object]:
    """Stands for any public page."""
    return {"user": visitor.clerk_user_id if visitor else None}


@post("/workshops")
async def create(viewer: NamedDependency[Viewer]) -> dict[str, object]:
    """Stands for any form of a signed-in person."""
    return {"user": viewer.clerk_user_id}


def settings_with(**changes: object) -> Settings:
    """Settings of a developer's machine, built by hand."""
    given: dict[str, object] = {
        "environment": "development",
        "database_url": "postgresql://nobody@127.0.0.1/none",
        "base_url": ORIGIN,
        "session_secret": SECRET,
        "stripe_secret_key": "sk_test_123",
        "stripe_webhook_secret": ("whsec_123456",),
        "sign_in": ("demo", "email"),
    }
    return Settings.model_validate(given | changes)


def site_with(
    settings: Settings,
    mailer: Mailer | None = None,
    *,
    http: httpx.AsyncClient | None = None,
    clock: SetClock | None = None,
) -> Site:
    """The application for these settings; `http` is the way to providers, where there are any."""
    clock, mailbox = clock or SetClock(), DevelopmentMailer()
    providers = providers_over(http, settings, clock.ticks) if http else Providers(None, None)
    options = SiteOptions(
        brand=settings.brand_name,
        support_email=settings.support_email,
        sales_email=settings.sales_email,
        base_url=settings.base_url,
        environment=settings.environment,
        secret=SECRET.encode(),
        checkout_origins=(),
        credit_hint=lambda: "One credit opens the rest of one workshop.",
        free_hint=lambda: "The first steps are free.",
        trusted_proxies=tuple(ip_network(each) for each in settings.trusted_proxies),
    )

    def given(value: object) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    app = Litestar(
        route_handlers=[
            *sign_in.ROUTES,
            *account_routes.ROUTES,
            *provider_routes.ROUTES,
            *ways_routes.ROUTES,
            *removing_routes.ROUTES,
            *sessions.ROUTES,
            dashboard,
            pricing,
            create,
        ],
        middleware=[SessionMiddleware(options, clock)],
        guards=[within_limits],
        plugins=[Web(options)],
        dependencies={
            "settings": given(settings),
            "clock": given(clock),
            "mailer": given(mailer or mailbox),
            "providers": given(providers),
            "viewer": Provide(viewer),
            "visitor": Provide(visitor),
        },
        exception_handlers={SignInNeeded: sign_in_first},
        openapi_config=None,
    )
    return Site(app, clock, mailbox, settings.base_url)


@pytest_asyncio.fixture(loop_scope="session")
async def site(pool: None) -> AsyncIterator[Site]:
    yield site_with(settings_with())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running() -> AsyncIterator[tuple[Provider, httpx.AsyncClient]]:
    """A provider with a clock of its own, and the way to it."""
    async with (
        running_provider(SetClock(), ORIGIN + CALLBACK) as provider,
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http,
    ):
        yield provider, http


@pytest.fixture
def provider(running: tuple[Provider, httpx.AsyncClient]) -> Provider:
    """The provider, as if nobody had asked it for anything yet."""
    running[0].reset()
    return running[0]


@pytest.fixture
def oidc_site(pool: None, provider: Provider, running: tuple[Provider, httpx.AsyncClient]) -> Site:
    """The application, where people come in by that provider; their clocks are one."""
    settings = settings_with(
        sign_in=("email", "oidc"),
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Acme",
    )
    return site_with(settings, http=running[1], clock=cast(SetClock, provider.clock))


@pytest.fixture
def instance() -> ClerkInstance:
    """A Clerk instance of the test's own."""
    return ClerkInstance(SetClock())


@pytest.fixture
def clerk_site(pool: None, instance: ClerkInstance) -> Site:
    """The application, where the people of that instance come in; their clocks are one."""
    settings = settings_with(
        sign_in=("clerk",), clerk_issuer=instance.issuer, clerk_authorized_parties=(HOST, "https://b.test")
    )
    http = httpx.AsyncClient(transport=instance)
    return site_with(settings, http=http, clock=cast(SetClock, instance.clock))


@pytest.fixture
def alice(site: Site) -> Browser:
    """Alice's browser; `site.browser()` is somebody else's."""
    return site.browser()
