"""The whole product beside an offline Stripe, and the browsers of its customers. They press the buttons they see."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import httpx
from litestar import Litestar

from app.accounts.sessions import session
from app.application import create_app
from app.catalog.packs import Catalog, load_catalog
from app.checkout.fulfilment import fulfil
from app.checkout.outcome import Fulfilment, Source
from app.checkout.prices import push_catalog
from app.clock import utc_now
from app.database import row, tx
from app.payments.gateway import PaymentGateway
from app.settings import Settings
from app.workshops.access import PaywallRules
from tests.lifespan import alive
from tests.sandbox_server import RunningSandbox
from tests.web.reading import parsed, untokened, words

ORIGIN = "http://127.0.0.1:8000"
FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
SECRET = "whsec_of_these_tests"


@dataclass(frozen=True)
class Seen:
    """An answer, read as a browser reads it."""

    answer: httpx.Response

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def location(self) -> str:
        return self.answer.headers["location"]

    @property
    def bare(self) -> str:
        """The answer, to be compared with another."""
        return untokened(self.answer.text)

    @property
    def html(self) -> Element:
        return parsed(self.answer.text)

    @property
    def text(self) -> str:
        """What is read in the page's main part."""
        return words(next(self.html.iter("main")))

    @property
    def heading(self) -> str:
        return words(next(self.html.iter("h1")))

    @property
    def badge(self) -> str:
        return words(next(each for each in self.html.iter("a") if each.get("id") == "balance"))

    def forms(self, action: str) -> list[dict[str, str]]:
        """What each form that posts there would send."""
        found = [form for form in self.html.iter("form") if form.get("action") == action]
        return [{str(i.get("name")): i.get("value") or "" for i in form.iter("input")} for form in found]

    def links(self) -> dict[str, str]:
        """The words of each link and where it leads."""
        return {words(each): each.get("href") or "" for each in next(self.html.iter("main")).iter("a")}


class Browser:
    """One cookie jar."""

    def __init__(self, app: Litestar) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # typed loosely
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Seen:
        return Seen(await self.client.get(path, headers=headers))

    async def send(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Seen:
        return Seen(await self.client.post(path, data=fields, headers=headers))

    async def press(self, seen: Seen, action: str, **wanted: str) -> Seen:
        """Send the one form of a page that posts there and holds these fields."""
        [fields] = [form for form in seen.forms(action) if wanted.items() <= form.items()]
        return await self.send(action, fields)

    async def buy(self, pack: str, page: str = "/pricing") -> str:
        """Press a pack's button, and come to the payment page: the id of its checkout session."""
        pressed = await self.press(await self.get(page), "/checkout", pack=pack)
        assert pressed.status == 303, pressed.text
        return session_id_of(pressed.location)


@dataclass(frozen=True)
class Site:
    """The running product and its sandbox."""

    app: Litestar
    sandbox: RunningSandbox
    catalog: Catalog

    @property
    def gateway(self) -> PaymentGateway:
        found: PaymentGateway = self.app.state.gateway
        return found

    def stranger(self) -> Browser:
        return Browser(self.app)

    async def browser_of(self, user_id: str) -> Browser:
        """A browser in which this person is signed in."""
        async with tx():
            token = await session.create(user_id, provider="demo", now=utc_now())
        browser = Browser(self.app)
        browser.client.cookies.set("session", token, domain="127.0.0.1")
        return browser

    async def webhook(self, session_id: str) -> Fulfilment:
        """What Stripe's message about this session would do."""
        source = Source("webhook", event_id="evt_test", event_type="checkout.session.completed")
        return await fulfil(
            session_id, source=source, gateway=self.gateway, rules=PaywallRules(), now=utc_now()
        )


@asynccontextmanager
async def running_site(database_url: str, sandbox: RunningSandbox, **changes: Any) -> AsyncIterator[Site]:
    """The product, with prices at the sandbox unless `without_prices`."""
    without_prices = changes.pop("without_prices", False)
    settings = Settings.model_validate(_settings(database_url, sandbox) | changes)
    app = create_app(settings)
    async with alive(app):
        site = Site(app, sandbox, load_catalog(settings.catalog_file))
        if not without_prices:
            await push_catalog(site.gateway, site.catalog)
        yield site


def session_id_of(payment_page: str) -> str:
    """The checkout session that a payment page belongs to."""
    return urlsplit(payment_page).path.removeprefix("/c/pay/")


def return_path(session_id: str) -> str:
    """Where the payment service sends the buyer."""
    return f"/checkout/success?session_id={session_id}"


def return_to_of(location: str) -> str:
    """Where sign-in would lead back to."""
    return parse_qs(urlsplit(location).query)["return_to"][0]


async def purchase_of_session(session_id: str) -> dict[str, Any]:
    """The stored purchase of a checkout session."""
    found = await row("SELECT * FROM purchases WHERE stripe_session_id = $1", session_id)
    assert found is not None
    return dict(found)


async def purchases_of(user_id: str) -> int:
    """How many purchases a person has."""
    found = await row("SELECT count(*) AS n FROM purchases WHERE clerk_user_id = $1", user_id)
    assert found is not None
    return int(found["n"])


def _settings(database_url: str, sandbox: RunningSandbox) -> dict[str, Any]:
    return {
        "environment": "development",
        "database_url": database_url,
        "base_url": ORIGIN,
        "session_secret": "s" * 40,
        "stripe_secret_key": "sk_test_of_these_tests",
        "stripe_webhook_secret": (SECRET,),
        "stripe_api_base": sandbox.url,
        "stripe_checkout_origins": (sandbox.url,),
        "sign_in": ("demo", "email"),
    }
