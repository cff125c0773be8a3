"""An OpenID Connect provider that really is one: authlib's server side, keys of its own, a port of this machine.

It lets in whoever `person` is. What it must never do is left to `forge`, which replaces the token it was about to hand
out; `answers` replaces whole answers by path.
"""

import asyncio
import json
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from granian.constants import Interfaces
from granian.server.embed import Server
from joserfc import jws
from joserfc.jwk import RSAKey

LOOPBACK = "127.0.0.1"
CLIENT_ID, CLIENT_SECRET = "workshop-credits", "a-secret-of-the-tests"
Answer = tuple[int, Any, list[tuple[str, str]]]
Forge = Callable[[dict[str, Any], dict[str, Any]], str]
ALICE = {"sub": "alice-1", "name": "Alice", "email": "alice@example.test", "email_verified": True}


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": kid})


KEY = new_key("first")


@dataclass
class Provider:
    """What a test may change: who signs in, the clock, the keys, and what goes wrong."""

    clock: Callable[[], datetime]
    redirect_uri: str
    issuer: str = ""
    person: dict[str, Any] | None = field(default_factory=lambda: dict(ALICE))
    keys: list[RSAKey] = field(default_factory=lambda: [KEY])
    told_by_token: tuple[str, ...] = ("sub", "name", "email", "email_verified")
    forge: Forge | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    authentication: str = "client_secret_basic"

    def __post_init__(self) -> None:
        self.oauth = _Oauth(self)

    def reset(self) -> None:
        """As it was made."""
        self.person, self.keys, self.forge = dict(ALICE), [KEY], None
        self.told_by_token = ("sub", "name", "email", "email_verified")
        self.authentication = "client_secret_basic"
        self.answers.clear()
        self.asked.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        request = _request(scope, body + message.get("body", b""))
        self.asked.append(scope["path"])
        status, told, headers = self.answers.get(scope["path"]) or self._answer(scope["path"], request)
        content = told if isinstance(told, bytes) else json.dumps(told).encode() if told else b""
        sent = [(name.lower().encode(), text.encode()) for name, text in headers]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, path: str, request: OAuth2Request) -> Answer:
        if path == "/authorize":
            status, told, headers = self.oauth.create_authorization_response(
                request, self.person, self.oauth.get_authorization_grant(request)
            )
            return status, told, headers
        if path == "/token":
            found: Answer = self.oauth.create_token_response(request)
            return found
        listed = {"keys": [key.as_dict(private=False, use="sig") for key in self.keys]}
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": self.discovery,
            "/.well-known/jwks.json": listed,  # where a Clerk instance has them
            "/jwks": listed,
            "/userinfo": self.oauth.told.get(request.headers.get("authorization", "")),
        }
        return (200, documents[path], []) if documents.get(path) else (404, {}, [])

    @property
    def discovery(self) -> dict[str, Any]:
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/jwks",
            "userinfo_endpoint": f"{at}/userinfo",
            "token_endpoint_auth_methods_supported": [self.authentication],
        }


class _Request(OAuth2Request):  # type: ignore[misc]  # authlib has no types
    @property
    def form(self) -> dict[str, str]:
        data: dict[str, str] = self.payload.data
        return data


def _request(scope: Any, body: bytes) -> OAuth2Request:
    headers = {name.decode(): text.decode("latin-1") for name, text in scope["headers"]}
    headers |= {name.title(): text for name, text in headers.items()}  # authlib looks for either
    request = _Request(scope["method"], f"https://provider.test{scope['path']}", headers=headers)
    pairs = parse_qsl((body or scope["query_string"]).decode())
    request.payload = BasicOAuth2Payload(dict(pairs))
    request.payload._datalist = defaultdict(list, request.payload._datalist)
    return request


