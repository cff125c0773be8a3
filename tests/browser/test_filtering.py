"""The history's filters in a real browser: searching while typing, slow answers, the file, and filters that fail."""

import csv
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Tabs
from tests.browser.going import sign_in_as_demo_person
from tests.browser.keys import Keys
from tests.browser.sight import NARROW

FOCUS = "document.activeElement.id"


def history_of(page: Page, person: str = "long") -> Page:
    sign_in_as_demo_person(page, person)
    page.goto("/transactions")
    return page


def rows_of(page: Page) -> list[str]:
    return page.locator("tbody tr:not(.day) th a").all_inner_texts()


def test_rows_follow_what_is_typed_and_back_leaves_the_search(tabs: Tabs) -> None:
    """UI-17, UI-18: the focus stays, the count is said, and no letter has an address of its own."""
    page = history_of(tabs())
    page.locator("#q").press_sequentially("night bu")
    expect(page.locator("#live")).to_have_text("5 rows match these filters.")
    page.locator("#q").press_sequentially("s 127")
    expect(page.locator("#live")).to_have_text("1 row matches these filters.")
    expect(page).to_have_url("/transactions?q=night+bus+127")
    assert page.evaluate(FOCUS) == "q"
    assert rows_of(page) == ["Unlock of Seed: Night bus 127"]
    page.go_back()
    expect(page).to_have_url("/transactions")
    expect(page.get_by_role("heading", name="198 rows, newest first")).to_be_visible()


def test_a_slow_answer_never_takes_the_place_of_a_newer_one(tabs: Tabs) -> None:
    """UI-18, UI-17"""
    page, slow = history_of(tabs()), list[Route]()
    page.route("**/transactions?type=grant*", lambda route: slow.append(route))  # noqa: PLW0108  (no builtin)
    with page.expect_request("**/transactions?type=grant*"):
        page.locator("#type").select_option("grant")
    page.locator("#type").select_option("refund")
    expect(page.locator("#live")).to_have_text("3 rows match these filters.")
    with page.expect_response("**/help"):
        for route in slow:
            route.continue_()
        page.evaluate("fetch('/help')")
    assert all("Refund of" in row for row in rows_of(page))
    expect(page).to_have_url("/transactions?type=refund")


def test_the_file_has_the_filtered_rows_and_adds_up_to_the_same(tabs: Tabs) -> None:
    """UI-19, UI-20: each row says all there is, and the totals are those of the file behind the link."""
    page = history_of(tabs())
    page.locator("#type").select_option("purchase")
    expect(page.locator("#live")).to_have_text("61 rows match these filters.")
    row = page.locator("tbody").nth(1).locator("tr:not(.day)").first
    for said in (
        "time",
        "th a",
        "[data-label=Kind]",
        "[data-label=Credits]",
        "[data-label=Balance]",
        "[data-label=Money]",
    ):
        expect(row.locator(said).first).not_to_be_empty()
    expect(page.locator("thead th").first).to_have_text("Date (UTC)")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    assert downloading.value.suggested_filename.startswith("transactions-2025-01-")
    with downloading.value.path().open(newline="") as file:
        lines = list(csv.DictReader(file))
    counted = [line for line in lines if line["status"] == "completed"]
    credits, cents = (sum(int(line[name]) for line in counted) for name in ("credits", "money_minor_units"))
    total = page.locator("tfoot")
    expect(total.locator("[data-label=Credits]")).to_have_text(f"+{credits}")
    expect(total.locator("[data-label=Money]")).to_have_text(f"${cents / 100:,.2f}")
    assert (len(lines), len(counted)) == (61, 60)


def test_filters_that_fail_leave_rows_or_words_but_never_a_broken_page(tabs: Tabs) -> None:
    """UI-21, UI-23: refused, the address stays and the way out is said; failed, the rows stay too."""
    page = history_of(tabs())
    shown = rows_of(page)
    page.route("**/transactions?type=grant*", lambda route: route.fulfill(status=500, body="<h1>boom</h1>"))
    page.locator("#type").select_option("grant")
    expect(page.locator("#flash")).to_contain_text("cannot be reached")
    assert rows_of(page) == shown
    page.locator("#type").select_option("")
    page.locator("#from").fill("2026-02-01")
    expect(page).to_have_url("/transactions?from=2026-02-01")
    page.locator("#to").fill("2026-01-01")
    expect(page.locator("#live")).to_have_text("To: The last day lies before the first.")
    expect(page.locator("#transactions-rows").get_by_role("link", name="Clear filters")).to_have_count(1)
    expect(page).to_have_url("/transactions?from=2026-02-01")
    expect(page.get_by_text("boom")).to_have_count(0)


def test_the_word_that_the_server_is_away_goes_when_it_answers_again(tabs: Tabs) -> None:
    """UI-23: by whatever answers first, even with a refusal."""
    page = history_of(tabs())
    page.context.set_offline(True)
    page.locator("#type").select_option("grant")
    expect(page.locator("#flash")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    page.locator("#type").select_option("refund")
    expect(page.locator("#live")).to_have_text("3 rows match these filters.")
    expect(page.locator("#flash")).to_be_empty()
    page.route("**/transactions?type=grant*", lambda route: route.fulfill(status=502, body="gateway"))
    page.locator("#type").select_option("grant")
    expect(page.locator("#flash")).to_contain_text("cannot be reached")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_on_a_narrow_screen_the_filters_open_when_they_are_wanted(tabs: Tabs, *, scripts: bool) -> None:
    """UI-01, UI-04, UI-17: rows come first; by keyboard alone they open, and stay open while they narrow something."""
    page = tabs(scripts=scripts)
    page.set_viewport_size(NARROW)
    history_of(page)
    filters, opener = page.locator("form.filters"), page.locator("summary", has_text="Filter")
    expect(filters).to_be_hidden()
    keys = Keys(page) if scripts else None  # what has the focus is only told by a script
    if keys:
        keys.press_on(opener)
    else:
        opener.press("Enter")
    page.locator("#type").select_option("refund")
    page.get_by_role("button", name="Apply filters").press("Enter")
    expect(page.get_by_role("heading", name="3 rows match these filters")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/transactions\?type=refund"))
    page.reload()
    expect(filters).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(filters).to_be_hidden()


def test_on_a_wide_screen_the_filters_stand_there(tabs: Tabs) -> None:
    page = history_of(tabs())
    expect(page.locator("summary", has_text="Filter")).to_be_hidden()
    expect(page.locator("form.filters")).to_be_visible()
    Keys(page).to(page.locator("#type"))
