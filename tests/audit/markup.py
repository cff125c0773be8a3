"""The W3C's checker on every page of the gallery: as it was served, and as it stands once htmx has changed it."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, Response, sync_playwright

from tests.audit.figures import Figure, Unheard
from tests.audit.judges import from_npm, needed, said_by
from tests.audit.site import Site
from tests.browser_finding import launch_arguments
from tests.gallery.scenes import SCENES, Scene

PACKAGE = "vnu-jar@26.9.27"
FOREIGN = ("payment", "payment-declined")  # pages of the stand-in for Stripe


def figures(site: Site) -> Iterator[Figure]:
    """Errors and warnings, over all pages. Raises: Unheard."""
    java = needed("java", "default-jre-headless")
    jar = str(from_npm(PACKAGE) / "vnu-jar" / "build" / "dist" / "vnu.jar")
    with tempfile.TemporaryDirectory(prefix="billing-audit-") as folder:
        saved = _saved(site, Path(folder))
        options = ["--stdout", "--format", "json", "--exit-zero-always"]
        found = json.loads(said_by(java, "-jar", jar, *options, *map(str, saved)))["messages"]
    if any(each["type"] == "non-document-error" for each in found):
        raise Unheard(f"vnu: {found[0]['message']}")
    errors = _told(each for each in found if each["type"] == "error")
    others = _told(each for each in found if each["type"] != "error")
    yield Figure(f"errors in {len(saved)} pages", len(errors), 0, said=errors)
    yield Figure("warnings", len(others), 0, said=others)


def _told(messages: Iterator[dict[str, str]]) -> tuple[str, ...]:
    """Each complaint once, with the first page that has it."""
    first: dict[str, str] = {}
    for each in messages:
        page = each.get("url", "").rpartition("/")[2]
        first.setdefault(each["message"], f"{page}: {each['message']} {each.get('extract', '')!r}")
    return tuple(first.values())


def _saved(site: Site, folder: Path) -> list[Path]:
    """Every scene as one file, or as two where htmx has changed the page."""
    with sync_playwright() as playwright:
        with playwright.chromium.launch(executable_path=site.browser, args=launch_arguments()) as browser:
            return [
                path
                for scene in SCENES
                if scene.name not in FOREIGN
                for path in _scene(browser, site, scene, folder)
            ]


def _scene(browser: Browser, site: Site, scene: Scene, folder: Path) -> Iterator[Path]:
    with browser.new_context(base_url=site.base_url) as context:
        if scene.person:
            cookies = site.cookies(scene.person).items()
            context.add_cookies(
                [{"name": name, "value": text, "url": site.base_url} for name, text in cookies]
            )
        page = context.new_page()
        served: list[Response] = []
        page.on("response", lambda answer: served.append(answer))  # noqa: PLW0108  (a plain function is wanted)
        try:
            scene.walk(page)
        except Error as error:
            raise Unheard(f"{scene.name}: {str(error).splitlines()[0]}") from error
        page.wait_for_load_state()
        yield _written(folder / f"{scene.name}.html", _document(served))
        if any(answer.request.resource_type in ("fetch", "xhr") for answer in served):
            yield _written(folder / f"{scene.name}-swapped.html", page.content())


def _document(served: list[Response]) -> str:
    """The page that is open now, as the server sent it."""
    documents = [
        each for each in served if each.request.is_navigation_request() and not 300 <= each.status < 400
    ]
    return documents[-1].text()


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