class _Client(ClientMixin):  # type: ignore[misc]  # authlib has no types
    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.provider.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.provider.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.provider.authentication

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code:
    asked: dict[str, str]
    person: dict[str, Any]

    @property
    def code_challenge(self) -> str | None:
        return self.asked.get("code_challenge")

    @property
    def code_challenge_method(self) -> str | None:
        return self.asked.get("code_challenge_method")

    def get_redirect_uri(self) -> str | None:
        return self.asked.get("redirect_uri")

    def get_scope(self) -> str:
        return self.asked["scope"]

    def get_nonce(self) -> str | None:
        return self.asked.get("nonce")

    def get_auth_time(self) -> None:
        return None

    get_acr = get_amr = get_auth_time


class _Codes(AuthorizationCodeGrant):  # type: ignore[misc]
    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        self.server.codes[code] = _Code(dict(request.payload.data), request.user)

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        found: _Code | None = self.server.codes.get(code)
        return found

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        codes = self.server.codes
        self.server.codes = {code: each for code, each in codes.items() if each is not authorization_code}

    def authenticate_user(self, authorization_code: _Code) -> dict[str, Any]:
        return authorization_code.person


class _Challenged(CodeChallenge):  # type: ignore[misc]
    """Nobody comes in without S256, not even those who have a secret."""

    def validate_code_challenge(self, grant: _Codes, redirect_uri: str) -> None:
        assert grant.request.payload.data["code_challenge_method"] == "S256"
        super().validate_code_challenge(grant, redirect_uri)


class _IdTokens(OpenIDCode):  # type: ignore[misc]
    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return any(code.asked.get("nonce") == nonce for code in self.provider.oauth.codes.values())

    def resolve_client_private_key(self, client: _Client) -> RSAKey:
        return self.provider.keys[-1]

    def get_encode_header(self, client: _Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(self.provider.keys[-1].kid)}

    def get_client_claims(self, client: _Client) -> dict[str, Any]:
        now = int(self.provider.clock().timestamp())
        return {"iss": self.provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}

    def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
        return {name: text for name, text in user.items() if name in self.provider.told_by_token}

    def encode_id_token(self, token: dict[str, Any], request: OAuth2Request) -> str:
        true: str = super().encode_id_token(token, request)
        self.provider.oauth.told[f"Bearer {token['access_token']}"] = request.user
        if self.provider.forge is None:
            return true
        seen = jws.extract_compact(true.encode())
        return self.provider.forge(dict(seen.headers()), json.loads(seen.payload))


class _Oauth(AuthorizationServer):  # type: ignore[misc]
    def __init__(self, provider: Provider) -> None:
        super().__init__(scopes_supported=["openid", "email", "profile"])
        self.codes: dict[str, _Code] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self.client = _Client(provider)
        self.register_token_generator("default", BearerTokenGenerator(lambda **_: generate_token(42)))
        self.register_grant(_Codes, [_Challenged(), _IdTokens(provider)])

    def query_client(self, client_id: str) -> _Client | None:
        return self.client if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        return None

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return status, body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        return None


@asynccontextmanager
async def running_provider(clock: Callable[[], datetime], redirect_uri: str) -> AsyncIterator[Provider]:
    """A provider that answers at its issuer's address while the block lasts, from this very loop."""
    provider = Provider(clock, redirect_uri)
    with socket.socket() as reserved:  # nobody can take the port before the server does
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((LOOPBACK, 0))
        port = reserved.getsockname()[1]
        provider.issuer = f"http://{LOOPBACK}:{port}"
        server = Server(provider, address=LOOPBACK, port=port, interface=Interfaces.ASGI, log_enabled=False)
        serving = asyncio.create_task(server.serve())
        try:
            await _until_it_answers(provider.issuer, serving)
            yield provider
        finally:
            server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without annotations
            await serving


async def _until_it_answers(url: str, serving: asyncio.Task[None]) -> None:
    async with asyncio.timeout(10), httpx.AsyncClient(trust_env=False, verify=False) as http:
        while not serving.done():
            try:
                await http.get(f"{url}/jwks")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.005)


async def consent(address: str) -> str:
    """What the provider's page leads to: the path and query of the way back."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        answer = await http.get(address)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"
