"""What tests of signing in by a provider share: the way there and back, and tokens as an attacker makes them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwe, jws
from joserfc.jwk import Key, RSAKey
from joserfc.jws import JWSRegistry

from tests.accounts.browsers import Browser, element, heading
from tests.accounts.provider import CLIENT_SECRET, KEY, Forge, consent, new_key

FOREIGN = new_key("first")  # it bears the name of the true key
Claims = dict[str, Any]


async def way_back(browser: Browser, path: str = "/sign-in/oidc") -> str:
    """The path that the provider sends this browser back to, after it was asked for a sign-in."""
    left = await browser.get(path)
    assert left.status_code == 303, left.text
    return await consent(left.headers["location"])


def with_query(path: str, **changes: str | None) -> str:
    """The path with other fields in its query; None takes one away."""
    given = {**dict(parse_qsl(urlsplit(path).query)), **changes}
    return (
        f"{urlsplit(path).path}?{urlencode({name: text for name, text in given.items() if text is not None})}"
    )


def verdict(browser: Browser, answer: httpx.Response) -> str | None:
    """None for somebody who was refused with a page of ours, else what is wrong with the answer."""
    if not 400 <= answer.status_code < 500:
        return f"answered {answer.status_code} to {answer.headers.get('location')}"
    if browser.cookie("session") is not None:
        return "signed in"
    way_on = element(answer.text, "a", href="/sign-in") if answer.status_code != 405 else {"class": "button"}
    return None if heading(answer.text) and way_on else "no way on"


def signed(header: dict[str, Any], claims: Any, key: Key = KEY) -> str:
    """Any claims under any head, signed all the same."""
    everything = JWSRegistry(algorithms=list(JWSRegistry.algorithms), strict_check_header=False)
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return jws.serialize_compact(header, payload, key, registry=everything)


def raw(header: Any, claims: Any, signature: str = "") -> str:
    """A token put together by hand."""
    return ".".join([_packed(header), _packed(claims), signature])


def claiming(**changes: Any) -> Forge:
    """The true token with other claims, signed with the true key; `...` takes one away."""

    def forge(header: dict[str, Any], claims: Claims) -> str:
        return signed(header, {n: v for n, v in {**claims, **changes}.items() if v is not ...})

    return forge


def later(**seconds: float) -> Forge:
    """The true token with moments moved: seconds from its `iat`."""

    def forge(header: dict[str, Any], claims: Claims) -> str:
        return signed(header, claims | {name: claims["iat"] + span for name, span in seconds.items()})

    return forge


def headed(key: Key = KEY, **changes: Any) -> Forge:
    """The true claims under another head, signed with this key."""

    def forge(header: dict[str, Any], claims: Claims) -> str:
        return signed({n: v for n, v in {**header, **changes}.items() if v is not ...}, claims, key)

    return forge


def unsigned(**changes: Any) -> Forge:
    return lambda header, claims: raw({**header, **changes}, claims)


def confused(secret: bytes, **changes: Any) -> Forge:
    """HMAC with something that everybody knows, in the hope that it is taken for the key."""

    def forge(header: dict[str, Any], claims: Claims) -> str:
        start = raw({**header, "alg": "HS256", **changes}, claims).rpartition(".")[0]
        mark = hmac.new(secret, start.encode(), hashlib.sha256).digest()
        return f"{start}.{_packed(mark)}"

    return forge


def altered(header: dict[str, Any], claims: Claims) -> str:
    """Somebody else's claims over the true signature."""
    return raw(header, claims | {"sub": "mallory"}, signed(header, claims).rpartition(".")[2])


