"""Asking for the balance of a day in a real browser: by keyboard with scripts, and without any."""

from playwright.sync_api import expect

from tests.browser.conftest import Tabs
from tests.browser.going import sign_in_as_demo_person


def test_a_day_is_answered_in_place_and_keeps_the_focus(tabs: Tabs) -> None:
    """UI-18: likewise for this form; the answer is said aloud, and has an address."""
    page = tabs()
    sign_in_as_demo_person(page, "debt")
    page.goto("/balance")
    page.get_by_label("Day (UTC)").fill("2026-03-02")
    expect(page.locator("#live")).to_have_text("When 2 Mar 2026 ended (UTC): 1 credit.")
    expect(page.locator("#transactions-day")).to_contain_text("Purchase of Single Flight")
    expect(page).to_have_url("/balance?on=2026-03-02")
    assert page.evaluate("document.activeElement.id") == "on"
    page.reload()
    expect(page.locator("#transactions-day")).to_contain_text("You bought 1 credit. 1 left.")


def test_a_day_is_answered_without_scripts(tabs: Tabs) -> None:
    """UI-01"""
    page = tabs(scripts=False)
    sign_in_as_demo_person(page, "debt")
    page.goto("/balance")
    page.get_by_label("Day (UTC)").fill("2026-03-20")
    page.get_by_role("button", name="Show balance").click()
    expect(page.locator("#transactions-day")).to_contain_text("1 credit owed")
