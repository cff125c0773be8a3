"""What a person does on the way: sign in, write, walk to the gate, pay, read the history. Decides nothing."""

import re

from playwright.sync_api import Page, expect

from tests.cli.product import Product

AT_THE_GATE = "Your Build Pack is 4 steps away"


def sign_in_as_demo_person(page: Page, person: str) -> None:
    page.goto("/sign-in")
    page.locator(f"button[name=user][value={person}]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def sign_in_by_mail(page: Page, address: str) -> None:
    """A newcomer's way: the link in the mail, and the one button behind it."""
    page.goto("/sign-in")
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("link", name="Open the development mailbox").click()
    page.get_by_role("article").filter(has_text=address).first.get_by_role("link").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def begin_free_workshop(page: Page, title: str) -> None:
    page.get_by_role("link", name="New workshop").click()
    page.get_by_label("Title").fill(title)
    expect(page.get_by_label("Start free")).to_be_checked()
    page.get_by_role("button", name="Create workshop").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 Challenge")


def walk_to_the_gate(page: Page) -> None:
    """Write something on each of the six free steps; the sixth answers with the offer."""
    names = (
        "Challenge",
        "Stakeholder mapping",
        "User research",
        "Sense making",
        "Persona",
        "Journey mapping",
    )
    for number, name in enumerate(names, 1):
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{number} {name}")
        page.get_by_label("Your notes").fill(f"What I know about {name}")
        page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name=AT_THE_GATE)).to_be_visible()


def press_buy(page: Page, product: Product, button: str | re.Pattern[str]) -> str:
    """Press a buy button; the payment page that opens."""
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"{product.sandbox_url}/c/pay/**")
    return page.url


def pay(page: Page) -> None:
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()


def counted_rows(page: Page) -> list[tuple[str, str, str]]:
    """Kind, credits and balance of every row of the history, newest first."""
    page.goto("/transactions")
    rows = page.locator("tbody tr:not(.day)").all()
    labels = ("Kind", "Credits", "Balance")
    cells = [[row.locator(f"[data-label={label}]").inner_text() for label in labels] for row in rows]
    return [(kind, change, balance) for kind, change, balance in cells]
