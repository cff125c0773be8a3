"""Settings: each bad one stops the start, all at once, by name, and no secret is printed. DEMO-03."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.settings import BadSettings, Settings, load_settings

LIVE = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://billing_app:hunter2@db/billing",
    "BASE_URL": "https://credits.example.com",
    "SESSION_SECRET": "a-secret-of-more-than-32-bytes-for-tests",
    "STRIPE_SECRET_KEY": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "STRIPE_WEBHOOK_SECRET": "whsec_first_one,whsec_second_one",
    "SMTP_URL": "smtp://mailer:hunter3@mail.example.com:587",
}
TEST = LIVE | {"ENVIRONMENT": "development", "STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc"}
BY_PROVIDERS = LIVE | {
    "SIGN_IN": "clerk,email,oidc",
    "OIDC_ISSUER": "https://id.example.com/tenant",
    "OIDC_CLIENT_ID": "workshop-credits",
    "OIDC_CLIENT_SECRET": "hunter4-and-more-than-24-characters",
    "CLERK_ISSUER": "https://clerk.example.com",
    "CLERK_AUTHORIZED_PARTIES": "https://app.example.com,https://www.example.com",
}
EXAMPLE = Path(__file__).parent.parent / ".env.example"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    yield


def load(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], **changes: str | None) -> Settings:
    for name, value in (given | changes).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return load_settings()


def test_good_settings_are_read_with_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        LIVE,
        PAYWALL_ENABLED="false",
        PAYWALL_CUTOFF="2026-01-31T01:00:00+01:00",
        STRIPE_PRICE_SINGLE_FLIGHT="price_1",
        RECONCILE_EVERY_SECONDS="0",
        OPERATORS="Ada@Example.com, grace@example.com",
    )
    assert settings.is_production
    assert settings.is_live
    assert settings.webhook_secrets == ("whsec_first_one", "whsec_second_one")
    assert settings.paywall_enabled is False
    assert settings.paywall_cutoff == datetime(2026, 1, 31, tzinfo=UTC)
    assert settings.price_ids == {"single-flight": "price_1"}
    assert settings.reconcile_every_seconds == 0
    assert settings.operators == ("ada@example.com", "grace@example.com")


def test_a_test_key_will_do_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, TEST, SIGN_IN="demo, email", BASE_URL="http://127.0.0.1:8000")
    assert settings.sign_in == ("demo", "email")
    assert not settings.is_live


def test_sign_in_by_providers_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, BY_PROVIDERS)
    assert settings.clerk_tokens_are_signed_by == "https://clerk.example.com"
    assert settings.clerk_authorized_parties == ("https://app.example.com", "https://www.example.com")
    assert "hunter4" not in repr(settings)


def test_the_address_of_clerks_keys_tells_who_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    keys_at = "https://clerk.example.com/.well-known/jwks.json"
    settings = load(monkeypatch, BY_PROVIDERS, CLERK_ISSUER=None, CLERK_JWKS_URL=keys_at)
    assert settings.clerk_tokens_are_signed_by == "https://clerk.example.com"


def test_half_of_a_provider_is_one_line_for_each_setting_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DEMO-03"""
    with pytest.raises(BadSettings) as refusal:
        load(monkeypatch, LIVE, SIGN_IN="oidc,clerk")
    missing = [
        "OIDC_ISSUER",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
        "CLERK_ISSUER",
        "CLERK_AUTHORIZED_PARTIES",
    ]
    assert [problem.name for problem in refusal.value.problems] == missing


