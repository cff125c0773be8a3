"""Tells in which ways a person can sign in, which could be added, and which removed. Knows no request and no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import asyncpg

from app.accounts.providers.configured import host_product, oidc_name
from app.database import rows
from app.settings import Settings
from app.web.words import said

WAYS = """
SELECT id, provider, subject, email, created_at
  FROM identities
 WHERE clerk_user_id = $1
 ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: what it is called, whose it is there, since when it leads here, and whether it may be removed."""

    way_id: str
    provider: str
    name: str
    whose: str
    since_at: datetime
    can_go: bool


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
    can_go = removable(user_id, found, settings)
    known = {each["provider"] for each in found}
    adds_oidc = "oidc" in settings.sign_in and settings.oidc_issuer not in known
    adds_clerk = "clerk" in settings.sign_in and "clerk" not in known
    return Ways(
        tuple(way_told(each, settings, can_go=each["id"] in can_go) for each in found),
        oidc_name(settings) if adds_oidc else "",
        host_product(settings)[0] if adds_clerk else "",
        "email" in settings.sign_in,
    )


def removable(user_id: str, found: Sequence[asyncpg.Record], settings: Settings) -> set[str]:
    """Of all of a person's ways in, the ids of those without which they still come in, by what is offered today.

    A host product's account that this one is named after, or a demo person, would lead here all the same: they stay.
    """
    left = {each["id"] for each in found if _is_offered(each["provider"], settings)}
    of_itself = {each["id"] for each in found if each["subject"] == user_id or each["provider"] == "demo"}
    return {each["id"] for each in found if left - {each["id"]}} - of_itself


def _is_offered(provider: str, settings: Settings) -> bool:
    way = "oidc" if provider == settings.oidc_issuer else provider
    return way in settings.sign_in


def way_told(found: asyncpg.Record, settings: Settings, *, can_go: bool) -> Way:
    """One of a person's ways in, as a page names it."""
    provider: str = found["provider"]
    named = {"email": said("Link by e-mail"), "demo": said("Demo person")}
    if provider == "clerk":
        name = host_product(settings)[0] if settings.clerk_authorized_parties else "Clerk"
    elif provider == settings.oidc_issuer:
        name = oidc_name(settings)
    else:
        name = named.get(provider) or urlsplit(provider).hostname or provider
    return Way(found["id"], provider, name, found["email"] or "", found["created_at"], can_go)
