"""Walks the product once over HTTP, as a newcomer without JavaScript would, and prints what it saw.

Sign in → workshop → gate → buy → unlocked → history. Decides what must be seen on the way.
"""

import time
from urllib.parse import urlsplit

import click

from app.cli.plain_browser import PlainBrowser, Seen
from app.errors import BillingError

PERSON, TITLE, PACK = "zero", "A first look round", "single-flight"
LOOKS_AGAIN = "Check again"  # stands on the return page while a payment is under way
_MOST_STEPS = 10
_SETTLE_SECONDS = 20.0


class WentAstray(BillingError):
    """The product did not answer as it should on the way through it."""

    def __init__(self, *, wanted: str, page: Seen) -> None:
        self.wanted, self.page = wanted, page
        super().__init__(f"expected {wanted}, but {page.path} answered {page.status} “{page.heading}”")


def walk(base_url: str) -> None:
    """Walk once, printing a line per page. Raises: WentAstray: with what was expected and what was there."""
    with PlainBrowser(base_url) as browser:
        try:
            _walk(browser, urlsplit(base_url).netloc)
        except LookupError as missing:
            raise BillingError(str(missing)) from missing
    click.echo("  everything answered as it should")


def _walk(browser: PlainBrowser, host: str) -> None:
    dashboard = _saw("signed in", browser.send(browser.open("/sign-in"), "/sign-in/demo", user=PERSON))
    _must("the dashboard", dashboard, dashboard.path == "/dashboard" and dashboard.status == 200)
    step = _saw(
        "workshop", browser.send(browser.open("/workshops/new"), "/workshops", title=TITLE, start="free")
    )
    _must("the first step", step, "/steps/" in step.path and step.status == 200)
    gate = _saw("gate", _walked_to_the_gate(browser, step))
    payment = _saw("buy", browser.send(gate, "/checkout", pack=PACK))
    _must("the payment page", payment, urlsplit(payment.address).netloc != host and payment.status == 200)
    paid = _saw("paid", _settled(browser, browser.send(payment, f"{payment.path}/complete", method="card")))
    _must("the way back", paid, urlsplit(paid.address).netloc == host and paid.status == 200)
    unlocked = _saw("unlocked", browser.open(gate.path.rpartition("/steps/")[0]))
    _must("the step after the gate", unlocked, unlocked.status == 200 and unlocked.path != gate.path)
    history = _saw("history", browser.open("/transactions"))
    _must("the purchase and the unlock", history, history.status == 200 and TITLE in history.text)


def _walked_to_the_gate(browser: PlainBrowser, step: Seen) -> Seen:
    """Press Continue until the answer is the offer; what was typed goes along."""
    for _ in range(_MOST_STEPS):
        if step.status == 402:
            return step
        _must("an open step", step, step.status == 200)
        step = browser.send(step, step.path, **{"continue": "1"})
    raise WentAstray(wanted="the offer", page=step)


def _settled(browser: PlainBrowser, page: Seen) -> Seen:
    """The page that polls, once it has something to say."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while LOOKS_AGAIN in page.text and time.monotonic() < deadline:
        time.sleep(0.2)
        page = browser.open(page.address)
    return page


def _saw(what: str, page: Seen) -> Seen:
    click.echo(f"  {what:<10} {page.status}  {page.heading}")
    return page


def _must(wanted: str, page: Seen, fits: bool) -> None:  # noqa: FBT001  (read as a sentence)
    if not fits:
        raise WentAstray(wanted=wanted, page=page)
