"""Where people may be sent back to (ACCT-03, W17, W18, W32)."""

from urllib.parse import urljoin, urlsplit

import pytest

from app.web.security import UnsafeRedirect, checked_target, safe_path
from tests.web.small_site import OPTIONS

BASE = "https://credits.example"
HOSTILE = [
    "", " ", "/", "//", "///", "//e", "///e", "////e", "/\\e", "\\/e", "\\\\e", "/\\/e", "/\\\\e", "/%5Ce", "/%5c%5ce",
    "/%2Fe", "/%2F%2Fe", "/%2f%2fe/dashboard", "/%252Fe", "/%255Ce", "/%09/e", "/%0A/e", "/%0D%0A/e", "/\t/e", "/\n/e",
    "/\r/e", "/\x00/e", "/ /e", "\t//e", "\n//e", " //e", "/dashboard\r\nSet-Cookie: a=b", "/dashboard%0d%0aX: y",
    "/dashboard\x00", "/dashboard%00", "/dashboard%07", "/dashboard\x7f", "/dashboard\x85", "https:e", "https:/e",
    "https://e", "https:///e", "http://e", "HTTPS://E", "ftp://e", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "mailto:a@b", "//e@credits.example",
    "https://credits.example@e/", "https://credits.example.e/", "//credits.example@e", "//credits.example:443@e/x",
    "/@e", "@e", "e", "dashboard", "./dashboard", "../dashboard", "?x", "#x", "/dashboard/../sign-out",
    "/dashboard/..", "/dashboard/.", "/dashboard/%2e%2e/x", "/dashboard/%2E%2E/%2e%2e/x", "/dashboard/%252e%252e/x",
    "/dashboard//e", "/dashboard/%2F/e", "/dashboard\\..\\x", "/dashboard%5c..%5cx", "\u2215\u2215e", "/\u2215e", "/\uff0fe",
    "\uff0f\uff0fe", "/\u3002e", "/\u2025/e", "/dash\u0000board", "/d\u200bashboard", "/%E2%88%95e", "/%EF%BC%8Fe",
    "/dashboard%", "/dashboard%2", "/dashboard%zz", "/dashboard%ff", "/dashboard?q=%00", "/dashboard?q=\x00", "/dashboard?\n",
    "/dashboards", "/dashboardx/y", "/sign-in", "/sign-out", "/sign-in/demo", "/static/x/app.js", "/webhooks/stripe", "/dev/mailbox",
    "/healthz", "/metrics", "/DASHBOARD", "/dashboard;x", "/dashboard#top", "/dashboard\\", "/dashboard<script>", '/dashboard"x',
    "/%64ashboard/%2e%2e//e", "/dashboard/%c0%af%c0%af", "[::1]", "http://[::1", "//[", "/dashboard?" + "a" * 10_000, "/" + "a" * 10_000,
]  # fmt: skip
FRIENDLY = [
    "/dashboard",
    "/pricing?workshop=ws_1&pack=single-flight",
    "/checkout/success?session_id=cs_test_a1",
    "/workshops/new?title=Launch%20plan%20%26%20more",
    "/workshops/ws_1/steps/reframe",
    "/transactions?q=100%25&before=AbC_-1.~",
    "/statements/2026-11",
]


def test_the_corpus_is_large_enough() -> None:
    assert len(set(HOSTILE)) >= 80


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_way_back_becomes_the_fallback(text: str) -> None:
    """ACCT-03, W17: whatever a browser would make of it, nobody leaves our pages."""
    found = safe_path(text, base_url=BASE)
    assert found == "/dashboard"
    assert urlsplit(urljoin(BASE, found)).netloc == "credits.example"


@pytest.mark.parametrize("text", FRIENDLY)
def test_a_page_of_ours_is_gone_back_to_as_it_was(text: str) -> None:
    assert safe_path(text, base_url=BASE) == text


def test_nothing_given_is_the_fallback_that_was_asked_for() -> None:
    assert safe_path(None, base_url=BASE, fallback="/pricing") == "/pricing"


@pytest.mark.parametrize(
    "text", [text for text in HOSTILE if not text.startswith(("/sign", "/d", "/static", "/w", "/h", "/m"))]
)
def test_a_redirect_of_ours_refuses_what_is_no_path(text: str) -> None:
    """W18: checked again where it is used."""
    try:
        target = checked_target(text, OPTIONS)
    except UnsafeRedirect:
        return
    assert urlsplit(urljoin(OPTIONS.base_url, target)).netloc == urlsplit(OPTIONS.base_url).netloc


@pytest.mark.parametrize(
    "text",
    [
        "https://checkout.stripe.com.e/x",
        "http://checkout.stripe.com/x",
        "https://checkout.stripe.com@e",
        "https://e/checkout.stripe.com",
    ],
)
def test_only_the_payment_page_may_be_somewhere_else(text: str) -> None:
    """W18"""
    with pytest.raises(UnsafeRedirect):
        checked_target(text, OPTIONS)
    assert checked_target("https://checkout.stripe.com/c/pay/cs_1#x", OPTIONS)


@pytest.mark.parametrize(
    "text", ["/help\r\nX: y", "/help\n", "https://checkout.stripe.com/\r\nX: y", "/h\u00e9lp"]
)
def test_no_line_break_reaches_a_header(text: str) -> None:
    """W32"""
    with pytest.raises(UnsafeRedirect):
        checked_target(text, OPTIONS)
