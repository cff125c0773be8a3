"""`make gallery`: pictures of every scene, light, dark, 320 px wide, printed and without JavaScript, into `.cache/gallery`."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

from tests.browser_finding import found_browser, launch_arguments
from tests.gallery.product import product
from tests.gallery.scenes import SCENES, Scene
from tests.gallery.sheets import sheets_of
from tests.gallery.visitors import session_of

FOLDER = Path(__file__).parent.parent.parent / ".cache" / "gallery"
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=320, height=640)
PAPER = ViewportSize(width=718, height=1000)  # A4 less its margins
LOOKS: dict[str, dict[str, Any]] = {  # what a browser's window is told
    "light": {"viewport": WIDE},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "narrow": {"viewport": NARROW},
    "print": {"viewport": PAPER},
    "plain": {"viewport": WIDE, "java_script_enabled": False},  # of the scenes that say so
    "forced": {"viewport": WIDE, "forced_colors": "active", "color_scheme": "dark"},
    "contrast": {"viewport": WIDE, "contrast": "more"},
}
USUAL = ("light", "dark", "narrow", "print", "plain")


@dataclass
class Photographer:
    """Takes pictures in one browser; a person signs in once for all of them."""

    browser: Browser
    base_url: str
    sessions: dict[str, dict[str, str]]

    def picture(self, scene: Scene, look: str) -> Path:
        """One picture of the whole page; a dialog is shown as the window shows it."""
        path = FOLDER / f"{scene.name}-{look}.png"
        with self._window(scene, look) as page:
            scene.walk(page)
            page.wait_for_load_state()
            if look == "print":
                page.emulate_media(media="print")
            page.screenshot(path=path, full_page=page.locator("dialog[open]").count() == 0)
        return path

    @contextmanager
    def _window(self, scene: Scene, look: str) -> Iterator[Page]:
        usual: dict[str, Any] = {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC"}
        with self.browser.new_context(base_url=self.base_url, **usual, **LOOKS[look]) as context:
            cookies = self._session(scene.person).items() if scene.person else ()
            context.add_cookies(
                [{"name": name, "value": text, "url": self.base_url} for name, text in cookies]
            )
            yield context.new_page()

    def _session(self, person: str) -> dict[str, str]:
        if person not in self.sessions:
            self.sessions[person] = session_of(self.base_url, person)
        return self.sessions[person]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scenes to take; all when none is named")
    parser.add_argument("--base-url", help="a running product to take pictures of")
    parser.add_argument(
        "--look", choices=LOOKS, action="append", help=f"{', '.join(USUAL)} when none is named"
    )
    parser.add_argument(
        "--sheets",
        action="store_true",
        help="also several pictures on a sheet, to see them beside each other",
    )
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        base_url = stack.enter_context(product(chosen.base_url))
        playwright = stack.enter_context(sync_playwright())
        program = found_browser(playwright.chromium.executable_path)
        browser = stack.enter_context(
            playwright.chromium.launch(executable_path=program, args=launch_arguments())
        )
        photographer = Photographer(browser, base_url, {})
        scenes = [scene for scene in SCENES if not chosen.names or scene.name in chosen.names]
        for look in chosen.look or USUAL:
            seen = [scene for scene in scenes if look != "plain" or scene.is_plain_too]
            taken = [path for scene in seen if (path := _taken(photographer, scene, look))]
            for sheet in sheets_of(browser, taken, FOLDER / f"sheet-{look}") if chosen.sheets else ():
                print(sheet.name)


def _taken(photographer: Photographer, scene: Scene, look: str) -> Path | None:
    try:
        path = photographer.picture(scene, look)
    except Error as error:
        print(f"{scene.name}-{look}: {str(error).splitlines()[0]}")
        return None
    print(path.name, flush=True)
    return path


if __name__ == "__main__":
    main()