BAD = [
    (LIVE, "ENVIRONMENT", "staging"),
    (LIVE, "DATABASE_URL", None),
    (LIVE, "DATABASE_URL", "mysql://x"),
    (LIVE, "BASE_URL", "http://credits.example.com"),
    (LIVE, "BASE_URL", "https://credits.example.com/billing"),
    (LIVE, "BASE_URL", "https://user@credits.example.com"),
    (LIVE, "BASE_URL", "credits.example.com"),
    (LIVE, "SESSION_SECRET", None),
    (LIVE, "SESSION_SECRET", "short"),
    (LIVE, "TRUSTED_PROXIES", "10.0.0.0/8,proxy.internal"),
    (LIVE, "TRUSTED_PROXIES", "0.0.0.0/0"),
    (LIVE, "TRUSTED_PROXIES", "10.0.0.0/33"),
    (LIVE, "OPERATORS", "boss@example.com,"),
    (LIVE, "OPERATORS", "boss"),
    (LIVE, "OPERATORS", "Boss <boss@example.com>"),
    (LIVE, "OPERATORS", "*@example.com"),
    (LIVE, "STRIPE_SECRET_KEY", None),
    (LIVE, "STRIPE_SECRET_KEY", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
    (LIVE, "STRIPE_SECRET_KEY", "pk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    (LIVE, "STRIPE_WEBHOOK_SECRET", None),
    (LIVE, "STRIPE_WEBHOOK_SECRET", "whsec_one,"),
    (LIVE, "STRIPE_WEBHOOK_SECRET", "secret"),
    (LIVE, "STRIPE_API_BASE", "https://stripe.example.com"),
    (LIVE, "STRIPE_CHECKOUT_ORIGINS", "checkout.stripe.com"),
    (LIVE, "SIGN_IN", "demo,email"),
    (LIVE, "SIGN_IN", "password"),
    (LIVE, "SMTP_URL", None),
    (LIVE, "SMTP_URL", "mail.example.com"),
    (LIVE, "PAYWALL_ENABLED", "yes"),
    (LIVE, "PAYWALL_ENABLED", "True"),
    (LIVE, "PAYWALL_CUTOFF", "soon"),
    (LIVE, "PAYWALL_CUTOFF", "2026-01-31T00:00:00"),
    (LIVE, "METRICS_TOKEN", "short"),
    (LIVE, "RECONCILE_EVERY_SECONDS", "-1"),
    (LIVE, "RECONCILE_EVERY_SECONDS", "often"),
    (LIVE, "OIDC_ISSUER", "id.example.com"),
    (BY_PROVIDERS, "OIDC_ISSUER", None),
    (BY_PROVIDERS, "OIDC_ISSUER", "https://id.example.com?tenant=1"),
    (BY_PROVIDERS, "OIDC_ISSUER", "http://id.example.com"),
    (BY_PROVIDERS, "OIDC_CLIENT_ID", None),
    (BY_PROVIDERS, "OIDC_CLIENT_SECRET", None),
    (BY_PROVIDERS, "CLERK_ISSUER", None),
    (BY_PROVIDERS, "CLERK_ISSUER", "http://clerk.example.com"),
    (BY_PROVIDERS, "CLERK_ISSUER", "https://clerk.example.com/"),
    (BY_PROVIDERS, "CLERK_JWKS_URL", "http://clerk.example.com/.well-known/jwks.json"),
    (BY_PROVIDERS, "CLERK_JWKS_URL", "keys"),
    (BY_PROVIDERS, "CLERK_AUTHORIZED_PARTIES", None),
    (BY_PROVIDERS, "CLERK_AUTHORIZED_PARTIES", "https://app.example.com/path"),
    (BY_PROVIDERS, "CLERK_AUTHORIZED_PARTIES", "http://app.example.com"),
    (TEST, "STRIPE_SECRET_KEY", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    (TEST, "STRIPE_API_BASE", "http://127.0.0.1:9000/v1"),
]


@pytest.mark.parametrize(("given", "name", "value"), BAD)
def test_a_bad_setting_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], name: str, value: str | None
) -> None:
    """DEMO-03"""
    with pytest.raises(BadSettings) as refusal:
        load(monkeypatch, given, **{name: value})
    assert {problem.name for problem in refusal.value.problems} == {name}


def test_every_problem_is_named_at_once_and_no_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """DEMO-03"""
    with pytest.raises(BadSettings) as refusal:
        load(
            monkeypatch,
            TEST,
            ENVIRONMENT="production",
            SESSION_SECRET="tooshortsecret",
            STRIPE_WEBHOOK_SECRET="sosecret_1234567890123456",
            DATABASE_URL="mysql://app:hunter2@db/billing",
            PAYWALL_CUTOFF="never",
        )
    text = str(refusal.value)
    named = {"STRIPE_SECRET_KEY", "SESSION_SECRET", "STRIPE_WEBHOOK_SECRET", "DATABASE_URL", "PAYWALL_CUTOFF"}
    assert {problem.name for problem in refusal.value.problems} == named
    assert not re.search("tooshort|4eC39|1234567890|hunter2", text)
    assert len(text.splitlines()) == len(named)


def test_settings_never_print_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = repr(load(monkeypatch, LIVE))
    assert not re.search("hunter2|hunter3|4eC39|whsec_|more-than-32", printed)


def test_the_example_lists_exactly_the_settings_there_are() -> None:
    listed = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


def test_only_settings_read_the_environment() -> None:
    readers = [
        path.relative_to(EXAMPLE.parent).as_posix()
        for path in (EXAMPLE.parent / "app").rglob("*.py")
        if re.search(r"os\.(environ|getenv)", path.read_text()) and "sandbox" not in path.parts
    ]
    allowed = re.compile(r"app/(settings|database)\.py|app/cli/.*")
    assert [path for path in readers if not allowed.fullmatch(path)] == []
