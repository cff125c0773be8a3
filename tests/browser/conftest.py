"""One running product for every browser test, demo people who sign in once, and tabs that watch their console."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.sight import Look, Sight
from tests.cli.product import Product, running
from tests.gallery.product import with_somebody_erased
from tests.gallery.scenes import OPERATOR, Scene

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

OWN_LINES = (
    "Failed to load resource",
    "htmx: htmx:error: Failed to fetch",
    "Clear-Site-Data header on",
)  # of browser and htmx, on a failed answer and on signing out
Tabs = Callable[..., Page]
Watch = Callable[[Scene], Sight]


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="billing-browser-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the database server runs as nobody, who has to get in
        with running(Path(folder) / "data", OPERATORS=OPERATOR) as started:
            yield with_somebody_erased(started)


@pytest.fixture
def tabs(browser: Browser, product: Product, browser_context_args: dict[str, Any]) -> Iterator[Tabs]:
    """Opens tabs, each in a browser of its own; their consoles stay empty."""
    opened: list[BrowserContext] = []
    said: list[str] = []

    def tab(*, scripts: bool = True) -> Page:
        context = browser.new_context(
            **browser_context_args, base_url=product.base_url, java_script_enabled=scripts
        )
        opened.append(context)
        context.on("console", lambda line: said.append(line.text))
        context.on("weberror", lambda error: said.append(str(error.error)))
        return context.new_page()

    yield tab
    for context in opened:
        context.close()
    assert [line for line in said if not line.startswith(OWN_LINES)] == []


@pytest.fixture(scope="module")
def watch(browser: Browser, product: Product, browser_context_args: dict[str, Any]) -> Iterator[Watch]:
    """Goes to a scene once, whatever is asked about it, and remembers everything seen there."""
    sights: dict[str, Sight] = {}
    with browser.new_context(**browser_context_args, base_url=product.base_url) as context:
        look = Look(context, product.base_url)

        def seen(scene: Scene) -> Sight:
            if scene.name not in sights:
                sights[scene.name] = look.at(scene)
            return sights[scene.name]

        yield seen
