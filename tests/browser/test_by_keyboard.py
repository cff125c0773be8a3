"""The whole way with a keyboard alone: the focus is always seen and never lost, and what changes is said."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tabs
from tests.browser.keys import Keys
from tests.cli.product import Product

FREE_STEPS = 6


def come_in_by_mail(page: Page, keys: Keys, address: str) -> None:
    page.goto("/sign-in")
    keys.write(page.get_by_label("Your e-mail address"), address)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Check your mail")
    keys.press_on(page.get_by_role("link", name="Open the development mailbox"))
    keys.press_on(
        page.get_by_role("article").filter(has_text=address).get_by_role("link", name="Open the link")
    )
    keys.press_on(page.get_by_role("button", name="Continue"))
    expect(page.locator("h1")).to_have_text("Dashboard")


def end_the_welcome(page: Page, keys: Keys) -> None:
    keys.press_on(page.get_by_role("button", name="Close"))
    expect(page.locator("#onboarding-welcome")).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
    keys.assert_focus_is_seen()


def write_up_to_the_gate(page: Page, keys: Keys) -> None:
    """The prompt opens on its heading; Escape leads back to where it came from."""
    onward = page.get_by_role("button", name="Save and continue")
    for number in range(1, FREE_STEPS + 1):
        expect(page.locator("h1")).to_contain_text(f"{number} ")
        keys.write(page.get_by_label("Your notes"), f"Step {number}, by keyboard")
        keys.press_on(onward)
    expect(page.locator("dialog h2")).to_be_focused()
    keys.assert_focus_is_seen()
    page.keyboard.press("Escape")
    expect(onward).to_be_focused()
    keys.assert_focus_is_seen()


def buy_and_come_back(page: Page, keys: Keys, product: Product) -> None:
    page.keyboard.press("Enter")
    expect(page.locator("dialog h2")).to_be_focused()
    keys.press_on(page.get_by_role("button", name="Buy and unlock, $79.00"))
    page.wait_for_url(f"{product.sandbox_url}/c/pay/**")
    keys.press_on(page.get_by_role("button", name=re.compile(r"^Pay \$")))
    expect(page.locator("h1")).to_have_text("7 Reframe")
    expect(page.locator("#flash .notice")).to_be_focused()
    keys.assert_focus_is_seen()


def test_the_whole_way_by_keyboard_never_loses_the_focus(tabs: Tabs, product: Product) -> None:
    """UI-02, UI-08, UI-11, UI-18"""
    page = tabs()
    keys = Keys(page)
    come_in_by_mail(page, keys, "kim@example.com")
    end_the_welcome(page, keys)
    keys.press_on(page.get_by_role("link", name="New workshop"))
    keys.write(page.get_by_label("Title"), "A garden on the roof")
    keys.press_on(page.get_by_role("button", name="Create workshop"))
    write_up_to_the_gate(page, keys)
    buy_and_come_back(page, keys, product)
    keys.press_on(page.get_by_role("link", name="Transactions"), key="Shift+Tab")
    kind = page.get_by_label("Kind")
    keys.to(kind)
    page.keyboard.press("p")  # Purchase
    expect(page.locator("#live")).to_have_text("1 row matches these filters.")
    expect(kind).to_be_focused()
    keys.assert_focus_is_seen()
    keys.press_on(page.get_by_role("link", name="Receipt"))
    expect(page.locator("h1")).to_have_text("Receipt")
    keys.press_on(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
