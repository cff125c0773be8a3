"""The pages of this feature in an application of their own, with a clock and a mailbox that tests can reach."""

import itertools
from collections.abc import AsyncIterator, Callable
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
from app.catalog.packs import load_catalog
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


@dataclass
class Parts:
    """What an application asks for at each request, so that tests can share one and have these for themselves."""

    clock: SetClock
    mailer: Mailer
    providers: Providers

    def now(self) -> datetime:
        return self.clock()


def application(settings: Settings, parts: Parts) -> Litestar:
    """Making one takes longer than most tests."""
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

    catalog = load_catalog(settings.catalog_file)

    def given(now: Callable[[], object]) -> Provide:
        return Provide(now, sync_to_thread=False)

    return Litestar(
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
        middleware=[SessionMiddleware(options, parts.now)],
        guards=[within_limits],
        plugins=[Web(options)],
        dependencies={
            "settings": given(lambda: settings),
            "catalog": given(lambda: catalog),
            "clock": given(lambda: parts.clock),
            "mailer": given(lambda: parts.mailer),
            "providers": given(lambda: parts.providers),
            "viewer": Provide(viewer),
            "visitor": Provide(visitor),
        },
        exception_handlers={SignInNeeded: sign_in_first},
        openapi_config=None,
    )


@dataclass(frozen=True)
class Shared:
    """An application that many tests use, one after the other."""

    app: Litestar
    parts: Parts
    settings: Settings

    def anew(self, http: httpx.AsyncClient | None = None, clock: SetClock | None = None) -> Site:
        """As if it had just been made: with a clock and a mailbox of its own, and nothing known of any provider."""
        clock, mailbox = clock or SetClock(), DevelopmentMailer()
        self.parts.clock, self.parts.mailer = clock, mailbox
        self.parts.providers = known_providers(self.settings, http, clock)
        return Site(self.app, clock, mailbox, self.settings.base_url)


def shared(settings: Settings) -> Shared:
    parts = Parts(SetClock(), DevelopmentMailer(), Providers(None, None))
    return Shared(application(settings, parts), parts, settings)


def known_providers(settings: Settings, http: httpx.AsyncClient | None, clock: SetClock) -> Providers:
    return providers_over(http, settings, clock.ticks) if http else Providers(None, None)


def site_with(
    settings: Settings,
    mailer: Mailer | None = None,
    *,
    http: httpx.AsyncClient | None = None,
    clock: SetClock | None = None,
) -> Site:
    """An application of one's own for these settings; `http` is the way to providers, where there are any."""
    made = shared(settings)
    site = made.anew(http, clock)
    made.parts.mailer = mailer or site.mailer
    return site


@pytest.fixture(scope="session")
def shared_site() -> Shared:
    return shared(settings_with())


@pytest.fixture
def site(pool: None, shared_site: Shared) -> Site:
    return shared_site.anew()


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


@pytest.fixture(scope="module")
def shared_oidc_site(running: tuple[Provider, httpx.AsyncClient]) -> Shared:
    settings = settings_with(
        sign_in=("email", "oidc"),
        oidc_issuer=running[0].issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Acme",
    )
    return shared(settings)


@pytest.fixture
def oidc_site(
    pool: None, shared_oidc_site: Shared, provider: Provider, running: tuple[Provider, httpx.AsyncClient]
) -> Site:
    """The application, where people come in by that provider; their clocks are one."""
    return shared_oidc_site.anew(running[1], cast(SetClock, provider.clock))


@pytest.fixture
def instance() -> ClerkInstance:
    """A Clerk instance of the test's own."""
    return ClerkInstance(SetClock())


@pytest.fixture(scope="session")
def shared_clerk_site() -> Shared:
    issuer = ClerkInstance(SetClock()).issuer
    return shared(
        settings_with(
            sign_in=("clerk",), clerk_issuer=issuer, clerk_authorized_parties=(HOST, "https://b.test")
        )
    )


@pytest.fixture
def clerk_site(pool: None, shared_clerk_site: Shared, instance: ClerkInstance) -> Site:
    """The application, where the people of that instance come in; their clocks are one."""
    return shared_clerk_site.anew(httpx.AsyncClient(transport=instance), cast(SetClock, instance.clock))


@pytest.fixture(scope="module")
def shared_everywhere(running: tuple[Provider, httpx.AsyncClient]) -> Shared:
    issuer = running[0].issuer
    settings = settings_with(
        sign_in=("clerk", "demo", "email", "oidc"),
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Acme",
        clerk_issuer=issuer,
        clerk_authorized_parties=(HOST,),
    )
    return shared(settings)


@pytest.fixture
def everywhere(
    pool: None, shared_everywhere: Shared, provider: Provider, running: tuple[Provider, httpx.AsyncClient]
) -> Site:
    """The application with every way in; the keys of the Clerk instance are the provider's."""
    return shared_everywhere.anew(running[1], cast(SetClock, provider.clock))


@pytest.fixture
def alice(site: Site) -> Browser:
    """Alice's browser; `site.browser()` is somebody else's."""
    return site.browser()
