"""The gate in a real browser: the dialog, the focus, the way out, and the same without JavaScript."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from app.accounts.sessions import session
from app.clock import utc_now
from app.database import pool as database_pool
from tests.accessibility import RULES
from tests.conftest import beside_other_pools
from tests.factories import make_user
from tests.workshops.servers import servers
from tests.workshops.stories import at_gate, balance_of, completed, consumptions_of, stored, unlocked

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

    def person(
        self, *, balance_credits: int = 0, title: str = "Launch plan", is_welcomed: bool = True
    ) -> Person:
        async def arrive() -> Person:
            user = await make_user(balance_credits=balance_credits, onboarding_complete=is_welcomed)
            token = await session.create(user, provider="demo", now=utc_now())
            return Person(user, await at_gate(user, title=title), token)

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


LOOK = """button => { const look = getComputedStyle(button), canvas = document.createElement("canvas").getContext("2d");
  const light = colour => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(each => (each /= 255) <= .04045 ? each / 12.92
      : ((each + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b + .05 };
  const clear = "rgba(0, 0, 0, 0)", sheet = getComputedStyle(document.querySelector("dialog")).backgroundColor;
  const ground = look.backgroundColor === clear ? sheet : look.backgroundColor;
  const lights = [light(look.color), light(ground)].sort((one, other) => other - one);
  return [look.fontSize, look.fontWeight, lights[0] / lights[1]] }"""


def require_equals(offer: Locator, dismissal: Locator) -> None:
    """In size, in the weight of the letters, and both far above what contrast is asked for."""
    boxes = [each.bounding_box() for each in (offer, dismissal)]
    assert boxes[0] and boxes[1]
    assert abs(boxes[0]["width"] - boxes[1]["width"]) <= 1
    assert abs(boxes[0]["height"] - boxes[1]["height"]) <= 1
    (size, weight, contrast), (other_size, other_weight, other_contrast) = [
        each.evaluate(LOOK) for each in (offer, dismissal)
    ]
    assert (size, weight) == (other_size, other_weight)
    assert min(contrast, other_contrast) >= 7
    assert other_contrast >= contrast


@pytest.mark.parametrize("balance_credits", [0, 3], ids=["to be bought", "covered"])
def test_on_a_narrow_screen_the_prompt_says_its_cost_and_has_its_button_in_view(
    context: BrowserContext, product: Product, balance_credits: int
) -> None:
    """PAYW-02, UI-04, UI-10: the way out is at most half a screen below; the sample follows."""
    person = product.person(balance_credits=balance_credits)
    tab = tab_of(context, product, person, "/steps/journey-mapping")
    tab.set_viewport_size({"width": 320, "height": 640})
    tab.get_by_role("button", name="Save and continue").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.locator(".button.buy").first).to_be_in_viewport(ratio=1)
    expect(dialog.get_by_text(f"You have {balance_credits}")).to_be_in_viewport(ratio=1)
    way_out, sample = (
        each.bounding_box()
        for each in (dialog.get_by_role("button", name="Save and decide later"), dialog.locator("dd").first)
    )
    assert way_out and sample
    assert way_out["y"] + way_out["height"] <= 640 + 320
    assert way_out["y"] < sample["y"]


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


def test_a_locked_step_is_refused_with_the_offer_and_nothing_of_itself(
    context: BrowserContext, product: Product
) -> None:
    """UI-08, UI-09: by its address, and as a fragment; by keyboard back to where the person was."""
    person = product.person()
    tab = signed_in(context, product, person)
    address = f"{product.url}/workshops/{person.workshop}/steps/concept"
    answer = tab.goto(address)
    assert answer is not None and answer.status == 402
    part = tab.request.get(address, headers={"HX-Request": "true"})
    assert part.status == 402
    for shown in (answer.text(), part.text()):
        assert "Your Build Pack is 4 steps away" in shown
        assert not any(each in shown for each in ("Shape the chosen answer", "<textarea"))
    expect(tab.locator("#workshops-steps").get_by_text("Locked", exact=True)).to_have_count(4)
    tab.get_by_role("link", name="Not now").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_label("Your notes")).to_have_value("Where it hurts")


def test_a_title_without_a_blank_pushes_no_page_sideways(context: BrowserContext, product: Product) -> None:
    """UI-04: in the welcome, the list, a step and the offer."""
    person = product.person(title="W" * 100, is_welcomed=False)
    tab = signed_in(context, product, person)
    tab.set_viewport_size({"width": 320, "height": 640})
    workshop = f"/workshops/{person.workshop}"
    for path in ("/dashboard", f"{workshop}/steps/challenge", f"{workshop}/steps/reframe"):
        tab.goto(product.url + path)
        expect(tab.get_by_text("W" * 100).first).to_be_attached()
        assert tab.evaluate("document.documentElement.scrollWidth") == 320, path


def test_deciding_later_is_as_large_as_the_offer_and_closes_it(
    context: BrowserContext, product: Product
) -> None:
    """UI-12"""
    tab = tab_of(context, product, product.person(), "/steps/journey-mapping")
    tab.get_by_role("button", name="Save and continue").click()
    later = tab.get_by_role("button", name="Save and decide later")
    require_equals(tab.get_by_role("button", name="Buy and unlock, $79.00"), later)
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


RETURN = "document.dispatchEvent(new Event('visibilitychange'))"  # a headless tab is never out of sight
BACK = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def test_what_was_left_open_in_other_tabs_follows_when_somebody_comes_back(
    context: BrowserContext, product: Product
) -> None:
    """UI-05: badge, list and prompt; what is typed stays; an open prompt goes on into what is open by now."""
    person = product.person(balance_credits=3)
    prompt = tab_of(context, product, person, "/steps/journey-mapping")
    prompt.get_by_role("button", name="Save and continue").click()
    expect(prompt.get_by_text("You have 3; you will have 2.")).to_be_visible()
    steps = tab_of(context, product, person, "/steps/persona")
    steps.get_by_label("Your notes").fill("Not saved yet")
    dashboard = context.new_page()
    dashboard.goto(f"{product.url}/dashboard")
    dashboard.locator("summary").first.click()
    product.ask(lambda: unlocked(person.user, person.workshop))
    for tab in (dashboard, steps):
        expect(tab.locator("#balance")).to_contain_text("3 credits")
        tab.evaluate(RETURN)
        expect(tab.locator("#balance")).to_contain_text("2 credits")
        expect(tab.locator("#live")).to_have_text("Your balance is now 2 credits.")
    expect(dashboard.locator("#workshops-list")).to_contain_text("Unlocked")
    assert dashboard.evaluate("document.querySelector('details').open")  # what was opened stays so
    expect(steps.locator("#workshops-steps")).not_to_contain_text("Locked")
    expect(steps.get_by_label("Your notes")).to_have_value("Not saved yet")
    prompt.evaluate(BACK)  # the badge hears first, then the prompt
    expect(prompt.get_by_role("heading", name="7 Reframe")).to_be_visible()
    expect(prompt.locator("#flash")).to_contain_text("Steps 7–10 are open now.")
    prompt.get_by_role("button", name="Undo and have 1 credit back").click()
    expect(prompt.get_by_role("heading", name="6 Journey mapping")).to_be_visible()
    dashboard.evaluate(RETURN)
    expect(dashboard.locator("#balance")).to_contain_text("3 credits")
    expect(dashboard.locator("#workshops-list")).to_contain_text("Free part")


def test_an_answer_that_was_overtaken_shows_no_older_balance(
    context: BrowserContext, product: Product
) -> None:
    """UI-05: the badge's own answer is held back until saving has brought a newer balance."""
    person = product.person(balance_credits=3)
    tab = tab_of(context, product, person, "/steps/journey-mapping")
    older = tab.request.get(f"{product.url}/badge", headers={"HX-Request": "true"}).text()
    assert "3 credits" in older
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/badge**", hold)
    with tab.expect_request("**/badge**"):
        tab.evaluate(RETURN)
    product.ask(lambda: unlocked(person.user, person.workshop))
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator("#balance")).to_contain_text("2 credits")
    with tab.expect_response("**/badge**"):
        held[0].fulfill(body=older, content_type="text/html")
    tab.evaluate(SETTLED)
    expect(tab.locator("#balance")).to_contain_text("2 credits")
    expect(tab.locator("#live")).to_have_text("Notes saved.")


def test_a_sign_in_that_ends_while_somebody_writes_loses_nothing(
    context: BrowserContext, product: Product
) -> None:
    """W30, H04, UI-25: signed out in another tab, pressed, signed in again: back at the step with what was typed."""
    person = product.person()
    tab = tab_of(context, product, person, "/steps/persona")
    other = tab_of(context, product, person, "/steps/persona")
    tab.get_by_label("Your notes").fill("Nobody wants to write this twice")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    other.go_back()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    tab.evaluate(RETURN)
    tab.get_by_role("button", name="Save and continue").click()
    expect(tab.locator("#flash")).to_contain_text("What you typed is kept")
    token = product.ask(lambda: session.create(person.user, provider="demo", now=utc_now()))
    context.add_cookies([{"name": "session", "value": token, "url": product.url}])
    tab.reload()  # signed in by now, so the sign-in page leads on to where the form was
    expect(tab.get_by_role("heading", level=1)).to_have_text("5 Persona")
    expect(tab.get_by_label("Your notes")).to_have_value("Nobody wants to write this twice")
    expect(tab.get_by_text("It is not saved yet.")).to_be_visible()


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
        token = await session.create(user, provider="demo", now=utc_now())
        return Person(user, await completed(user), token)

    tab = tab_of(context, product, product.ask(finish), "/build-pack")
    assert violations(tab) == []
    tab.emulate_media(media="print")
    expect(tab.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(tab.get_by_text("Back to the workshop")).to_be_hidden()
    expect(tab.get_by_text("Notes on Validate")).to_be_visible()