def encrypted(header: dict[str, Any], claims: Claims) -> str:
    key = RSAKey.import_key(KEY.as_dict(private=False))
    head = {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": "first"}
    return jwe.encrypt_compact(head, json.dumps(claims).encode(), key)


def _packed(part: Any) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def text(token: str) -> Forge:
    return lambda header, claims: token


PUBLIC_PEM = KEY.as_pem(private=False)
PUBLIC_JWK = json.dumps(KEY.as_dict(private=False)).encode()
HOSTILE_ADDRESS = "https://evil.example/keys"

FORGED_HEADS: dict[str, Callable[[dict[str, Any], Claims], str]] = {
    "none": unsigned(alg="none"),
    "None": unsigned(alg="None"),
    "none over the true signature": lambda h, c: raw(
        {**h, "alg": "none"}, c, signed(h, c).rpartition(".")[2]
    ),
    "no signature": unsigned(),
    "no algorithm": lambda h, c: raw({"kid": "first"}, c, "AAAA"),
    "an algorithm that is no text": lambda h, c: raw({**h, "alg": ["RS256"]}, c, "AAAA"),
    "somebody else's claims": altered,
    "another key under the true name": headed(FOREIGN),
    "another key under another name": headed(FOREIGN, kid="second"),
    "another key without a name": headed(FOREIGN, kid=...),
    "HS256 with the public key as PEM": confused(PUBLIC_PEM),
    "HS256 with the public key as JWK": confused(PUBLIC_JWK),
    "HS256 with the client's secret": confused(CLIENT_SECRET.encode()),
    "RS512": headed(alg="RS512"),
    "RS384": headed(alg="RS384"),
    "a key brought along": headed(FOREIGN, jwk=FOREIGN.as_dict(private=False), kid="mine"),
    "a key brought along under the true name": headed(FOREIGN, jwk=FOREIGN.as_dict(private=False)),
    "keys at an address of theirs": headed(FOREIGN, jku=HOSTILE_ADDRESS),
    "a certificate at an address of theirs": headed(FOREIGN, x5u=HOSTILE_ADDRESS),
    "a certificate brought along": headed(FOREIGN, x5c=["MIIB"]),
    "a name that is a path": confused(b"", kid="../../dev/null"),
    "a name that is an address": headed(FOREIGN, kid=HOSTILE_ADDRESS),
    "a name that is SQL": headed(FOREIGN, kid="' OR true --"),
    "a name that is no text": lambda h, c: raw({**h, "kid": 1}, c, signed(h, c).rpartition(".")[2]),
    "an extension that must be known": lambda h, c: raw({**h, "crit": ["x"], "x": 1}, c, "AAAA"),
    "a payload that is not encoded": headed(crit=["b64"], b64=False),
    "encrypted": encrypted,
    "two parts": lambda h, c: signed(h, c).rpartition(".")[0],
    "four parts": lambda h, c: signed(h, c) + ".AAAA",
    "as JSON": lambda h, c: json.dumps({"payload": _packed(c), "signatures": []}),
    "a head that is a list": lambda h, c: raw(["alg"], c, "AAAA"),
    "a head that is a word": lambda h, c: raw("alg", c, "AAAA"),
    "a head without end": lambda h, c: raw(b"[" * 300, c, "AAAA"),
    "nothing": text(""),
    "dots": text(".."),
    "not ASCII": text("é.é.é"),
    "not base64": text("!.!.!"),
    "far too long": lambda h, c: signed(h, c | {"more": "x" * 20_000}),
}
FORGED_CLAIMS: dict[str, Callable[[dict[str, Any], Claims], str]] = {
    "claims that are a list": lambda h, c: signed(h, [c]),
    "claims that are no JSON": lambda h, c: signed(h, b"sub=alice"),
    "claims nested without end": lambda h, c: signed(h, b"[" * 8000),
    "another issuer": claiming(iss="https://evil.example"),
    "no issuer": claiming(iss=...),
    "several issuers": lambda h, c: signed(h, c | {"iss": [c["iss"]]}),
    "the issuer with a slash": lambda h, c: signed(h, c | {"iss": c["iss"] + "/"}),
    "for another product": claiming(aud="another"),
    "for nobody": claiming(aud=...),
    "for an empty list": claiming(aud=[]),
    "for a number": claiming(aud=1),
    "for others and us, asked for by nobody": lambda h, c: signed(h, c | {"aud": [c["aud"], "another"]}),
    "asked for by another product": claiming(azp="another"),
    "for us and others, asked for by them": lambda h, c: signed(
        h, c | {"aud": [c["aud"], "another"], "azp": "another"}
    ),
    "no nonce": claiming(nonce=...),
    "another nonce": claiming(nonce="0" * 64),
    "an empty nonce": claiming(nonce=""),
    "expired": later(exp=-61),
    "without an end": claiming(exp=...),
    "an end that is a text": claiming(exp="9999999999"),
    "an end that is true": claiming(exp=True),
    "an end that is no number": claiming(exp=float("nan")),
    "made in the future": later(iat=120),
    "made long ago": later(iat=-3600),
    "without a beginning": claiming(iat=...),
    "not good yet": later(nbf=120),
    "no subject": claiming(sub=...),
    "an empty subject": claiming(sub=""),
    "a subject that is a number": claiming(sub=7),
    "a subject without end": claiming(sub="a" * 256),
    "a subject that PostgreSQL cannot hold": claiming(sub="alice\0"),
    "another access token": claiming(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}
