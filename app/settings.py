"""The settings of the product, typed. The only reader of the environment; knows nothing of what uses them.

Every problem is found before the start and named by its setting, all at once, with secrets masked.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app import sign_in_rules
from app.errors import BillingError
from app.sign_in_rules import Given, Rule, clerk_issuer_of, is_origin

PACKS_FILE = Path(__file__).parent / "catalog" / "packs.toml"
STRIPE_CHECKOUT = "https://checkout.stripe.com"
LIVE_KEYS = ("sk_live_", "rk_live_")
TEST_KEYS = ("sk_test_", "rk_test_")
SECRETS = frozenset(
    {"METRICS_TOKEN", "OIDC_CLIENT_SECRET", "SESSION_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
)
ADDRESSES_WITH_PASSWORDS = frozenset({"DATABASE_URL", "MIGRATION_DATABASE_URL", "SMTP_URL"})


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """What an operator can set; contract and defaults are listed in `.env.example`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "production"] = "production"
    data_dir: Path | None = None
    database_url: str = Field(default="", repr=False)
    migration_database_url: str = Field(default="", repr=False)
    base_url: str = "http://127.0.0.1:8000"
    session_secret: SecretStr = SecretStr("")
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_webhook_secret: Listed = Field(default=(), repr=False)
    stripe_api_base: str | None = None
    stripe_price_single_flight: str | None = None
    stripe_price_serial_entrepreneur: str | None = None
    stripe_checkout_origins: Listed = (STRIPE_CHECKOUT,)
    catalog_file: Path = PACKS_FILE
    paywall_enabled: bool = True
    paywall_cutoff: datetime | None = None
    brand_name: str = Field(default="Workshop Credits", min_length=1, max_length=60)
    support_email: str = "support@example.com"
    sales_email: str = "sales@example.com"
    sign_in: Listed = ("email",)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = Field(default="", max_length=40)
    clerk_issuer: str = ""
    clerk_jwks_url: str = ""
    clerk_authorized_parties: Listed = ()
    smtp_url: str | None = Field(default=None, repr=False)
    mail_from: str = "no-reply@example.com"
    operators: Listed = ()  # proven e-mail addresses that see /operator
    trusted_proxies: Listed = ()  # whose X-Forwarded-For is believed
    metrics_token: SecretStr = SecretStr("")  # empty: there is no /metrics
    reconcile_every_seconds: int = Field(default=300, ge=0)  # 0: never

    @property
    def is_production(self) -> bool:
        """Real money and real people: everything unsafe is refused."""
        return self.environment == "production"

    @property
    def is_live(self) -> bool:
        """Whether Stripe's key moves real money."""
        return self.stripe_secret_key.get_secret_value().startswith(LIVE_KEYS)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Old and new signing secret while they are being rotated; each is tried."""
        return self.stripe_webhook_secret

    @property
    def clerk_tokens_are_signed_by(self) -> str:
        """The issuer of the tokens that are taken; empty while there is none."""
        return clerk_issuer_of({"clerk_issuer": self.clerk_issuer, "clerk_jwks_url": self.clerk_jwks_url})

    @property
    def price_ids(self) -> Mapping[str, str]:
        """Price ids that win over the ones looked up at Stripe, by pack."""
        given = {
            "single-flight": self.stripe_price_single_flight,
            "serial-entrepreneur": self.stripe_price_serial_entrepreneur,
        }
        return {slug: price for slug, price in given.items() if price}

    @field_validator("paywall_enabled", mode="before")
    @classmethod
    def _true_or_false(cls, value: object) -> object:
        if isinstance(value, str) and value not in ("true", "false"):
            raise ValueError("true or false")
        return value

    @field_validator("operators")
    @classmethod
    def _as_proven_addresses_are_kept(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(address.lower() for address in value)

    @field_validator("paywall_cutoff")
    @classmethod
    def _with_offset(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment with its offset, such as 2026-01-31T00:00:00Z")
        return value


@dataclass(frozen=True)
class Problem:
    """One setting that stops the start: its name, what was given (secrets masked), what is allowed."""

    name: str
    given: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.name}: {self.given or 'not set'}; allowed: {self.allowed}"


class BadSettings(BillingError):
    """The product does not start; `problems` names every setting that has to change."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def load_settings(**defaults: str) -> Settings:
    """The settings of this process; `defaults` stand in for what the environment does not say.

    Raises: BadSettings: with every problem, not only the first.
    """
    given = defaults | {name.lower(): value for name, value in os.environ.items() if value}
    problems = _unsafe(given)
    try:
        settings = Settings(**{name: given[name] for name in Settings.model_fields if name in given})  # type: ignore[arg-type]  # strings are parsed
    except ValidationError as error:
        named = {problem.name for problem in problems}
        found = [_problem(given, str(e["loc"][0]), _allowed(e["msg"])) for e in error.errors()]
        raise BadSettings(problems + [problem for problem in found if problem.name not in named]) from None
    if problems:
        raise BadSettings(problems)
    return settings


