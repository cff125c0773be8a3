"""Where people may be sent back to (ACCT-03, W17, W18, W32)."""

from urllib.parse import urljoin, urlsplit

import pytest

from app.web.security import UnsafeRedirect, checked_target, safe_path
from tests.web.small_site import OPTIONS
from tests.web.ways_back import FRIENDLY, HOSTILE

BASE = "https://credits.example"


def test_the_corpus_is_large_enough() -> None:
    assert len(set(HOSTILE)) >= 200
    assert len(set(FRIENDLY)) >= 20


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
