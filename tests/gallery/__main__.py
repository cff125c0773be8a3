"""`make gallery`: pictures of every scene, light, dark and 320 px wide, into `.cache/gallery`."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, ViewportSize, sync_playwright

from tests.browser_finding import found_browser, launch_arguments
from tests.cli.product import running
from tests.gallery.scenes import SCENES, Scene

FOLDER = Path(__file__).parent.parent.parent / ".cache" / "gallery"
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=320, height=640)
LOOKS = {"light": WIDE, "dark": WIDE, "narrow": NARROW}


def picture(browser: Browser, base_url: str, scene: Scene, look: str) -> None:
    """One picture of the whole page; a dialog is shown as the window shows it."""
    context = browser_context(browser, base_url, look)
    page = context.new_page()
    if scene.person:
        page.goto("/sign-in")
        page.locator(f"button[name=user][value={scene.person}]").click()
        page.wait_for_url("**/dashboard")
    scene.walk(page)
    full = page.locator("dialog[open]").count() == 0
    page.screenshot(path=FOLDER / f"{scene.name}-{look}.png", full_page=full)
    context.close()


def browser_context(browser: Browser, base_url: str, look: str) -> BrowserContext:
    """A window of its own in this look."""
    return browser.new_context(
        base_url=base_url,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
        color_scheme="dark" if look == "dark" else "light",
        viewport=LOOKS[look],
    )


@contextmanager
def product(base_url: str | None) -> Iterator[str]:
    """The product that runs there, or one of our own with fresh demo people."""
    if base_url:
        yield base_url
        return
    with tempfile.TemporaryDirectory(prefix="billing-gallery-") as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder) / "data") as own:
            yield own.base_url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scenes to take; all when none is named")
    parser.add_argument("--base-url", help="a running product to take pictures of")
    parser.add_argument("--look", choices=LOOKS, action="append")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        base_url = stack.enter_context(product(chosen.base_url))
        playwright = stack.enter_context(sync_playwright())
        program = found_browser(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program, args=launch_arguments())
        for scene in SCENES:
            if chosen.names and scene.name not in chosen.names:
                continue
            for look in chosen.look or LOOKS:
                try:
                    picture(browser, base_url, scene, look)
                    print(f"{scene.name}-{look}.png")
                except Error as error:
                    print(f"{scene.name}-{look}: {str(error).splitlines()[0]}")
        browser.close()


if __name__ == "__main__":
    main()
