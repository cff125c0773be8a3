"""The whole application over the tests' pool, seen by signed-in people; no payment service answers it."""

import xml.etree.ElementTree as ET
from typing import Any, cast

import html5lib
import httpx
from litestar import Litestar

from app.accounts.sessions import session
from app.application import create_app
from app.database import tx
from app.settings import Settings
from tests.fakes import SilentGateway
from tests.transactions.ledgers import NOW

ORIGIN = "http://127.0.0.1:8000"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


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
    app.state.gateway = SilentGateway()
    return app


async def signed_in(app: Litestar, user_id: str) -> httpx.AsyncClient:
    """A browser in which this person is signed in; each call is another browser."""
    async with tx():
        token = await session.create(user_id, provider="test", now=NOW)
    return stranger(app, session=token)


def stranger(app: Litestar, **cookies: str) -> httpx.AsyncClient:
    """A browser in which nobody is signed in."""
    transport = httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies)


class Element:
    """One element of a page."""

    def __init__(self, element: ET.Element) -> None:
        self.element = element

    def __getitem__(self, attribute: str) -> str:
        return self.element.get(attribute, "")

    def all(self, tag: str, **wanted: str) -> list["Element"]:
        """Every such element inside; `class_` may name one class of several."""
        asked = {name.rstrip("_").replace("_", "-"): text for name, text in wanted.items()}
        found = self.element.findall(f".//{{*}}{tag}")  # drawings have a namespace, the rest has none
        return [Element(each) for each in found if all(_has(each, *pair) for pair in asked.items())]

    def one(self, tag: str, **wanted: str) -> "Element":
        """The one such element."""
        [found] = self.all(tag, **wanted)
        return found

    @property
    def text(self) -> str:
        """What a person reads, with single blanks."""
        return " ".join("".join(self.element.itertext()).split())


class Html(Element):
    """A page or fragment."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(html5lib.parse(answer.text, namespaceHTMLElements=False))


def _has(element: ET.Element, attribute: str, text: str) -> bool:
    found = element.get(attribute)
    return text in (found or "").split() if attribute == "class" else found == text
