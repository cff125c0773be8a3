"""Decides with which public key a provider's token may be checked. Knows no claim and no person."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from app.accounts.errors import ProviderSilent, UntrustedProof
from app.accounts.providers.asking import Document
from app.accounts.providers.kept import Kept

ASKED_AGAIN_AFTER_SECONDS = 60.0  # for a key that we do not know: invented names must not become requests
PUBLIC = frozenset({"kty", "n", "e", "crv", "x", "y"})

PublicKey = RSAKey | ECKey
KINDS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
ALGORITHMS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey}


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key as the provider lists it; without an algorithm it is good for every one of its kind."""

    name: object
    algorithm: object
    key: PublicKey


class KeyRing:
    """The keys that a provider publishes; they are asked for once more when a token speaks of a new one."""

    def __init__(self, keys: Kept[list[NamedKey]]) -> None:
        self._keys = keys

    async def key(self, header: Mapping[str, Any]) -> PublicKey:
        """The key that the head of a token speaks of.

        Raises: UntrustedProof: the provider has no such key, or it does not go with the algorithm.
            ProviderSilent: the keys could not be had.
        """
        found = _fitting(await self._keys.get(), header) or _fitting(
            await self._keys.get(no_older_than_seconds=ASKED_AGAIN_AFTER_SECONDS), header
        )
        if found is None:
            raise UntrustedProof("no such key")
        return found


def listed_keys(document: Document) -> list[NamedKey]:
    """The public signing keys of a list, of the kinds we take.

    Secrets are left out: one in the list could turn a text that everybody knows into a signing key.
    Raises: ProviderSilent: there is no list.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ProviderSilent("no list of keys")
    signing = [each for each in listed if isinstance(each, dict) and each.get("use", "sig") == "sig"]
    return [NamedKey(each.get("kid"), each.get("alg"), key) for each in signing if (key := _public(each))]


def keys_by(fetch: Callable[[], Awaitable[Document]]) -> Callable[[], Awaitable[list[NamedKey]]]:
    """How the keys are fetched, where this fetches their list."""

    async def keys() -> list[NamedKey]:
        return listed_keys(await fetch())

    return keys


def _fitting(keys: list[NamedKey], header: Mapping[str, Any]) -> PublicKey | None:
    """By name; without a name only where there is nothing to choose."""
    algorithm, name = header["alg"], header.get("kid")
    fitting = [
        each.key
        for each in keys
        if isinstance(each.key, ALGORITHMS[algorithm])
        and each.algorithm in (None, algorithm)
        and name in (None, each.name)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _public(listed: Mapping[str, Any]) -> PublicKey | None:
    kind = KINDS.get(str(listed.get("kty")))
    try:
        return kind.import_key({k: v for k, v in listed.items() if k in PUBLIC}) if kind else None
    except (JoseError, ValueError, TypeError):
        return None
