"""Reading in a real browser: the welcome, the filters, Back, narrow screens, scripts or none."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.accessibility import RULES
from tests.cli.product import Product, running

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUS = "document.activeElement.id"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="billing-reading-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the database server runs as nobody, who has to get in
        with running(Path(folder) / "data") as started:
            yield started


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A tab whose console stays empty, but for the browser's own line about a refused answer."""
    page, said = context.new_page(), []
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert [line for line in said if not line.startswith("Failed to load resource")] == []


def signed_in(page: Page, product: Product, person: str) -> Page:
    page.context.clear_cookies()
    page.goto(f"{product.base_url}/sign-in")
    page.locator(f"button[value={person}]").click()
    page.wait_for_url("**/dashboard")
    return page


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found]


def test_escape_ends_the_welcome_for_good_in_every_browser(
    product: Product, tab: Page, browser: Browser
) -> None:
    """UI-06, ONBD-02, ONBD-03"""
    signed_in(tab, product, "zero")
    expect(tab.locator("#onboarding-welcome")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator("#onboarding-welcome")).to_have_count(0)
    other = browser.new_context(java_script_enabled=False).new_page()
    signed_in(other, product, "zero")
    expect(other.locator("#onboarding-welcome")).to_have_count(0)
    other.context.close()


def test_the_buttons_of_the_welcome_work_without_scripts(product: Product, browser: Browser) -> None:
    """UI-01, UI-06"""
    page = browser.new_context(java_script_enabled=False).new_page()
    signed_in(page, product, "onboarding")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    expect(page.locator("#onboarding-welcome")).to_have_count(0)
    page.context.close()


def test_filtering_by_keyboard_keeps_the_focus_and_says_the_count(product: Product, tab: Page) -> None:
    """UI-18, UI-17"""
    signed_in(tab, product, "long")
    tab.goto(f"{product.base_url}/transactions")
    expect(tab.locator("#live")).to_have_text("")
    tab.locator("#type").focus()
    tab.locator("#type").select_option("refund")
    expect(tab.locator("#live")).to_have_text("3 rows match these filters.")
    assert tab.evaluate(FOCUS) == "type"
    assert tab.url == f"{product.base_url}/transactions?type=refund"
    assert tab.locator("tbody tr:not(.day)").count() == 3


def test_reload_back_and_a_copied_link_show_the_same_rows(product: Product, tab: Page) -> None:
    """UI-17: Back never shows a bare fragment."""
    signed_in(tab, product, "long")
    tab.goto(f"{product.base_url}/transactions")
    tab.locator("#type").select_option("grant")
    tab.wait_for_url("**/transactions?type=grant")
    shown = tab.locator("tbody").all_inner_texts()
    tab.goto(f"{product.base_url}/help")
    tab.go_back()
    expect(tab.get_by_role("heading", name="Transactions", exact=True)).to_be_visible()
    assert tab.locator("#type").input_value() == "grant"
    assert tab.locator("tbody").all_inner_texts() == shown
    tab.reload()
    assert tab.locator("tbody").all_inner_texts() == shown


def test_filtering_works_without_scripts(product: Product, browser: Browser) -> None:
    """UI-01"""
    page = browser.new_context(java_script_enabled=False).new_page()
    signed_in(page, product, "long")
    page.goto(f"{product.base_url}/transactions")
    page.locator("#q").fill("night bus")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator("caption")).to_contain_text("match these filters.")
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_role("link", name="Older rows").click()
    expect(page.get_by_role("link", name="Newest rows")).to_be_visible()
    page.context.close()


def test_without_the_server_the_rows_stay_and_a_message_appears(
    product: Product, context: BrowserContext
) -> None:
    """UI-23. htmx itself writes the lost connection to the console."""
    tab = signed_in(context.new_page(), product, "long")
    tab.goto(f"{product.base_url}/transactions")
    tab.context.set_offline(True)
    tab.locator("#type").select_option("grant")
    expect(tab.locator("#flash")).to_contain_text("cannot be reached")
    assert tab.locator("tbody tr:not(.day)").count() == 25
    assert tab.url == f"{product.base_url}/transactions"
    tab.context.set_offline(False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_reading_is_accessible_in_every_state(product: Product, tab: Page, scheme: str) -> None:
    """UI-02"""
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for person, path in (
        ("debt", "/dashboard"),
        ("pending", "/dashboard"),
        ("many", "/transactions"),
        ("many", "/transactions?q=nothing"),
        ("many", "/transactions?from=soon"),
    ):
        signed_in(tab, product, person)
        tab.goto(product.base_url + path)
        for closed in tab.locator("details").all():
            closed.evaluate("details => { details.open = true }")
        assert faults(tab) == [], path
    tab.goto(f"{product.base_url}/transactions")
    tab.locator("tbody th a").first.click()
    assert faults(tab) == []


def test_nothing_scrolls_sideways_on_a_narrow_screen_and_rows_are_cards(product: Product, tab: Page) -> None:
    """UI-04"""
    tab.set_viewport_size({"width": 320, "height": 700})
    signed_in(tab, product, "long")
    for path in ("/dashboard", "/transactions"):
        tab.goto(product.base_url + path)
        assert tab.evaluate(SIDEWAYS) == 0, path
    row = tab.locator("tbody tr:not(.day)").nth(1)
    for label in ("Date", "Kind", "Credits", "Balance"):
        expect(row.locator(f"[data-label={label}]")).to_be_visible()


def test_a_story_prints_on_one_sheet_without_navigation(product: Product, tab: Page) -> None:
    """UI-22"""
    signed_in(tab, product, "refund")
    tab.goto(f"{product.base_url}/transactions")
    tab.locator("tbody th a").first.click()
    tab.emulate_media(media="print")
    expect(tab.locator("nav").first).to_be_hidden()
    assert tab.pdf(format="A4").count(b"/Type /Page\n") == 1
