"""Documents on paper, printed by a real browser and read back: one sheet each, and nothing that only a screen can use."""

import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from pypdf import PageObject, PdfReader

from tests.browser.conftest import Tabs
from tests.browser.going import sign_in_as_demo_person

A4_POINTS = (595, 842)
AMOUNT = re.compile(r"−?\$[\d.,]*\d")
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
    [sheet] = _sheets(page)
    assert tuple(round(float(side)) for side in sheet.mediabox[2:]) == A4_POINTS
    text = _text_of([sheet])
    assert [each for each in ("Workshop Credits", *said) if each not in text] == []
    assert [each for each in ONLY_ON_A_SCREEN if each in text] == []
    assert ("Receipt" in text) == ("Receipt" in said)  # the column that leads to them


def test_the_history_on_paper_holds_its_rows_whole_and_nothing_to_press(tabs: Tabs) -> None:
    """UI-22: with the money of each; what narrows them down is said."""
    page = tabs()
    sign_in_as_demo_person(page, "long")
    page.goto("/transactions?from=2026-02-01&to=2026-03-31")
    shown = " ".join(page.locator("#transactions-rows").get_by_text("$").all_inner_texts())
    text = _text_of(_sheets(page))
    assert len(AMOUNT.findall(shown)) > 5
    assert sorted(AMOUNT.findall(text)) == sorted(AMOUNT.findall(shown))
    assert "Only from 1 Feb 2026, to 31 Mar 2026." in text
    useless = (
        "Receipt",
        "Filter",
        "Apply",
        "Clear",
        "×",
        "Download",
        "What is a credit",
        "Monthly",
        "Hide",
        "account book",
    )
    assert [each for each in useless if each in text] == []


def test_the_balance_on_paper_has_its_figures_and_no_question_without_an_answer(tabs: Tabs) -> None:
    """UI-22: a day is on it once it was asked for."""
    page = tabs()
    sign_in_as_demo_person(page, "debt")
    page.goto("/balance")
    text = _text_of(_sheets(page))
    assert "Balance on a day" not in text
    assert "March 2026 −1" in text
    page.get_by_label("Day (UTC)").fill("2026-03-10")
    page.get_by_role("heading", name="When 10 Mar 2026 ended").wait_for()
    text = _text_of(_sheets(page))
    assert "Balance on a day When 10 Mar 2026 ended (UTC) 0 credits" in text
    assert [each for each in ("Show balance", "Day (UTC)", "All transactions") if each in text] == []


def _sheets(page: Page) -> list[PageObject]:
    return list(PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages)


def _text_of(sheets: list[PageObject]) -> str:
    return " ".join(word for sheet in sheets for word in sheet.extract_text().split())
