"""What only a browser can say: where an address really leads."""

from playwright.sync_api import Page

from app.web.security import WAYS_BACK, safe_path
from tests.web.ways_back import FRIENDLY, HOSTILE

# What the address bar would make of it, asked of the browser itself.
RESOLVED = """([texts, base]) => texts.map(text => {
  try { const url = new URL(text, base); return [url.origin, url.pathname] } catch { return ["", ""] } })"""
BASE = "https://credits.example"


def led_to(page: Page, texts: list[str]) -> list[list[str]]:
    """Origin and path of each address on our site."""
    found: list[list[str]] = page.evaluate(RESOLVED, [texts, BASE])
    return found


def test_the_browser_itself_stays_on_our_pages(page: Page) -> None:
    """W17: the parser that counts is the browser's. Half of the corpus would lead it away, were it let."""
    assert sum(origin != BASE for origin, _ in led_to(page, HOSTILE)) >= 100
    for text, (origin, path) in zip(
        HOSTILE, led_to(page, [safe_path(text, base_url=BASE) for text in HOSTILE]), strict=True
    ):
        assert (origin, path.startswith(WAYS_BACK)) == (BASE, True), text
    kept = led_to(page, [safe_path(text, base_url=BASE) for text in FRIENDLY])
    assert kept == [[BASE, text.partition("?")[0]] for text in FRIENDLY]
