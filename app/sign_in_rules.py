"""Decides which settings of signing in go together. Pure: it is handed what the environment says."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from app.addresses import is_address as is_mail_address

Given = Mapping[str, str]
Rule = tuple[str, str, Callable[[Given], bool]]

WAYS = frozenset({"clerk", "demo", "email", "oidc"})
KEYS_AT_ISSUER = "/.well-known/jwks.json"  # where Clerk publishes the keys of an instance


def ways(given: Given) -> set[str]:
    """What SIGN_IN lists."""
    return {part.strip() for part in given.get("sign_in", "email").split(",")}


def is_origin(text: str, *schemes: str) -> bool:
    """True for a scheme, a host and perhaps a port, with nothing before or behind."""
    return is_address(text, *schemes) and text == "://".join(urlsplit(text)[:2])


def is_address(text: str, *schemes: str) -> bool:
    """True for a whole address without a password, a query or a fragment."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in schemes
            and bool(parts.hostname)
            and parts.port != 0
            and "@" not in parts.netloc
            and text == f"{parts.scheme}://{parts.netloc}{parts.path}"
        )
    except ValueError:
        return False


def clerk_issuer_of(given: Given) -> str:
    """Who signs Clerk's tokens: CLERK_ISSUER, else the origin that CLERK_JWKS_URL belongs to."""
    address = given.get("clerk_jwks_url") or ""
    return given.get("clerk_issuer") or (
        address.removesuffix(KEYS_AT_ISSUER) if address.endswith(KEYS_AT_ISSUER) else ""
    )


def _parties(given: Given) -> list[str]:
    return [part.strip() for part in given.get("clerk_authorized_parties", "").split(",") if part.strip()]


def _are_mail_addresses(given: Given) -> bool:
    """No pattern either: a star is a letter of an address, and would match nobody."""
    named = given.get("operators", "")
    return "*" not in named and (
        not named or all(is_mail_address(part.strip().lower()) for part in named.split(","))
    )


def _is_empty_or(given: Given, name: str, *schemes: str) -> bool:
    return not given.get(name) or is_address(given[name], *schemes)


EVERYWHERE: tuple[Rule, ...] = (
    (
        "sign_in",
        f"a list of: {', '.join(sorted(WAYS))}",
        lambda given: bool(ways(given)) and ways(given) <= WAYS,
    ),
    ("operators", "e-mail addresses such as ada@example.com, with commas between", _are_mail_addresses),
    (
        "smtp_url",
        "smtp://user:password@host:587 or smtps://…",
        lambda given: (given.get("smtp_url") or "smtp://x").startswith(("smtp://", "smtps://")),
    ),
    (
        "oidc_issuer",
        "the issuer as the provider writes it, https://…, while SIGN_IN lists oidc",
        lambda given: (
            (bool(given.get("oidc_issuer")) or "oidc" not in ways(given))
            and _is_empty_or(given, "oidc_issuer", "http", "https")
        ),
    ),
    (
        "oidc_client_id",
        "what the provider calls this product, while SIGN_IN lists oidc",
        lambda given: bool(given.get("oidc_client_id")) or "oidc" not in ways(given),
    ),
    (
        "oidc_client_secret",
        "the secret that the provider gave with OIDC_CLIENT_ID, while SIGN_IN lists oidc",
        lambda given: bool(given.get("oidc_client_secret")) or "oidc" not in ways(given),
    ),
    (
        "clerk_issuer",
        "the Frontend API of the Clerk instance, https://…, while SIGN_IN lists clerk "
        f"(CLERK_JWKS_URL will do where it ends in {KEYS_AT_ISSUER})",
        lambda given: "clerk" not in ways(given) or is_origin(clerk_issuer_of(given), "http", "https"),
    ),
    (
        "clerk_jwks_url",
        "where the keys of the Clerk instance are, https://…",
        lambda given: _is_empty_or(given, "clerk_jwks_url", "http", "https"),
    ),
    (
        "clerk_authorized_parties",
        "the origins that may ask for Clerk's tokens, with commas between, while SIGN_IN lists clerk",
        lambda given: (
            (bool(_parties(given)) or "clerk" not in ways(given))
            and all(is_origin(party, "http", "https") for party in _parties(given))
        ),
    ),
)
IN_PRODUCTION: tuple[Rule, ...] = (
    ("sign_in", "no demo people in production", lambda given: "demo" not in ways(given)),
    (
        "smtp_url",
        "an address in production, while sign-in by e-mail is offered",
        lambda given: bool(given.get("smtp_url")) or "email" not in ways(given),
    ),
    *(
        (name, "https in production", lambda given, name=name: not given.get(name, "").startswith("http://"))
        for name in ("oidc_issuer", "clerk_issuer", "clerk_jwks_url")
    ),
    (
        "clerk_authorized_parties",
        "https in production",
        lambda given: not any(party.startswith("http://") for party in _parties(given)),
    ),
)
