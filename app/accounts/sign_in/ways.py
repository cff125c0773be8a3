"""Tells in which ways a person can sign in, and which could be added. Knows no request and no page."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import asyncpg

from app.accounts.providers.configured import host_product, oidc_name
from app.database import rows
from app.settings import Settings
from app.web.words import said

WAYS = """
SELECT provider, subject, email, created_at
  FROM identities
 WHERE clerk_user_id = $1
 ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: what it is called, whose it is there, and since when it leads here."""

    name: str
    whose: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Ways:
    """All of a person's, oldest first; `oidc` and `clerk` name those that could be added, else they are empty."""

    here: tuple[Way, ...]
    oidc: str
    clerk: str
    takes_email: bool


async def ways_of(user_id: str, settings: Settings) -> Ways:
    """The ways in of this person. A provider whose account is known here already is not offered again."""
    found = await rows(WAYS, user_id)
    known = {each["provider"] for each in found}
    adds_oidc = "oidc" in settings.sign_in and settings.oidc_issuer not in known
    adds_clerk = "clerk" in settings.sign_in and "clerk" not in known
    return Ways(
        tuple(_way(each, settings) for each in found),
        oidc_name(settings) if adds_oidc else "",
        host_product(settings)[0] if adds_clerk else "",
        "email" in settings.sign_in,
    )


def _way(found: asyncpg.Record, settings: Settings) -> Way:
    provider: str = found["provider"]
    named = {"email": said("Link by e-mail"), "demo": said("Demo person")}
    if provider == "clerk":
        name = host_product(settings)[0] if settings.clerk_authorized_parties else "Clerk"
    elif provider == settings.oidc_issuer:
        name = oidc_name(settings)
    else:
        name = named.get(provider) or urlsplit(provider).hostname or provider
    return Way(name, found["email"] or "", found["created_at"])
