"""Decides whom a session token of Clerk's proves. The host product has signed the person in; we only believe it.

Source: https://clerk.com/docs/guides/sessions/manual-jwt-verification
"""

import re
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import httpx
from joserfc.errors import ExpiredTokenError
from joserfc.jwt import JWTClaimsRegistry

from app.accounts.errors import StaleProof, UntrustedProof
from app.accounts.people import Proven
from app.accounts.providers.asking import document_at
from app.accounts.providers.kept import Kept, Ticks
from app.accounts.providers.keys import KeyRing, keys_by
from app.accounts.providers.tokens import ODD, SKEW_SECONDS, signed_by
from app.addresses import told_name, vouched_address

_SUBJECT = re.compile(r"user_[A-Za-z0-9]{1,64}")
_SESSION = re.compile(r"sess_[A-Za-z0-9]{1,64}")


class ClerkTokens:
    """The session tokens of one Clerk instance."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        issuer: str,
        keys_at: str,
        parties: Collection[str],
        ticks: Ticks = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._parties = frozenset(parties)
        self._keys = KeyRing(Kept(keys_by(lambda: document_at(client, keys_at)), ticks))

    async def proven(self, token: str, *, now: datetime) -> Proven:
        """The person whose session this token is.

        Raises: UntrustedProof: it is not the token of a session that goes on, or not meant for us.
            StaleProof: it was, until a moment ago; the host product hands out a fresh one each minute.
            ProviderSilent: the keys could not be had.
        """
        claims = (await signed_by(self._keys, token, algorithms=("RS256",))).claims
        self._judge(claims, now)
        email, subject = vouched_address(claims), str(claims["sub"])
        name = told_name(claims, (email or "").partition("@")[0])
        return Proven("clerk", subject, email, name, user_id=subject)

    def _judge(self, claims: Mapping[str, Any], now: datetime) -> None:
        needed: Any = {name: {"essential": True} for name in ("sub", "exp", "iat", "nbf", "sid", "azp")}
        needed["iss"] = {"essential": True, "value": self._issuer}
        try:
            JWTClaimsRegistry(int(now.timestamp()), SKEW_SECONDS, **needed).validate(dict(claims))
        except ExpiredTokenError as error:
            raise StaleProof("claims: expired") from error
        except ODD as error:
            raise UntrustedProof(f"claims: {error}") from error
        if not isinstance(claims["azp"], str) or claims["azp"] not in self._parties:
            raise UntrustedProof("claims: asked for by a stranger")
        if not (_matches(_SUBJECT, claims["sub"]) and _matches(_SESSION, claims["sid"])):
            raise UntrustedProof("claims: no session of a person")  # a template's token may live for years
        if claims.get("sts", "active") != "active" or "act" in claims:
            raise UntrustedProof("claims: a session that is not whole, or somebody acting for the person")


def _matches(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None
