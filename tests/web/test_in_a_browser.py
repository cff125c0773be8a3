"""The look and app.js in a real browser: nothing overflows, focus comes back, trouble is said."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, FloatRect, Page, expect

from tests.accessibility import RULES
from tests.web.live_site import live_site

SHIFTS = """new PerformanceObserver(list => { for (const each of list.getEntries())
  if (!each.hadRecentInput) window.shifts = (window.shifts || 0) + each.value })
  .observe({type: "layout-shift", buffered: true})"""
INSERT = """html => { const place = document.createElement("div"); place.id = "place"; place.innerHTML = html;
  document.getElementById("main").append(place); htmx.process(place) }"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with live_site() as running:
        yield running


@pytest.fixture
def tab(context: BrowserContext, address: str) -> Iterator[Page]:
    """Alice's tab; the console stays empty but for the browser's and htmx's own lines on an answer that failed."""
    context.add_cookies([{"name": "who", "value": "alice", "url": address}])
    page, said = context.new_page(), []
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    own = ("Failed to load resource", "htmx: htmx:error: Failed to fetch")
    assert [line for line in said if not line.startswith(own)] == []


def insert(tab: Page, html: str) -> None:
    """Put a control of htmx's on the page."""
    tab.evaluate(INSERT, html)


def violations(tab: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(tab, options=RULES).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def test_every_component_is_accessible_by_day(tab: Page, address: str) -> None:
    """UI-02: with the popover open, then with the dialog open."""
    tab.goto(f"{address}/styleguide")
    tab.get_by_role("button", name="What is a credit?").click()
    assert violations(tab) == []
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="Delete workshop").click()
    assert violations(tab) == []


def test_every_component_is_accessible_by_lamp(tab: Page, address: str) -> None:
    """UI-02"""
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{address}/styleguide")
    assert violations(tab) == []


@pytest.mark.parametrize("path", ["/help", "/fail/broken"])
def test_pages_of_no_feature_are_accessible(tab: Page, address: str, path: str) -> None:
    """UI-02"""
    tab.goto(address + path)
    for question in tab.locator("summary").all():
        question.click()
    assert violations(tab) == []


@pytest.mark.parametrize("text_size", ["100%", "200%"])
def test_a_narrow_screen_needs_no_sideways_scroll(tab: Page, address: str, text_size: str) -> None:
    """UI-04"""
    tab.set_viewport_size({"width": 320, "height": 640})
    tab.goto(f"{address}/styleguide")
    tab.evaluate("size => { document.documentElement.style.fontSize = size }", text_size)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_a_narrow_screen_rows_are_cards_with_every_column(tab: Page, address: str) -> None:
    """UI-04"""
    tab.set_viewport_size({"width": 320, "height": 640})
    tab.goto(f"{address}/styleguide")
    row = tab.locator("#ledger .ledger tbody tr").nth(1)
    cells = [box for cell in row.locator("td, th").all() if (box := cell.bounding_box())]
    assert len(cells) == 7
    assert [cell for cell in cells if cell["x"] < 0 or cell["x"] + cell["width"] > 320] == []
    assert [pair for pair in combinations(cells, 2) if _overlap(*pair)] == []
    assert len({round(cell["y"]) for cell in cells}) == 4, (
        "the name, when and of which kind, two figures, money and receipt"
    )


def _overlap(one: FloatRect, other: FloatRect) -> bool:
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


def test_cards_are_still_a_table_to_a_screen_reader(tab: Page, address: str) -> None:
    """UI-04: what the browser itself tells, whatever `display` says."""
    tab.set_viewport_size({"width": 320, "height": 640})
    tab.goto(f"{address}/styleguide")
    told = tab.context.new_cdp_session(tab).send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in told if not node["ignored"]]
    rows = tab.locator("#ledger .ledger tr").count()
    assert roles.count("table") == 1
    assert (roles.count("row"), roles.count("columnheader"), roles.count("rowheader")) == (rows, 7, rows - 1)
    assert roles.count("cell") == tab.locator("#ledger td").count() - tab.locator("#ledger td:empty").count()


def test_a_page_is_light_and_stands_still(tab: Page, address: str) -> None:
    """UI-03"""
    sizes: list[int] = []
    tab.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    tab.add_init_script(SHIFTS)
    tab.goto(f"{address}/styleguide", wait_until="networkidle")
    assert len(sizes) <= 6
    assert sum(sizes) <= 40_000
    assert tab.evaluate("window.shifts || 0") <= 0.01


def test_the_dismissal_is_as_large_as_the_offer(tab: Page, address: str) -> None:
    """UI-12"""
    tab.goto(f"{address}/styleguide")
    offer, dismissal = (each.bounding_box() for each in tab.locator(".offer-ways .button").all())
    assert offer and dismissal
    assert abs(offer["width"] - dismissal["width"]) <= 1
    assert abs(offer["height"] - dismissal["height"]) <= 1


