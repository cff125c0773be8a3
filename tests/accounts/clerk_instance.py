"""A Clerk instance as far as its session tokens go: keys at their address, tokens as the host product's browser has them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from joserfc.jwk import ECKey, RSAKey

from tests.accounts.provided import Claims, signed
from tests.accounts.provider import KEY

CLERK_KEY = RSAKey.import_key(KEY.as_dict(private=True) | {"kid": "ins_1"})
HOST = "https://app.example.test"


@dataclass
class ClerkInstance(httpx.AsyncBaseTransport):
    """`asked` counts requests for the keys; `answer` replaces them."""

    clock: Callable[[], datetime]
    issuer: str = "https://clerk.example.test"
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [CLERK_KEY])
    asked: int = 0
    answer: Callable[[httpx.Request], httpx.Response] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == f"{self.issuer}/.well-known/jwks.json"
        self.asked += 1
        if self.answer is not None:
            return self.answer(request)
        listed = [key.as_dict(private=False, use="sig") for key in self.keys]
        return httpx.Response(200, content=json.dumps({"keys": listed}))

    def claims(self, **changes: Any) -> Claims:
        """What a token of a person who is signed in says; `...` takes a claim away."""
        now = int(self.clock().timestamp())
        usual = {
            "azp": HOST,
            "exp": now + 60,
            "fva": [7, -1],
            "iat": now,
            "iss": self.issuer,
            "nbf": now - 10,
            "sid": "sess_2abc",
            "sts": "active",
            "sub": "user_2abc",
            "v": 2,
            "email": "carol@example.test",
            "email_verified": True,
        }
        return {name: value for name, value in (usual | changes).items() if value is not ...}

    def token(self, **changes: Any) -> str:
        head = {"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": self.keys[-1].kid, "typ": "JWT"}
        return signed(head, self.claims(**changes), self.keys[-1])
