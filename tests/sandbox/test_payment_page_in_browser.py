"""The sandbox's pages in a real browser, without scripts: every outcome of paying, and the dashboard's buttons."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.accessibility import RULES
from tests.sandbox.test_server import free_port, started, wait_until_it_answers


class ShopFront(BaseHTTPRequestHandler):
    """Another origin, to which the payment page must be able to send its buyers back."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><html lang=en><title>Shop</title><h1>Back in the shop</h1>")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def front() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), ShopFront) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def stripe_api() -> Iterator[httpx.Client]:
    port = free_port()
    with ExitStack() as stack:
        process = stack.enter_context(started("-m", "app.sandbox", "--port", str(port)))
        wait_until_it_answers(port)
        base = f"http://127.0.0.1:{port}"
        yield stack.enter_context(httpx.Client(base_url=base, auth=("sk_test_x", ""), trust_env=False))
        process.terminate()
        process.wait()


@pytest.fixture
def pay_url(stripe_api: httpx.Client, front: str) -> str:
    """The page of a new session."""
    price = {"currency": "usd", "unit_amount": "7900", "product_data[name]": "Single Flight"}
    order = {
        "mode": "payment",
        "line_items[0][price]": stripe_api.post("/v1/prices", data=price).json()["id"],
        "line_items[0][quantity]": "1",
        "success_url": front + "/success?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": front + "/cancel",
    }
    return str(stripe_api.post("/v1/checkout/sessions", data=order).json()["url"])


@pytest.fixture
def buyer(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript."""
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()


def test_one_press_pays_and_leads_back(buyer: Page, pay_url: str) -> None:
    buyer.goto(pay_url)
    buyer.get_by_role("button", name="Pay $79.00").click()
    assert "/success?session_id=cs_test_" in buyer.url
    buyer.goto(pay_url)
    assert buyer.get_by_role("heading", level=1).inner_text() == "This payment is already complete"


def test_a_declined_card_says_why_and_another_press_pays(buyer: Page, pay_url: str) -> None:
    buyer.goto(pay_url)
    buyer.get_by_role("button", name="Decline the card").click()
    assert "Your card was declined." in buyer.get_by_role("alert").inner_text()
    buyer.get_by_role("button", name="Pay $79.00").click()
    assert "/success" in buyer.url


def test_the_bank_asks_and_the_buyer_answers(buyer: Page, pay_url: str) -> None:
    buyer.goto(pay_url)
    buyer.get_by_role("button", name="Ask the bank first").click()
    buyer.get_by_role("button", name="No, refuse it").click()
    assert "unable to authenticate" in buyer.get_by_role("alert").inner_text()
    buyer.get_by_role("button", name="Ask the bank first").click()
    buyer.get_by_role("button", name="Yes, approve the payment").click()
    assert "/success" in buyer.url


@pytest.mark.parametrize("button", ["Bank debit that arrives", "Bank debit that fails"])
def test_a_bank_debit_leads_back_at_once(buyer: Page, pay_url: str, button: str) -> None:
    buyer.goto(pay_url)
    buyer.get_by_role("button", name=button).click()
    assert "/success" in buyer.url


def test_leaving_leads_to_the_cancel_address(buyer: Page, pay_url: str) -> None:
    buyer.goto(pay_url)
    buyer.get_by_role("link", name="Leave without paying").click()
    assert buyer.url.endswith("/cancel")


def test_the_dashboards_buttons_are_pressed_from_the_keyboard_and_keep_their_place(
    buyer: Page, pay_url: str, stripe_api: httpx.Client
) -> None:
    buyer.goto(pay_url)
    buyer.get_by_role("button", name="Pay $79.00").click()
    session_id = pay_url.rpartition("/")[2]
    buyer.goto(f"{stripe_api.base_url}/dashboard")
    for button, state in (("Half", "partly refunded"), ("Let it fail", "paid"), ("All", "refunded")):
        buyer.locator(f"#{session_id}").get_by_role("button", name=button).first.press("Enter")
        buyer.wait_for_url(f"**/dashboard#{session_id}")
        buyer.locator(f"#{session_id} .state", has_text=re.compile(f"^{state}$")).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_narrow_screen(
    page: Page, pay_url: str, stripe_api: httpx.Client, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 320, "height": 700})
    something_of_everything(stripe_api)
    for address in (pay_url, f"{pay_url}/authenticate", f"{stripe_api.base_url}/dashboard"):
        page.goto(address)
        assert Axe().run(page, options=RULES).response["violations"] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def something_of_everything(stripe_api: httpx.Client) -> None:
    """Events, a switched fault and a refusal to show on the dashboard."""
    poor = {"amount": "100", "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": "true"}
    assert stripe_api.post("/v1/payment_intents", data=poor).status_code == 402
    switch = {"side": "api", "kind": "503", "match": "DELETE *", "times": 1}
    stripe_api.post("/_test/faults", json=switch).raise_for_status()
