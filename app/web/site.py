"""Decides what every page may know of the site and its viewer. Knows no feature, reads no database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal, TypeAlias

from litestar import Request
from litestar.types import Scope

from app.web.flash import Flash
from app.web.manner import PLAIN, Manner

HttpRequest: TypeAlias = Request[Any, Any, Any]
Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Badge:
    """The balance as the header shows it.

    Units: whole credits; `ledger_seq` is the person's newest counted row, so that the newest badge wins.
    """

    balance_credits: int
    pending_credits: int
    ledger_seq: int

    @property
    def mark(self) -> str:
        """What tells two badges apart."""
        return f"{self.ledger_seq}.{self.pending_credits}"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person, as far as pages need to know. `hints_due`: those they have not put away yet.

    Without a `theme` the system's light or dark counts.
    """

    clerk_user_id: str
    name: str
    email: str
    is_operator: bool
    badge: Badge
    theme: str = ""
    manner: Manner = PLAIN
    hints_due: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What the pages take from the settings; `application.py` fills it in.

    `credit_hint` says what a credit opens, from the step list and the catalogue, in the reader's language; `free_hint`
    what is free.
    """

    brand: str
    support_email: str
    sales_email: str
    base_url: str
    environment: Literal["development", "production"]
    secret: bytes
    checkout_origins: tuple[str, ...]
    credit_hint: Callable[[], str]
    free_hint: Callable[[], str]
    trusted_proxies: tuple[Network, ...] = ()

    @property
    def is_https(self) -> bool:
        """True when the browser reaches us encrypted, so cookies may be `Secure`."""
        return self.base_url.startswith("https://")

    @property
    def is_development(self) -> bool:
        """True on a developer's machine."""
        return self.environment == "development"


@dataclass(frozen=True, slots=True)
class Site:
    """`site` in every template. `is_known` is False where nobody asked who the viewer is.

    `here`: the address to look at this page again, with its query; empty for the answer to a form.
    """

    options: SiteOptions
    viewer: Viewer | None
    badge: Badge | None
    is_known: bool
    flash: Flash | None
    path: str
    here: str
    is_fragment: bool
    live: str
    token: Callable[[], str] = field(repr=False)

    @property
    def brand(self) -> str:
        """The product's name."""
        return self.options.brand

    @property
    def support_email(self) -> str:
        """Where people write for help."""
        return self.options.support_email

    @property
    def sales_email(self) -> str:
        """Where people write to buy more than the packs."""
        return self.options.sales_email

    @property
    def environment(self) -> str:
        """`development` or `production`."""
        return self.options.environment

    @property
    def credit_hint(self) -> str:
        """What one credit opens, in a sentence."""
        return self.options.credit_hint()

    @property
    def free_hint(self) -> str:
        """What is free of charge, in a sentence."""
        return self.options.free_hint()

    @property
    def csrf_token(self) -> str:
        """The token every form carries; asking for it gives a signed-out browser its form cookie."""
        return self.token()


def options_of(request: HttpRequest) -> SiteOptions:
    """The site's options, as `Web` left them on the application."""
    options: SiteOptions = request.app.state.site_options
    return options


def viewer_of(request: HttpRequest) -> Viewer | None:
    """The signed-in person, or None."""
    viewer: Viewer | None = scope_state(request.scope).get("viewer")
    return viewer


def asked_at(request: HttpRequest) -> datetime:
    """The moment the request came, by the application's clock; set where the viewer is asked for."""
    moment: datetime = scope_state(request.scope)["asked_at"]
    return moment


def scope_state(scope: Scope) -> dict[str, Any]:
    """What middleware and handlers of one request tell each other."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state
