"""The gate in a real browser: the dialog, the focus, the way out, and the same without JavaScript."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.accounts import sessions
from app.clock import utc_now
from app.database import pool as database_pool
from tests.accessibility import RULES
from tests.conftest import beside_other_pools
from tests.factories import make_user
from tests.workshops.servers import servers
from tests.workshops.stories import at_gate, balance_of, completed, consumptions_of, stored

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Person:
    """Somebody at the gate, and the session of their browser."""

    user: str
    workshop: str
    token: str


@dataclass(frozen=True)
class Product:
    """A running server and its database."""

    url: str
    database_url: str

    def ask(self, story: Callable[[], Awaitable[Answer]]) -> Answer:
        """Let a story happen in the database, on an event loop of its own: Playwright occupies this thread's."""
        answers: list[Answer] = []

        async def told() -> None:
            async with database_pool(self.database_url):
                answers.append(await story())

        with beside_other_pools():
            thread = threading.Thread(target=lambda: asyncio.run(told()))
            thread.start()
            thread.join()
        return answers[0]

    def person(self, *, balance_credits: int = 0) -> Person:
        async def arrive() -> Person:
            user = await make_user(balance_credits=balance_credits)
            token = await sessions.create(user, provider="demo", now=utc_now())
            return Person(user, await at_gate(user), token)

        return self.ask(arrive)


@pytest.fixture(scope="module")
def product(database_url: str) -> Iterator[Product]:
    with servers(database_url, 1) as (url,):
        yield Product(url, database_url)


def signed_in(context: BrowserContext, product: Product, person: Person) -> Page:
    """An empty tab of this person's."""
    context.add_cookies([{"name": "session", "value": person.token, "url": product.url}])
    return context.new_page()


def tab_of(context: BrowserContext, product: Product, person: Person, path: str) -> Page:
    """A tab of this person's, open at a page of their workshop."""
    tab = signed_in(context, product, person)
    tab.goto(f"{product.url}/workshops/{person.workshop}{path}")
    return tab


def violations(tab: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(tab, options=RULES).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def test_at_the_gate_the_prompt_is_a_dialog_and_escape_gives_the_focus_back(
    context: BrowserContext, product: Product
) -> None:
    """UI-11, PAYW-02: focus on its heading; the notes are saved; the address stays."""
    person = product.person()
    tab = tab_of(context, product, person, "/steps/journey-mapping")
    tab.get_by_label("Your notes").fill("Where it hurts most")
    tab.get_by_role("button", name="Save and continue").click()
    expect(tab.get_by_role("heading", name="Your Build Pack is 4 steps away")).to_be_focused()
    assert violations(tab) == []
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(tab.get_by_role("button", name="Save and continue")).to_be_focused()
    assert tab.url.endswith("/steps/journey-mapping")
    kept = product.ask(lambda: stored(person.workshop))
    assert (kept.notes["journey-mapping"], kept.current_step) == ("Where it hurts most", "journey-mapping")
    tab.get_by_label("Your notes").fill("And why")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text("Notes saved.").first).to_be_visible()
    assert product.ask(lambda: stored(person.workshop)).notes["journey-mapping"] == "And why"


def test_deciding_later_is_as_large_as_the_offer_and_closes_it(
    context: BrowserContext, product: Product
) -> None:
    """UI-12"""
    tab = tab_of(context, product, product.person(), "/steps/journey-mapping")
    tab.get_by_role("button", name="Save and continue").click()
    offer = tab.get_by_role("button", name="Buy and unlock, $79.00").bounding_box()
    later = tab.get_by_role("button", name="Save and decide later")
    dismissal = later.bounding_box()
    assert offer
    assert dismissal
    assert abs(offer["width"] - dismissal["width"]) <= 1
    assert abs(offer["height"] - dismissal["height"]) <= 1
    later.click()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(tab.get_by_role("button", name="Save and continue")).to_be_focused()


def test_the_words_on_a_credit_open_inside_the_dialog(context: BrowserContext, product: Product) -> None:
    """ONBD-04: what stands outside a modal dialog cannot be reached from it."""
    tab = tab_of(context, product, product.person(), "/steps/journey-mapping")
    tab.get_by_role("button", name="Save and continue").click()
    tab.get_by_role("dialog").get_by_role("button", name="What is a credit?").click()
    expect(tab.locator("#offer-credit-hint")).to_be_visible()
    assert violations(tab) == []


def test_a_double_click_on_the_unlock_spends_one_credit(context: BrowserContext, product: Product) -> None:
    """UI-10: double click, then Back and the same button again."""
    person = product.person(balance_credits=3)
    tab = tab_of(context, product, person, "/steps/journey-mapping")
    tab.get_by_role("button", name="Save and continue").click()
    expect(tab.get_by_text("You have 3; you will have 2.")).to_be_visible()
    tab.get_by_role("button", name="Use 1 credit to unlock").dblclick()
    expect(tab.get_by_role("heading", name="7 Reframe")).to_be_visible()
    expect(tab.locator("#balance")).to_contain_text("2 credits")
    tab.go_back()
    tab.goto(f"{product.url}/workshops/{person.workshop}/steps/journey-mapping")
    tab.get_by_role("button", name="Save and continue").click()
    expect(tab.get_by_role("heading", name="7 Reframe")).to_be_visible()
    assert product.ask(lambda: consumptions_of(person.user)) == [person.workshop]
    assert product.ask(lambda: balance_of(person.user)) == 2


def test_saving_keeps_the_focus_and_is_announced(context: BrowserContext, product: Product) -> None:
    tab = tab_of(context, product, product.person(), "/steps/journey-mapping")
    tab.get_by_label("Your notes").fill("By keyboard")
    save = tab.get_by_role("button", name="Save", exact=True)
    save.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#live")).to_have_text("Notes saved.")
    expect(save).to_be_focused()
    expect(tab.get_by_label("Your notes")).to_have_value("By keyboard")


def test_without_javascript_the_prompt_stands_in_the_step_page_and_unlocks(
    browser: Browser, product: Product
) -> None:
    """UI-01, PAYW-02"""
    person = product.person(balance_credits=1)
    context = browser.new_context(java_script_enabled=False)
    tab = tab_of(context, product, person, "/steps/journey-mapping")
    tab.get_by_role("button", name="Save and continue").click()
    expect(tab.get_by_role("heading", name="Your Build Pack is 4 steps away")).to_be_visible()
    tab.get_by_role("button", name="Use 1 credit to unlock").click()
    expect(tab.get_by_role("heading", name="7 Reframe")).to_be_visible()
    expect(tab.get_by_text("1 credit used — 0 remaining")).to_be_visible()
    context.close()


def test_the_build_pack_prints_without_navigation(context: BrowserContext, product: Product) -> None:
    """UI-22"""

    async def finish() -> Person:
        user = await make_user(balance_credits=1)
        token = await sessions.create(user, provider="demo", now=utc_now())
        return Person(user, await completed(user), token)

    tab = tab_of(context, product, product.ask(finish), "/build-pack")
    assert violations(tab) == []
    tab.emulate_media(media="print")
    expect(tab.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(tab.get_by_text("Back to the workshop")).to_be_hidden()
    expect(tab.get_by_text("Notes on Validate")).to_be_visible()
