"""Paying in a real browser, beside the offline payment page: by card, by bank, with scripts and without."""

import re

from playwright.sync_api import Page, expect

from app.catalog.packs import load_catalog
from app.settings import PACKS_FILE
from app.web.filters import money
from tests.browser.conftest import Tabs
from tests.browser.going import (
    begin_free_workshop,
    pay,
    press_buy,
    sign_in_as_demo_person,
    sign_in_by_mail,
)
from tests.cli.product import Product
from tests.gallery.scenes import SETTLING


def pay_by_bank(page: Page, product: Product, payment_page: str) -> str:
    """The bank debit is handed in, and stays on its way; the buyer comes back. The checkout session."""
    page.request.post(
        f"{payment_page}/complete", form={"method": "sepa_debit", "outcome": "stuck"}, max_redirects=0
    )
    session_id = payment_page.rpartition("/")[2]
    page.goto(f"/checkout/success?session_id={session_id}")
    return session_id


def test_the_form_leads_to_the_payment_page_and_back_to_the_credits(tabs: Tabs, product: Product) -> None:
    """UI-14: a plain form, through the policy of the pages; UI-05: the badge has the credits at once."""
    page = tabs()
    sign_in_by_mail(page, "heidi@example.com")
    page.goto("/pricing")
    press_buy(page, product, re.compile("^Buy 3 credits"))
    pay(page)
    page.wait_for_url("**/checkout/success**")
    expect(page.locator("h1")).to_have_text("3 credits added. You have 3.")
    expect(page.locator("#balance")).to_contain_text("3 credits")


def test_signed_out_the_prices_say_the_whole_truth_and_the_payment_page_agrees(
    tabs: Tabs, product: Product
) -> None:
    """UI-13, PRIC-03: the choice outlives signing in."""
    page = tabs()
    page.goto("/pricing")
    for pack in load_catalog(PACKS_FILE).packs:
        card = page.locator(".pack").filter(has=page.get_by_role("heading", name=pack.name))
        expect(card).to_contain_text(money(pack.amount_cents, pack.currency))
        expect(card).to_contain_text(money(round(pack.amount_cents / pack.credits), pack.currency))
    for words in (
        "One-time payment. No subscription. Credits never expire.",
        "Prices are in USD.",
        "no tax or fee is added at checkout",
        "Refunds: write to",
    ):
        expect(page.get_by_text(words).first).to_be_visible()
    page.get_by_role("button", name="Buy 3 credits, $149.00").click()
    page.locator("button[name=user][value=funded]").click()
    expect(page.locator(".pack.marked")).to_contain_text("Serial Entrepreneur")
    press_buy(page, product, "Buy 3 credits, $149.00")
    expect(page.get_by_role("button", name="Pay $149.00")).to_be_visible()


def test_money_that_arrives_while_the_page_waits_opens_the_workshop_unaided(
    tabs: Tabs, product: Product
) -> None:
    """UI-15, PAYW-08."""
    page, clerk = tabs(), tabs()
    sign_in_by_mail(page, "ivan@example.com")
    begin_free_workshop(page, "A lighter suitcase")
    workshop_id = page.url.split("/")[4]
    pack = load_catalog(PACKS_FILE).packs[0]
    page.goto(f"/pricing?workshop={workshop_id}")
    payment_page = press_buy(page, product, f"Buy and unlock, {money(pack.amount_cents, pack.currency)}")
    session_id = pay_by_bank(page, product, payment_page)
    expect(page.locator("h1")).to_have_text("Your payment is settling")
    clerk.goto(f"{product.sandbox_url}/dashboard")
    clerk.locator("article").filter(has_text=session_id).get_by_role("button", name="Settle").click()
    clerk.wait_for_load_state()
    page.bring_to_front()
    page.wait_for_url(f"**/workshops/{workshop_id}/steps/challenge", timeout=20_000)
    expect(page.locator("#flash")).to_contain_text("1 credit used — 0 remaining.")


def test_looking_again_leaves_the_keyboard_where_it_is(tabs: Tabs) -> None:
    page = tabs()
    sign_in_as_demo_person(page, "pending")
    page.goto(SETTLING)
    again = page.get_by_role("link", name="Check again")
    again.focus()
    with page.expect_response(re.compile("try=2")):
        pass
    expect(again).to_be_focused()
    expect(page.locator("#live")).to_be_empty()


def test_without_scripts_paying_leaving_and_looking_again_all_work(tabs: Tabs, product: Product) -> None:
    """UI-01, UI-16."""
    page = tabs(scripts=False)
    sign_in_by_mail(page, "judy@example.com")
    page.goto("/pricing")
    payment_page = press_buy(page, product, re.compile("^Buy 1 credit"))
    page.get_by_role("link", name="Leave without paying").click()
    expect(page.locator("h1")).to_have_text("Nothing was charged.")
    page.get_by_role("link", name="Go back to the payment page").click()
    page.wait_for_url(payment_page)
    pay_by_bank(page, product, payment_page)
    page.wait_for_url("**try=1")
    page.get_by_role("link", name="Check again").click()
    expect(page.locator("h1")).to_have_text("Your payment is settling")
