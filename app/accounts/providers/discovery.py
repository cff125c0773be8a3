"""Decides where an OpenID Connect provider is to be asked for what, from what it publishes of itself.

Source: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from authlib.oidc.discovery import get_well_known_url

from app.accounts.errors import ProviderSilent
from app.accounts.providers.asking import Document, document_at

_ADDRESS = re.compile(r"https?://[!-~]+")
AUTHENTICATIONS = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A provider's addresses. `names_itself`: every way back says which provider it comes from (RFC 9207)."""

    authorize: str
    token: str
    keys: str
    userinfo: str | None
    authentication: str
    names_itself: bool


async def discovered(client: httpx.AsyncClient, issuer: str) -> Endpoints:
    """What the provider publishes of itself.

    Raises: ProviderSilent: it does not answer, speaks of another issuer, or cannot do what we need.
    """
    document = await document_at(client, get_well_known_url(issuer, external=True))
    if document.get("issuer") != issuer:
        raise ProviderSilent(f"{issuer} speaks of another issuer")
    optional = document.get("userinfo_endpoint")
    return Endpoints(
        authorize=_address(document, "authorization_endpoint", issuer),
        token=_address(document, "token_endpoint", issuer),
        keys=_address(document, "jwks_uri", issuer),
        userinfo=None if optional is None else _address(document, "userinfo_endpoint", issuer),
        authentication=_authentication(document),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Document, name: str, issuer: str) -> str:
    """An address that is as safe as the issuer's own."""
    found = document.get(name)
    if not isinstance(found, str) or not _ADDRESS.fullmatch(found) or not _is_as_safe(found, issuer):
        raise ProviderSilent(f"{name} cannot be used")
    return found


def _is_as_safe(address: str, issuer: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.scheme in {"https", urlsplit(issuer).scheme} and parts.port != 0
    except ValueError:
        return False


def _authentication(document: Document) -> str:
    known = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    for each in AUTHENTICATIONS:
        if isinstance(known, list) and each in known:
            return each
    raise ProviderSilent("no way to show the client's secret")
