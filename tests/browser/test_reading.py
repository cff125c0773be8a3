"""Reading in a real browser: the welcome, the filters, Back, narrow screens, scripts or none."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tabs
from tests.browser.going import sign_in_as_demo_person, sign_in_by_mail

FOCUS = "document.activeElement.id"
PAST_THE_EDGE = "(at => at.scrollWidth - at.clientWidth)(document.querySelector('.table-region'))"


def history_of(page: Page, person: str) -> Page:
    """A demo person's tab, open at their history."""
    sign_in_as_demo_person(page, person)
    page.goto("/transactions")
    return page


def test_escape_ends_the_welcome_for_good_in_every_browser(tabs: Tabs) -> None:
    """UI-06, ONBD-02, ONBD-03"""
    page, other = tabs(), tabs(scripts=False)
    sign_in_by_mail(page, "frank@example.com")
    expect(page.locator("#onboarding-welcome")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#onboarding-welcome")).to_have_count(0)
    sign_in_by_mail(other, "frank@example.com")
    expect(other.locator("#onboarding-welcome")).to_have_count(0)


def test_the_buttons_of_the_welcome_work_without_scripts(tabs: Tabs) -> None:
    """UI-01, UI-06"""
    page = tabs(scripts=False)
    sign_in_by_mail(page, "grace@example.com")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    expect(page.locator("#onboarding-welcome")).to_have_count(0)


def test_the_first_screen_explains_itself_leads_on_and_comes_back_from_the_help(tabs: Tabs) -> None:
    """UI-06, UI-07, ONBD-05: what is free, what a credit opens and the balance, without scrolling."""
    page = tabs()
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in_by_mail(page, "gina@example.com")
    for words in ("Steps 1 to 6 are free", "1 credit opens steps 7–10", "You have no credits yet"):
        expect(page.get_by_text(words)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Get started").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New workshop")
    page.goto("/help")
    page.get_by_role("button", name="Show the welcome again").click()
    expect(page.locator("#onboarding-welcome")).to_be_visible()
    page.goto("/transactions")
    page.get_by_role("button", name="Hide this hint").click()
    expect(page.locator("#onboarding-hint")).to_have_count(0)
    assert page.evaluate(FOCUS) == "main"


def test_no_movement_is_cut_off_at_any_width(tabs: Tabs) -> None:
    """UI-04: a table that does not fit has become cards."""
    page = history_of(tabs(), "long")
    cut = []
    for width in (360, 560, 640, 700, 768, 800, 860, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        past = page.evaluate(PAST_THE_EDGE)
        if past > 1:  # one pixel is of words hidden from sight
            cut.append((width, past))
    assert cut == []


def test_filtering_by_keyboard_keeps_the_focus_and_says_the_count(tabs: Tabs) -> None:
    """UI-18, UI-17"""
    page = history_of(tabs(), "long")
    expect(page.locator("#live")).to_have_text("")
    page.locator("#type").focus()
    page.locator("#type").select_option("refund")
    expect(page.locator("#live")).to_have_text("3 rows match these filters.")
    assert page.evaluate(FOCUS) == "type"
    expect(page).to_have_url("/transactions?type=refund")
    assert page.locator("tbody tr:not(.day)").count() == 3


def test_reload_back_and_a_copied_link_show_the_same_rows(tabs: Tabs) -> None:
    """UI-17: Back never shows a bare fragment."""
    page = history_of(tabs(), "long")
    page.locator("#type").select_option("grant")
    page.wait_for_url("**/transactions?type=grant")
    shown = page.locator("tbody").all_inner_texts()
    page.goto("/help")
    page.go_back()
    expect(page.get_by_role("heading", name="Transactions", exact=True)).to_be_visible()
    assert page.locator("#type").input_value() == "grant"
    assert page.locator("tbody").all_inner_texts() == shown
    page.reload()
    assert page.locator("tbody").all_inner_texts() == shown


def test_filtering_works_without_scripts(tabs: Tabs) -> None:
    """UI-01"""
    page = history_of(tabs(scripts=False), "long")
    page.locator("#q").fill("night bus")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator("#rows-title")).to_contain_text("match these filters")
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_role("link", name="Older rows").click()
    expect(page.get_by_role("link", name="Newest rows")).to_be_visible()


def test_without_the_server_the_rows_stay_and_a_message_appears(tabs: Tabs) -> None:
    """UI-23"""
    page = history_of(tabs(), "long")
    page.context.set_offline(True)
    page.locator("#type").select_option("grant")
    expect(page.locator("#flash")).to_contain_text("cannot be reached")
    assert page.locator("tbody tr:not(.day)").count() == 25
    expect(page).to_have_url("/transactions")


def test_on_a_narrow_screen_rows_are_cards(tabs: Tabs) -> None:
    """UI-04"""
    page = tabs()
    page.set_viewport_size({"width": 320, "height": 700})
    row = history_of(page, "long").locator("tbody tr:not(.day)").nth(1)
    for label in ("Time", "Kind", "Credits", "Balance"):
        expect(row.locator(f"[data-label={label}]")).to_be_visible()


def test_preferences_are_chosen_without_scripts_and_show_at_once(tabs: Tabs) -> None:
    """UI-01: a dark page in a light system, another clock and another way to write amounts."""
    page = tabs(scripts=False)
    sign_in_by_mail(page, "henry@example.com")
    page.goto("/account")
    expect(page.locator("html")).to_have_css("background-color", "rgb(251, 247, 238)")
    page.get_by_label("Light or dark").select_option("Dark")
    page.get_by_label("Time zone").fill("tokyo")
    page.get_by_label("Numbers and dates").select_option(value="de")
    page.get_by_role("button", name="Save preferences").click()
    expect(page.get_by_text("Your preferences are saved. It is now")).to_contain_text("Tokyo time")
    expect(page.locator("html")).to_have_css("background-color", "rgb(23, 20, 18)")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.goto("/transactions")
    expect(page.get_by_label("From (Tokyo time)")).to_be_visible()
