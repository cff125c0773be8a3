"""Decides whether a provider signed a token. Judges nothing that it says but its form."""

from collections.abc import Collection

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.registry import Header

from app.accounts.errors import UntrustedProof
from app.accounts.providers.keys import ALGORITHMS, KeyRing

SKEW_SECONDS = 60  # between our clock and a provider's
LONGEST_TOKEN = 16_000
ODD = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


async def signed_by(
    keys: KeyRing, token: str, *, algorithms: Collection[str] = tuple(ALGORITHMS)
) -> jwt.Token:
    """Head and claims of a token that one of these keys signed.

    The head only says which of the provider's own keys it was: addresses and keys that it brings along are not looked at.
    Raises: UntrustedProof: it is forged, encrypted, of an algorithm that is not allowed, or no token at all.
        ProviderSilent: the keys could not be had.
    """
    registry = jws.JWSRegistry(algorithms=algorithms, strict_check_header=False)  # Clerk adds one of its own
    key = await keys.key(_head(token, registry))
    try:
        return jwt.decode(token, key, registry=registry)
    except ODD as error:
        raise UntrustedProof(f"token: {type(error).__name__}") from error


def _head(token: str, registry: jws.JWSRegistry) -> Header:
    if len(token) > LONGEST_TOKEN:
        raise UntrustedProof("token: too long")
    try:
        head = jws.extract_compact(token.encode("ascii"), registry=registry).headers()
        registry.check_header(head)
        registry.get_alg(head["alg"])
    except ODD as error:
        raise UntrustedProof(f"token: {type(error).__name__}") from error
    if "crit" in head:
        raise UntrustedProof("token: asks for an extension")
    return head
