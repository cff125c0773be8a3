"""Wires the product together: the only place that knows every feature."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from ipaddress import ip_network

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.types import ControllerRouterHandler

from app import database, readiness
from app.accounts import account_routes, limiting
from app.accounts.providers.configured import Providers, sign_in_providers
from app.accounts.sessions import current
from app.accounts.sessions import routes as sessions
from app.accounts.sessions.middleware import SessionMiddleware
from app.accounts.sign_in import provider_routes, removing_routes, ways_routes
from app.accounts.sign_in import routes as sign_in
from app.accounts.sign_in.mail import Mailer, mailer_for
from app.catalog.packs import UNLOCK_PRICE_CREDITS, Catalog, load_catalog
from app.checkout import routes as checkout
from app.checkout.handed_in import buying_for_workshops
from app.checkout.start import Shop
from app.clock import Clock, utc_now
from app.dashboard import routes as dashboard
from app.errors import SignInNeeded
from app.logs.steps import log_quietly
from app.onboarding import routes as onboarding
from app.operator import routes as operator
from app.payments.gateway import PaymentGateway
from app.payments.stripe_gateway import stripe_gateway
from app.privacy import routes as privacy
from app.reconcile.reconcile import reconcile
from app.reconcile.step import Means
from app.settings import BadSettings, Problem, Settings, unsafe
from app.ticking import ticking
from app.transactions import routes as transactions
from app.transactions.balance import routes as balance
from app.transactions.statements import routes as statements
from app.watch import routes as watch
from app.watch.looking import LOOK_EVERY_SECONDS, Watch
from app.web.filters import credits
from app.web.pages import with_nowhere
from app.web.plugin import Web
from app.web.request_id import RequestId
from app.web.security import LARGEST_FORM_BYTES
from app.web.site import SiteOptions
from app.web.words import said
from app.webhooks import routes as webhooks
from app.workshops import routes as workshops
from app.workshops.access import PaywallRules
from app.workshops.steps import FREE_RANGE, PAID_RANGE, STEPS

GatewayFactory = Callable[[Settings], AbstractAsyncContextManager[PaymentGateway]]

ROUTES: Sequence[ControllerRouterHandler] = [
    *sign_in.ROUTES,
    *account_routes.ROUTES,
    *provider_routes.ROUTES,
    *ways_routes.ROUTES,
    *removing_routes.ROUTES,
    *sessions.ROUTES,
    *checkout.ROUTES,
    *dashboard.ROUTES,
    *balance.ROUTES,
    *onboarding.ROUTES,
    *operator.ROUTES,
    *privacy.ROUTES,
    *readiness.ROUTES,
    *statements.ROUTES,
    *transactions.ROUTES,
    *watch.ROUTES,
    *webhooks.ROUTES,
    *workshops.ROUTES,
]


def create_app(
    settings: Settings,
    *,
    gateway: GatewayFactory = stripe_gateway,
    clock: Clock = utc_now,
    mailer: Mailer | None = None,
    reconcile_every_seconds: int = 0,
) -> Litestar:
    """The whole product for these settings; the database pool and the gateway live as long as its lifespan.

    Books are compared with Stripe's, and alerts given, only if an interval is: who serves gives that of the settings.
    Raises: BadSettings: something unsafe or unreadable, every problem named.
    """
    catalog = catalog_of(settings)
    if problems := unsafe(settings):
        raise BadSettings(problems)
    log_quietly()
    options = site_options(settings)
    post_office = mailer or mailer_for(smtp_url=settings.smtp_url, mail_from=settings.mail_from)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with database.pool(settings.database_url), _outside(app, settings, gateway):
            means = Means(app.state.gateway, rules_of(settings), clock)
            async with _beside(means, every_seconds=reconcile_every_seconds):
                yield

    app = Litestar(
        route_handlers=ROUTES,
        middleware=[RequestId(), SessionMiddleware(options, clock, settings.operators)],
        guards=[limiting.within_limits],
        plugins=[Web(options)],
        dependencies=_dependencies(settings, catalog, clock, post_office),
        exception_handlers={SignInNeeded: current.sign_in_first},
        lifespan=[lifespan],
        request_max_body_size=LARGEST_FORM_BYTES,
        openapi_config=None,
        debug=False,
    )
    return with_nowhere(app)


@asynccontextmanager
async def _beside(means: Means, *, every_seconds: int) -> AsyncIterator[None]:
    """What goes on while the application serves; both meet all other processes, so one setting switches them off."""
    compared = ticking("reconcile", partial(reconcile, means), every_seconds=every_seconds)
    watch_every_seconds = min(every_seconds, LOOK_EVERY_SECONDS)
    watched = ticking("watch", Watch(means.clock).look, every_seconds=watch_every_seconds)
    async with compared, watched:
        yield


@asynccontextmanager
async def _outside(app: Litestar, settings: Settings, gateway: GatewayFactory) -> AsyncIterator[None]:
    """The ways to Stripe and to the sign-in providers, as the routes are handed them."""
    async with gateway(settings) as payments, sign_in_providers(settings) as providers:
        app.state.gateway, app.state.providers = payments, providers
        yield


def catalog_of(settings: Settings) -> Catalog:
    """The catalogue of CATALOG_FILE. Raises: BadSettings: it cannot be read."""
    try:
        return load_catalog(settings.catalog_file)
    except (OSError, ValueError) as error:
        told = str(error).replace("\n", " ")[:300]
        raise BadSettings([Problem("CATALOG_FILE", str(settings.catalog_file), told)]) from error


def rules_of(settings: Settings) -> PaywallRules:
    """The paywall's switches, as the access decision takes them."""
    return PaywallRules(enabled=settings.paywall_enabled, cutoff=settings.paywall_cutoff)


