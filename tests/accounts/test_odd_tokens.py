"""Whatever a token holds, and whatever a provider says, the answer is a person, a refusal or "come again". W10, W26."""

import base64
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.errors import ProviderSilent, UntrustedProof
from app.accounts.people import Proven
from app.accounts.providers.asking import document_at
from app.accounts.providers.attempts import Attempt
from app.accounts.providers.clerk import ClerkTokens
from app.accounts.providers.kept import Kept
from app.accounts.providers.keys import KeyRing, keys_by
from app.accounts.providers.oidc import OidcProvider, Registration
from app.accounts.providers.tokens import signed_by
from tests.accounts.clerk_instance import HOST, ClerkInstance
from tests.accounts.conftest import SetClock
from tests.accounts.provided import signed
from tests.accounts.provider import CLIENT_ID, KEY
from tests.proof import IS_PROOF

EXAMPLES = 1500 if IS_PROOF else 40
ISSUER = "https://id.example.test"
CLOCK = SetClock()
NOW = int(CLOCK().timestamp())
ATTEMPT = Attempt("state", "nonce", "v" * 64, "")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
HEAD = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["RS256", "none", "HS256", "ES256"]) | JSON,
        "kid": st.sampled_from(["first"]) | JSON,
        **dict.fromkeys(("crit", "b64", "typ", "cty", "jwk", "jku", "x5c", "zip"), JSON),
    },
)
TRUE: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT_ID,
    "sub": "alice",
    "exp": NOW + 60,
    "iat": NOW,
    "nbf": NOW,
    "nonce": "nonce",
    "email": "alice@example.test",
    "email_verified": True,
    "name": "Alice",
    "azp": CLIENT_ID,
    "at_hash": None,
}
PLAIN_HEAD = st.fixed_dictionaries({"alg": st.just("RS256"), "kid": st.just("first") | st.text(max_size=5)})
ODD_CLAIMS = st.dictionaries(st.sampled_from(sorted(TRUE)), JSON, max_size=2)


def packed(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def listing(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"keys": [KEY.as_dict(private=False, use="sig")]})


async def judged(token: str) -> bool:
    """True if the key that everybody can read has signed it."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(listing))
    keys = KeyRing(Kept(keys_by(lambda: document_at(client, f"{ISSUER}/jwks"))))
    try:
        await signed_by(keys, token)
    except UntrustedProof:
        return False
    return True


@pytest.mark.proof
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    head=PLAIN_HEAD | HEAD | JSON,
    claims=JSON,
    mark=st.text(max_size=40),
    end=st.sampled_from(["", ".x", "."]),
)
async def test_no_head_makes_a_token_that_nobody_signed_believed(
    head: Any, claims: Any, mark: str, end: str
) -> None:
    assert not await judged(f"{packed(head)}.{packed(claims)}.{mark}{end}")


@pytest.mark.proof
@settings(max_examples=EXAMPLES, deadline=None)
@given(token=st.text(max_size=60) | st.text(alphabet="ey.J0_-", max_size=200))
async def test_no_text_is_a_token(token: str) -> None:
    assert not await judged(token)


def provider_saying(told: dict[str, Any]) -> OidcProvider:
    """A provider whose token endpoint hands out these claims, truly signed."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/jwks":
            return listing(request)
        if request.url.path == "/token":
            token = signed({"alg": "RS256", "kid": "first"}, told)
            return httpx.Response(200, json={"id_token": token, "access_token": "access"})
        places = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ("authorization", "token")}
        return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **places})

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return OidcProvider(client, Registration(ISSUER, CLIENT_ID, "secret", "http://x/callback"))


def storable(proven: Proven) -> bool:
    texts = [proven.subject, proven.name, proven.email or ""]
    return all(text.isprintable() and len(text) <= 255 for text in texts)


@pytest.mark.proof
@settings(max_examples=EXAMPLES, deadline=None)
@given(odd=ODD_CLAIMS)
async def test_whatever_a_provider_signs_is_a_person_or_refused(odd: dict[str, Any]) -> None:
    told = {name: value for name, value in (TRUE | odd).items() if value is not None}
    try:
        proven = await provider_saying(told).proven("code", None, ATTEMPT, now=CLOCK())
    except UntrustedProof:
        return
    assert storable(proven)
    assert (told["iss"], told["nonce"], proven.subject) == (ISSUER, "nonce", told["sub"])


@pytest.mark.proof
@settings(max_examples=EXAMPLES, deadline=None)
@given(odd=ODD_CLAIMS, session=st.just("sess_2abc") | st.just("sess_2abc") | JSON)
async def test_whatever_clerk_signs_is_a_person_or_refused(odd: dict[str, Any], session: Any) -> None:
    instance = ClerkInstance(CLOCK)
    http = httpx.AsyncClient(transport=instance)
    keys_at = f"{instance.issuer}/.well-known/jwks.json"
    tokens = ClerkTokens(http, issuer=instance.issuer, keys_at=keys_at, parties=(HOST,))
    try:
        proven = await tokens.proven(instance.token(**odd | {"sid": session}), now=CLOCK())
    except UntrustedProof:
        return
    assert storable(proven)
    assert proven.user_id == proven.subject == odd.get("sub", "user_2abc")


@pytest.mark.proof
@settings(max_examples=EXAMPLES, deadline=None)
@given(status=st.sampled_from([200, 204, 302, 400, 401, 404, 500]), told=JSON | st.binary(max_size=50))
async def test_whatever_a_provider_answers_is_read_or_silence(status: int, told: Any) -> None:
    """5.1"""
    content = told if isinstance(told, bytes) else json.dumps(told).encode()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content)

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    for issuer in (ISSUER, "https://id.example.test/tenant/"):
        try:
            await OidcProvider(client, Registration(issuer, CLIENT_ID, "s", "http://x")).address_for(ATTEMPT)
        except ProviderSilent:
            continue
        raise AssertionError("that was no provider")
