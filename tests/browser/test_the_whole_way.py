"""From the first sign-in to the open seventh step and out again: with scripts, and without any."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Tabs
from tests.browser.going import (
    begin_free_workshop,
    counted_rows,
    pay,
    press_buy,
    sign_in_as_demo_person,
    sign_in_by_mail,
    walk_to_the_gate,
)
from tests.cli.product import Product

BOTH_ROWS = [("Unlock", "−1", "0"), ("Purchase", "+1", "1")]


@pytest.fixture
def late_webhooks(product: Product) -> Iterator[httpx.Client]:
    """Buyers come back at once, and what Stripe tells us comes after them."""
    with httpx.Client(base_url=product.sandbox_url, trust_env=False, timeout=30) as client:
        client.post("/_test/hold", json={"seconds": 0}).raise_for_status()
        late = {"side": "delivery", "kind": "delay", "match": "checkout.session.*", "seconds": 2}
        client.post("/_test/faults", json=late).raise_for_status()
        yield client
        client.post("/_test/faults/clear").raise_for_status()
        client.post("/_test/hold", json={"seconds": 10}).raise_for_status()


def assert_on_step_seven(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("7 Reframe")
    toast = f"1 credit added. “{title}” is unlocked. 1 credit used — 0 remaining."
    expect(page.locator("#flash")).to_contain_text(toast)
    expect(page.locator("#balance")).to_contain_text("0 credits")
    expect(page.locator("#workshops-steps [aria-current=step]")).to_have_text("Reframe")
    expect(page.get_by_label("Your notes")).to_be_editable()


def leave_and_stand_at_the_gate_again(page: Page) -> None:
    """What was written is still there."""
    page.get_by_role("link", name="Leave without paying").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was charged.")
    page.locator("main .actions a").first.click()
    expect(page.get_by_label("Your notes")).to_have_value("What I know about Journey mapping")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def assert_receipt_and_sign_out(page: Page) -> None:
    """From the history to the receipt and out; Back shows no page of the account any more."""
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt")
    expect(page.locator(".stamp")).to_have_text("Paid")
    expect(page.get_by_role("main")).to_contain_text("$79.00")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_whole_way_with_scripts_when_the_webhook_comes_first(tabs: Tabs, product: Product) -> None:
    """PAYW-03, PAYW-04, UI-14, UI-16, UI-25: leaving first, then a declined card, cost nothing but a press."""
    page = tabs()
    sign_in_as_demo_person(page, "operator")
    begin_free_workshop(page, "A bridge for bicycles")
    walk_to_the_gate(page)
    expect(page.get_by_role("dialog")).to_contain_text("6 of 10 steps complete")
    payment_page = press_buy(page, product, "Buy and unlock, $79.00")
    leave_and_stand_at_the_gate_again(page)
    assert press_buy(page, product, "Buy and unlock, $79.00") == payment_page
    page.get_by_role("button", name="Decline the card").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was charged.")
    pay(page)
    assert_on_step_seven(page, "A bridge for bicycles")
    assert counted_rows(page) == BOTH_ROWS
    assert_receipt_and_sign_out(page)


def test_the_whole_way_without_scripts_when_the_buyer_is_back_before_the_webhook(
    tabs: Tabs, product: Product, late_webhooks: httpx.Client
) -> None:
    """H08, UI-01, PAYW-02, PAYW-04, BILL-03, BILL-04: the webhook that comes after the buyer adds nothing."""
    page = tabs(scripts=False)
    sign_in_by_mail(page, "carol@example.com")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    begin_free_workshop(page, "A library on wheels")
    walk_to_the_gate(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    press_buy(page, product, "Buy and unlock, $79.00")
    pay(page)
    assert_on_step_seven(page, "A library on wheels")
    late_webhooks.post("/_test/quiet").raise_for_status()
    assert counted_rows(page) == BOTH_ROWS
    page.get_by_label("Kind").select_option("consumption")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator("#rows-title")).to_contain_text("1 row")
    page.get_by_role("link", name="Clear filters").click()
    assert_receipt_and_sign_out(page)


def test_leaving_the_payment_leads_back_to_the_workshop_as_it_was(tabs: Tabs, product: Product) -> None:
    """UI-11, UI-16: the typed title and the open payment page are kept, and nothing was charged."""
    page = tabs()
    sign_in_by_mail(page, "dave@example.com")
    page.goto("/workshops/new")
    page.get_by_label("Title").fill("A kinder waiting room")
    page.get_by_role("radio", name="Buy and unlock now: Single Flight").check()
    payment_page = press_buy(page, product, "Create workshop")
    page.get_by_role("link", name="Leave without paying").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was charged.")
    expect(page.get_by_role("main")).to_contain_text("A kinder waiting room is saved as you left it.")
    expect(page.locator("#balance")).to_contain_text("0 credits")
    page.get_by_role("link", name="Go back to the payment page").click()
    expect(page).to_have_url(payment_page)
    page.get_by_role("link", name="Leave without paying").click()
    page.locator("main .actions a").first.click()
    expect(page.get_by_role("main")).to_contain_text("A kinder waiting room")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 Challenge")


def test_pressing_twice_and_going_back_buys_once(tabs: Tabs, product: Product) -> None:
    """H05, H06, UI-10, BILL-10: a double click on buying, Back, the same button again, and a double click on paying."""
    page = tabs()
    sign_in_by_mail(page, "erin@example.com")
    page.goto("/pricing")
    buy = page.get_by_role("button", name="Buy 3 credits, $149.00")
    buy.dblclick()  # the second press aborts the first navigation, so the address is looked at until it fits
    expect(page).to_have_url(re.compile(f"{re.escape(product.sandbox_url)}/c/pay/.*"))
    payment_page = page.url
    page.go_back()
    press_buy(page, product, "Buy 3 credits, $149.00")
    assert page.url == payment_page
    page.get_by_role("button", name="Pay $149.00").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 credits added. You have 3.")
    page.reload()
    expect(page.locator("#balance")).to_contain_text("3 credits")
    assert counted_rows(page) == [("Purchase", "+3", "3")]
    page.goto(payment_page)
    expect(page.get_by_role("heading", level=1)).to_have_text("This payment is already complete")
