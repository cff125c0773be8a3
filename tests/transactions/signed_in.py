"""The whole application over the tests' pool, seen by signed-in people; no payment service answers it."""

import html5lib
import httpx
from litestar import Litestar

from app.accounts import sessions
from app.application import create_app
from app.database import tx
from app.errors import StripeUnavailable
from app.payments.gateway import PriceRef, Sellable
from app.settings import Settings
from tests.transactions.ledgers import NOW

ORIGIN = "http://127.0.0.1:8000"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class SilentStripe:
    """A payment service that does not answer: pages that only read must not mind."""

    async def price_for(self, pack: Sellable) -> PriceRef | None:
        raise StripeUnavailable(pack.slug)


def reading_app(**changes: object) -> Litestar:
    """The application; its clock stands at `NOW`. The caller holds the pool."""
    given: dict[str, object] = {
        "environment": "development",
        "database_url": "postgresql://nobody@127.0.0.1/none",
        "base_url": ORIGIN,
        "session_secret": "s" * 32,
        "stripe_secret_key": "sk_test_123",
        "stripe_webhook_secret": ("whsec_123456",),
        "sign_in": ("demo",),
    }
    app = create_app(Settings.model_validate(given | changes), clock=lambda: NOW)
    app.state.gateway = SilentStripe()
    return app


async def signed_in(app: Litestar, user_id: str) -> httpx.AsyncClient:
    """A browser in which this person is signed in; each call is another browser."""
    async with tx():
        token = await sessions.create(user_id, provider="test", now=NOW)
    return stranger(app, session=token)


def stranger(app: Litestar, **cookies: str) -> httpx.AsyncClient:
    """A browser in which nobody is signed in."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies)


class Html:
    """A page or fragment, asked by tag, id and attribute."""

    def __init__(self, answer: httpx.Response) -> None:
        self.root = html5lib.parse(answer.text, namespaceHTMLElements=False)

    def all(self, tag: str, **wanted: str) -> list["Element"]:
        """Every such element; `class_` may name one class of several."""
        return Element(self.root).all(tag, **wanted)

    def one(self, tag: str, **wanted: str) -> "Element":
        """The one such element."""
        [found] = self.all(tag, **wanted)
        return found

    def ids(self) -> list[str]:
        """All ids, in order."""
        return [found.get("id") for found in self.root.iter() if found.get("id")]

    @property
    def text(self) -> str:
        """What a person reads, with single blanks."""
        return Element(self.root).text


class Element:
    """One element of a page."""

    def __init__(self, element: object) -> None:
        self.element = element

    def __getitem__(self, attribute: str) -> str:
        return self.element.get(attribute)  # type: ignore[attr-defined]  # html5lib builds elements of its own kind

    def all(self, tag: str, **wanted: str) -> list["Element"]:
        """Every such element inside."""
        asked = {name.rstrip("_").replace("_", "-"): text for name, text in wanted.items()}
        found = self.element.iter(tag)  # type: ignore[attr-defined]  # as above
        return [Element(each) for each in found if all(_has(each, *pair) for pair in asked.items())]

    @property
    def text(self) -> str:
        """What a person reads, with single blanks."""
        return " ".join("".join(self.element.itertext()).split())  # type: ignore[attr-defined]  # as above


def _has(element: object, attribute: str, text: str) -> bool:
    found = element.get(attribute)  # type: ignore[attr-defined]  # as above
    return text in (found or "").split() if attribute == "class" else found == text