def unsafe(settings: Settings) -> list[Problem]:
    """The rules between settings, for a value that was built by hand."""
    return _unsafe({name: _plain(getattr(settings, name)) for name in Settings.model_fields})


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def _unsafe(given: Mapping[str, str]) -> list[Problem]:
    production = given.get("environment") != "development"  # fail closed
    checks = EVERYWHERE + (IN_PRODUCTION if production else IN_DEVELOPMENT)
    return [_problem(given, name, allowed) for name, allowed, holds in checks if not holds(given)]


def _problem(given: Mapping[str, str], name: str, allowed: str) -> Problem:
    return Problem(name.upper(), masked(name.upper(), given.get(name, "")), allowed)


def _allowed(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def masked(name: str, value: str) -> str:
    """What may be printed of a setting: no secret, no password inside an address."""
    if not value:
        return ""
    if name in SECRETS:
        return f"{value[:8]}… ({len(value)} characters)" if len(value) > 24 else "… (hidden)"
    if name in ADDRESSES_WITH_PASSWORDS:
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", value)
    return value


def _key(given: Given) -> str:
    return given.get("stripe_secret_key", "")


def _secrets(given: Given) -> list[str]:
    return [part.strip() for part in given.get("stripe_webhook_secret", "").split(",")]


def _origins_are_whole(given: Given) -> bool:
    origins = given.get("stripe_checkout_origins", STRIPE_CHECKOUT).split(",")
    return all(is_origin(origin.strip(), "http", "https") for origin in origins)


def _are_networks(given: Given) -> bool:
    """Not the whole internet: then everybody could say who they are."""
    named = [part.strip() for part in given.get("trusted_proxies", "").split(",") if part.strip()]
    try:
        return all(ip_network(each, strict=False).prefixlen > 0 for each in named)
    except ValueError:
        return False


EVERYWHERE: tuple[Rule, ...] = (
    (
        "base_url",
        "an origin such as https://credits.example.com, without a path",
        lambda given: is_origin(given.get("base_url", "http://127.0.0.1:8000"), "http", "https"),
    ),
    (
        "database_url",
        "a PostgreSQL address, postgresql://…",
        lambda given: given.get("database_url", "").startswith(("postgresql://", "postgres://")),
    ),
    (
        "session_secret",
        "32 bytes or more, made at random",
        lambda given: len(given.get("session_secret", "").encode()) >= 32,
    ),
    (
        "metrics_token",
        "nothing, or 16 bytes or more, made at random",
        lambda given: not given.get("metrics_token") or len(given["metrics_token"].encode()) >= 16,
    ),
    (
        "trusted_proxies",
        "addresses or networks such as 10.0.0.7 or 10.0.0.0/8, with commas between, and never all of them",
        _are_networks,
    ),
    (
        "stripe_webhook_secret",
        "one secret whsec_…, or several with commas between",
        lambda given: all(len(part) > 6 and part.startswith("whsec_") for part in _secrets(given)),
    ),
    (
        "stripe_api_base",
        "a bare http or https origin",
        lambda given: is_origin(given.get("stripe_api_base") or "http://x", "http", "https"),
    ),
    ("stripe_checkout_origins", "http or https origins, with commas between", _origins_are_whole),
    *sign_in_rules.EVERYWHERE,
)
IN_PRODUCTION: tuple[Rule, ...] = (
    (
        "stripe_secret_key",
        "a live key, sk_live_… or rk_live_…",
        lambda given: _key(given).startswith(LIVE_KEYS),
    ),
    ("stripe_api_base", "nothing in production", lambda given: not given.get("stripe_api_base")),
    (
        "base_url",
        "an https origin in production",
        lambda given: given.get("base_url", "http://").startswith("https://"),
    ),
    *sign_in_rules.IN_PRODUCTION,
)
IN_DEVELOPMENT: tuple[Rule, ...] = (
    (
        "stripe_secret_key",
        "a test key, sk_test_… or rk_test_…; a live key works in production only",
        lambda given: _key(given).startswith(TEST_KEYS),
    ),
)
