"""Documents on paper, printed by a real browser and read back: one sheet each, and nothing that only a screen can use."""

import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.browser.conftest import Tabs
from tests.browser.going import sign_in_as_demo_person

A4_POINTS = (595, 842)
# Navigation, buttons, links that lead away from the paper, and the column of such links.
ONLY_ON_A_SCREEN = (
    "Skip to",
    "Dashboard",
    "Transactions",
    "Pricing",
    "Help",
    "Sign out",
    "What is a credit",
    "Show the receipt",
    "See this transaction",
    "Go to",
    "All statements",
    "All transactions",
    "Download",
    "Month before",
    "://",
)


def _statement(page: Page) -> None:
    page.goto("/statements/2026-03")


def _story(page: Page) -> None:
    page.goto("/transactions")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/transactions/ctx_*")


def _receipt(page: Page) -> None:
    page.goto("/transactions")
    page.get_by_role("link", name="Receipt").first.click()
    page.wait_for_url("**/purchases/**")


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        (
            _statement,
            (
                "Statement for March 2026", "Debt", "billing-debt@seed.test", "1 Mar 2026 to 31 Mar 2026 (UTC)",
                "Opening balance", "Purchase of Single Flight", "Closing balance", "−1", "$79.00",
            ),
        ),
        (_story, ("Dispute about Single Flight", "1 credit owed", "Rows that belong to it", "UTC")),
        (
            _receipt,
            (
                "Receipt", "Number", "support@", "billing-debt@seed.test", "Tax", "Total (USD)", "$79.00",
                "Disputed", "Credits taken back", "UTC",
            ),
        ),
    ],
    ids=["statement", "story", "receipt"],
)  # fmt: skip
def test_a_document_prints_on_one_sheet_of_a4_and_holds_nothing_to_press(
    tabs: Tabs, lead: Callable[[Page], None], said: tuple[str, ...]
) -> None:
    """UI-22, STMT-03: read from the PDF that the browser makes of it."""
    page = tabs()
    sign_in_as_demo_person(page, "debt")
    lead(page)
    [sheet] = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert tuple(round(float(side)) for side in sheet.mediabox[2:]) == A4_POINTS
    text = " ".join(sheet.extract_text().split())
    assert [each for each in ("Workshop Credits", *said) if each not in text] == []
    assert [each for each in ONLY_ON_A_SCREEN if each in text] == []
    assert ("Receipt" in text) == ("Receipt" in said)  # the column that leads to them