def test_print_leaves_out_what_cannot_be_pressed_on_paper(tab: Page, address: str) -> None:
    """UI-22"""
    tab.goto(f"{address}/styleguide")
    tab.emulate_media(media="print")
    expect(tab.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(tab.locator(".button").first).to_be_hidden()
    expect(tab.locator(".brand")).to_be_visible()
    expect(tab.locator(".lines")).to_be_visible()


def test_a_dialog_that_is_swapped_in_opens_and_gives_the_focus_back(tab: Page, address: str) -> None:
    """UI-11"""
    tab.goto(f"{address}/help")
    insert(tab, '<button id="go" data-hx-get="/dialog" data-hx-disable="this">Save and continue</button>')
    tab.locator("#go").click()
    expect(tab.locator("dialog[open] h2")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(tab.locator("#go")).to_be_focused()
    expect(tab.locator("dialog")).to_have_count(0)


def test_when_the_opener_is_gone_the_focus_goes_to_the_page(tab: Page, address: str) -> None:
    tab.goto(f"{address}/help")
    insert(tab, '<button id="go" data-hx-get="/told" data-hx-swap="outerHTML">Show</button>')
    tab.locator("#go").click()
    expect(tab.locator("#errors-notice")).to_be_visible()
    expect(tab.locator("#go")).to_have_count(0)
    assert tab.evaluate("document.activeElement !== document.body")


def test_a_fragment_renews_the_badge_and_says_so(tab: Page, address: str) -> None:
    """UI-05"""
    tab.goto(f"{address}/help")
    insert(tab, '<button id="go" data-hx-get="/told" data-hx-target="#place">Show</button>')
    tab.locator("#go").click()
    expect(tab.locator("#live")).to_have_text("2 rows")
    expect(tab.locator("#balance")).to_contain_text("3 credits")
    expect(tab.locator("#live")).to_have_role("status")


def test_an_old_balance_that_comes_late_loses(tab: Page, address: str) -> None:
    """H13"""
    tab.goto(f"{address}/help")
    insert(tab, '<a id="new" data-hx-get="/balance-changed">New</a> <a id="old" data-hx-get="/told">Old</a>')
    tab.locator("#new").click()
    expect(tab.locator("#balance")).to_contain_text("2 credits")
    tab.locator("#old").click()
    expect(tab.locator("#live")).to_have_text("2 rows")
    expect(tab.locator("#balance")).to_contain_text("2 credits")


@pytest.mark.parametrize("name", ["broken", "few"])
def test_trouble_during_a_swap_is_said_and_the_page_stays(tab: Page, address: str, name: str) -> None:
    """UI-23, H03"""
    tab.goto(f"{address}/help")
    insert(tab, f'<button id="go" data-hx-get="/fail/{name}" data-hx-push-url="true">Show</button>')
    tab.locator("#go").click()
    expect(tab.get_by_role("alert")).to_contain_text("No credit was used" if name == "few" else "Reference")
    expect(tab.locator("#go")).to_be_visible()
    expect(tab.locator("summary").first).to_be_visible()
    assert tab.url == f"{address}/help"


def test_no_network_is_said_too(tab: Page, address: str) -> None:
    """UI-23"""
    tab.goto(f"{address}/help")
    insert(tab, '<button id="go" data-hx-get="/told">Show</button>')
    tab.context.set_offline(True)
    tab.locator("#go").click()
    expect(tab.get_by_role("alert")).to_contain_text("The server cannot be reached just now")
    tab.context.set_offline(False)


def test_escape_ends_the_welcome_panel_but_a_popover_first(tab: Page, address: str) -> None:
    """UI-06"""
    tab.goto(f"{address}/help")
    insert(
        tab,
        '<section id="onboarding-welcome"><form action="/told" data-hx-get="/told"><button>Close</button></form></section>',
    )
    tab.get_by_role("button", name="What is a credit?").click()
    tab.keyboard.press("Escape")
    expect(tab.locator("#credit-hint")).to_be_hidden()
    expect(tab.locator("#errors-notice")).to_have_count(0)
    tab.keyboard.press("Escape")
    expect(tab.locator("#errors-notice")).to_have_count(1)


def test_back_never_shows_a_bare_fragment(tab: Page, address: str) -> None:
    """UI-17: page and fragment share the address; neither is kept."""
    tab.goto(f"{address}/help")
    insert(
        tab,
        '<button id="go" data-hx-get="/told" data-hx-target="#place" data-hx-push-url="true">Show</button>',
    )
    tab.locator("#go").click()
    expect(tab.locator("#errors-notice")).to_be_visible()
    tab.goto(f"{address}/fail/missing")
    tab.go_back()
    expect(tab.locator("#site-header")).to_be_visible()
    expect(tab.locator("h1")).to_have_text("A sentence")
