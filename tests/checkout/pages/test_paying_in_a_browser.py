"""Paying in a real browser, beside the offline payment page: by card, by bank, with scripts and without."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.catalog.packs import load_catalog
from app.settings import PACKS_FILE
from app.web.filters import money
from tests.accessibility import RULES
from tests.cli.product import Product, running

SEEDED_PAID = "/checkout/success?session_id=cs_seed_funded_001"
SEEDED_SETTLING = "/checkout/success?session_id=cs_seed_pending_001"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="billing-paying-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the database server runs as nobody, who has to get in
        with running(Path(folder) / "data") as started:
            yield started


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A tab whose console stays empty."""
    page, said = context.new_page(), []
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert said == []


def signed_in(page: Page, product: Product, person: str) -> Page:
    page.goto(f"{product.base_url}/sign-in")
    page.locator(f"button[value={person}]").click()
    page.wait_for_url("**/dashboard")
    return page


def pressed(page: Page, product: Product, path: str, button: str) -> str:
    """Press a buy button and come to the payment page; its checkout session."""
    page.goto(product.base_url + path)
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"{product.sandbox_url}/c/pay/**")
    return page.url.rpartition("/")[2]


def paid_by_bank(page: Page, product: Product, session_id: str) -> None:
    """The bank debit is handed in, and stays on its way; the buyer comes back."""
    page.request.post(
        f"{product.sandbox_url}/c/pay/{session_id}/complete",
        form={"method": "sepa_debit", "outcome": "stuck"},
        max_redirects=0,
    )
    page.goto(f"{product.base_url}/checkout/success?session_id={session_id}")


def test_the_form_leads_to_the_payment_page_and_back_to_the_credits(product: Product, tab: Page) -> None:
    """UI-14: a plain form, through the policy of the pages; UI-05: the badge has the credits at once."""
    signed_in(tab, product, "zero")
    pressed(tab, product, "/pricing", "Buy 3 credits")
    tab.get_by_role("button", name=re.compile("^Pay ")).click()
    tab.wait_for_url(f"{product.base_url}/checkout/success**")
    expect(tab.locator("h1")).to_have_text("3 credits added. You have 3.")
    expect(tab.locator("#balance")).to_contain_text("3 credits")


def test_money_that_arrives_while_the_page_waits_opens_the_step_unaided(
    product: Product, tab: Page, context: BrowserContext
) -> None:
    """UI-15, PAYW-08."""
    signed_in(tab, product, "gate")
    workshop = tab.locator("#workshops-list a[href^='/workshops/']").first.get_attribute("href") or ""
    workshop_id = workshop.split("/")[2]
    pack = load_catalog(PACKS_FILE).packs[0]
    button = f"Buy and unlock, {money(pack.amount_cents, pack.currency)}"
    session_id = pressed(tab, product, f"/pricing?workshop={workshop_id}", button)
    paid_by_bank(tab, product, session_id)
    expect(tab.locator("h1")).to_have_text("Your payment is settling")
    clerk = context.new_page()
    clerk.goto(f"{product.sandbox_url}/dashboard")
    clerk.get_by_role("button", name=f"Settle the debit {pack.name}, {session_id[-6:]}").click()
    clerk.wait_for_load_state()
    tab.bring_to_front()
    tab.wait_for_url(f"**/workshops/{workshop_id}/steps/reframe", timeout=20_000)
    expect(tab.locator("#flash")).to_contain_text("1 credit used — 0 remaining.")


def test_looking_again_leaves_the_keyboard_where_it_is(product: Product, tab: Page) -> None:
    signed_in(tab, product, "pending").goto(product.base_url + SEEDED_SETTLING)
    again = tab.get_by_role("link", name="Check again")
    again.focus()
    with tab.expect_response(re.compile("try=2")):
        pass
    expect(again).to_be_focused()
    expect(tab.locator("#live")).to_be_empty()


def test_without_scripts_paying_leaving_and_looking_again_all_work(
    product: Product, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    """UI-01, UI-16."""
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    signed_in(page, product, "onboarding")
    session_id = pressed(page, product, "/pricing", "Buy 1 credit")
    page.get_by_role("link", name=re.compile("cancel|leave|back", re.IGNORECASE)).first.click()
    expect(page.locator("h1")).to_have_text("Nothing was charged.")
    page.get_by_role("link", name="Go back to the payment page").click()
    page.wait_for_url(f"**/{session_id}")
    paid_by_bank(page, product, session_id)
    page.wait_for_url("**try=1")
    page.get_by_role("link", name="Check again").click()
    expect(page.locator("h1")).to_have_text("Your payment is settling")
    page.context.close()


def test_a_receipt_prints_on_one_sheet_without_navigation(product: Product, tab: Page) -> None:
    """UI-22."""
    signed_in(tab, product, "funded").goto(product.base_url + SEEDED_PAID)
    tab.get_by_role("link", name="Receipt").click()
    expect(tab.locator("h1")).to_have_text("Receipt")
    tab.emulate_media(media="print")
    for gone in ("nav[aria-label=Main]", "main a[href='/transactions']", "footer"):
        expect(tab.locator(gone)).to_be_hidden()
    assert len(re.findall(rb"/Type\s*/Page[^s]", tab.pdf(format="A4"))) == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(product: Product, tab: Page, scheme: Any, width: int) -> None:
    """UI-02, UI-04."""
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=scheme)
    signed_in(tab, product, "pending")
    tab.goto(product.base_url + SEEDED_SETTLING)
    receipt = f"/purchases/{tab.locator('code').inner_text()}"
    for path in ("/pricing?pack=single-flight", SEEDED_SETTLING, "/checkout/cancel", receipt):
        tab.goto(product.base_url + path)
        assert Axe().run(tab, options=RULES).response["violations"] == [], path
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