def site_options(settings: Settings) -> SiteOptions:
    """What every page may know of the settings."""
    return SiteOptions(
        brand=settings.brand_name,
        support_email=settings.support_email,
        sales_email=settings.sales_email,
        base_url=settings.base_url,
        environment=settings.environment,
        secret=settings.session_secret.get_secret_value().encode(),
        checkout_origins=settings.stripe_checkout_origins,
        trusted_proxies=tuple(ip_network(each, strict=False) for each in settings.trusted_proxies),
        credit_hint=_credit_hint,
        free_hint=_free_hint,
    )


def _free_hint() -> str:
    return said(
        "A workshop has %(number)s steps. Steps %(steps)s are free in every workshop, for as long as you like.",
        number=len(STEPS),
        steps=FREE_RANGE,
    )


def _credit_hint() -> str:
    return said(
        "%(credits)s unlocks steps %(steps)s of one workshop, for good. Credits never expire.",
        credits=credits(UNLOCK_PRICE_CREDITS),
        steps=PAID_RANGE,
    )


def _dependencies(settings: Settings, catalog: Catalog, clock: Clock, mailer: Mailer) -> dict[str, Provide]:
    rules = rules_of(settings)

    def payments(state: State) -> PaymentGateway:
        found: PaymentGateway = state.gateway
        return found

    def sign_in_by(state: State) -> Providers:
        found: Providers = state.providers
        return found

    async def shop(gateway: NamedDependency[PaymentGateway]) -> Shop:
        return Shop(gateway, catalog, rules, settings.base_url, clock)

    return {
        "settings": _value(settings),
        "catalog": _value(catalog),
        "clock": _value(clock),
        "mailer": _value(mailer),
        "rules": _value(rules),
        "gateway": Provide(payments, sync_to_thread=False),
        "providers": Provide(sign_in_by, sync_to_thread=False),
        "viewer": Provide(current.viewer),
        "visitor": Provide(current.visitor),
        "shop": Provide(shop),
        "buy_and_unlock": Provide(buying_for_workshops),
    }


def _value(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False, use_cache=True)
