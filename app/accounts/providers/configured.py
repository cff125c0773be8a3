"""Decides which sign-in providers there are, from the settings, and opens the way to them.

What checks their signatures is a tenth of a worker's memory, so it is loaded only for a provider that there is.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from app.accounts.providers.asking import provider_client
from app.accounts.providers.kept import Ticks
from app.settings import Settings
from app.sign_in_rules import KEYS_AT_ISSUER

if TYPE_CHECKING:
    from app.accounts.providers.clerk import ClerkTokens
    from app.accounts.providers.oidc import OidcProvider

CALLBACK = "/sign-in/oidc/callback"


class Providers:
    """Those that SIGN_IN lists; None where it does not."""

    def __init__(self, oidc: "OidcProvider | None", clerk: "ClerkTokens | None") -> None:
        self.oidc, self.clerk = oidc, clerk


@asynccontextmanager
async def sign_in_providers(settings: Settings) -> AsyncIterator[Providers]:
    """The providers, for one event loop."""
    async with provider_client() as client:
        yield providers_over(client, settings)


def providers_over(client: httpx.AsyncClient, settings: Settings, ticks: Ticks = time.monotonic) -> Providers:
    """The providers, asked through this client."""
    return Providers(
        _oidc(client, settings, ticks) if "oidc" in settings.sign_in else None,
        _clerk(client, settings, ticks) if "clerk" in settings.sign_in else None,
    )


def oidc_name(settings: Settings) -> str:
    """What people know the OpenID Connect provider as."""
    return settings.oidc_name or str(urlsplit(settings.oidc_issuer).hostname)


def host_product(settings: Settings) -> tuple[str, str]:
    """Name and address of the product whose people come in by Clerk: the first that may ask for tokens."""
    address = settings.clerk_authorized_parties[0]
    return urlsplit(address).netloc, address


def _oidc(client: httpx.AsyncClient, settings: Settings, ticks: Ticks) -> "OidcProvider":
    from app.accounts.providers.oidc import OidcProvider, Registration  # noqa: PLC0415

    registration = Registration(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.base_url + CALLBACK,
    )
    return OidcProvider(client, registration, ticks)


def _clerk(client: httpx.AsyncClient, settings: Settings, ticks: Ticks) -> "ClerkTokens":
    from app.accounts.providers.clerk import ClerkTokens  # noqa: PLC0415

    issuer = settings.clerk_tokens_are_signed_by
    keys_at = settings.clerk_jwks_url or issuer + KEYS_AT_ISSUER
    parties = settings.clerk_authorized_parties
    return ClerkTokens(client, issuer=issuer, keys_at=keys_at, parties=parties, ticks=ticks)
