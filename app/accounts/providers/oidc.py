"""Decides whom an OpenID Connect provider vouches for: authorization code with PKCE, state and nonce.

Source: https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.jwt import Token

from app.accounts.errors import ProviderSilent, UntrustedProof
from app.accounts.people import Proven
from app.accounts.providers.asking import Document, answer_to, document_at
from app.accounts.providers.attempts import ATTEMPT_LIVES, Attempt
from app.accounts.providers.discovery import Endpoints, discovered
from app.accounts.providers.kept import Kept, Ticks
from app.accounts.providers.keys import KeyRing, keys_by
from app.accounts.providers.tokens import ODD, SKEW_SECONDS, signed_by
from app.addresses import told_name, vouched_address
from app.ids import is_id

SCOPE = "openid email profile"
FORM = {"content-type": "application/x-www-form-urlencoded"}
OLDEST_SECONDS = ATTEMPT_LIVES.total_seconds() + SKEW_SECONDS
NOT_OURS_TO_MEND = frozenset({"invalid_grant", "invalid_request"})  # what a forged way back leads to


@dataclass(frozen=True, slots=True)
class Registration:
    """What the provider and we agreed on."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


class OidcProvider:
    """One provider, as `registration` knows it."""

    def __init__(
        self, client: httpx.AsyncClient, registration: Registration, ticks: Ticks = time.monotonic
    ) -> None:
        self._client = client
        self._us = registration
        self._endpoints = Kept(lambda: discovered(client, registration.issuer), ticks)
        self._keys = KeyRing(Kept(keys_by(self._listed_keys), ticks))

    async def address_for(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in.

        Raises: ProviderSilent.
        """
        address: str = prepare_grant_uri(
            (await self._endpoints.get()).authorize,
            self._us.client_id,
            "code",
            redirect_uri=self._us.redirect_uri,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address

    async def proven(self, code: str, named_issuer: str | None, attempt: Attempt, *, now: datetime) -> Proven:
        """The person for whom the provider gave this code, at the end of this attempt.

        Raises: UntrustedProof: the code or the token is not what this attempt led to. ProviderSilent.
        """
        endpoints = await self._endpoints.get()
        if named_issuer not in ((self._us.issuer,) if endpoints.names_itself else (self._us.issuer, None)):
            raise UntrustedProof("another provider answered")
        if not code:
            raise UntrustedProof("no code")
        answer = await self._exchanged(code, attempt, endpoints)
        token = await signed_by(self._keys, _text(answer, "id_token"))
        access_token = _text(answer, "access_token")
        self._judge(token, attempt.nonce, access_token, now)
        claims = await self._with_address(token.claims, access_token, endpoints)
        email = vouched_address(claims)
        name = told_name(claims, (email or "").partition("@")[0])
        return Proven(self._us.issuer, claims["sub"], email, name)

    async def _listed_keys(self) -> Document:
        return await document_at(self._client, (await self._endpoints.get()).keys)

    async def _exchanged(self, code: str, attempt: Attempt, endpoints: Endpoints) -> Document:
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=self._us.redirect_uri,
            code_verifier=attempt.verifier,
        )
        ours = ClientAuth(self._us.client_id, self._us.client_secret, endpoints.authentication)
        address, headers, body = ours.prepare("POST", endpoints.token, dict(FORM), body)
        request = self._client.build_request("POST", address, headers=headers, content=body)
        status, answer = await answer_to(self._client, request)
        if answer.get("error") in NOT_OURS_TO_MEND:
            raise UntrustedProof(f"code: {answer['error']}")
        if status != httpx.codes.OK:
            raise ProviderSilent(f"{status} from {endpoints.token}: {str(answer.get('error'))[:40]}")
        return answer

    def _judge(self, token: Token, nonce: str, access_token: str, now: datetime) -> None:
        ours = {"client_id": self._us.client_id, "nonce": nonce, "access_token": access_token}
        wanted = {
            "iss": {"essential": True, "value": self._us.issuer},
            "aud": {"essential": True, "value": self._us.client_id},
        }
        seconds = int(now.timestamp())
        try:
            CodeIDToken(token.claims, token.header, wanted, ours).validate(seconds, SKEW_SECONDS)
        except ODD as error:
            raise UntrustedProof(f"claims: {error}") from error
        if not is_id(token.claims["sub"]) or seconds - token.claims["iat"] > OLDEST_SECONDS:
            raise UntrustedProof("claims: no subject of theirs, or too old")

    async def _with_address(
        self, claims: Mapping[str, Any], access_token: str, endpoints: Endpoints
    ) -> Mapping[str, Any]:
        """The claims, and where they name no address what the provider tells of the person when it is asked."""
        if "email" in claims or endpoints.userinfo is None:
            return claims
        told = await document_at(self._client, endpoints.userinfo, authorization=f"Bearer {access_token}")
        if told.get("sub") != claims["sub"]:
            raise UntrustedProof("the provider told of somebody else")
        return {**told, **claims}


def _text(answer: Document, name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str):
        raise ProviderSilent(f"no {name}")
    return found
