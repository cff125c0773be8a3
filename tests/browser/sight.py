"""Looks at one scene once, from every side that a limit is set for. Decides no limit."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from html5lib import HTMLParser
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, ViewportSize

from tests.gallery.scenes import Scene
from tests.gallery.visitors import session_of

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
RULES: dict[Scheme, dict[str, object]] = {
    "light": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},  # all that sees colours
}
AXE = """async runOnly => {
  const found = await axe.run({preload: false, resultTypes: ["violations"], runOnly});
  return found.violations.map(each => each.id + ": " + each.nodes.map(node => node.html).join(" | "));
}"""
SHIFTS = """new PerformanceObserver(list => { for (const each of list.getEntries())
  if (!each.hadRecentInput) window.shifts = (window.shifts || 0) + each.value })
  .observe({type: "layout-shift", buffered: true})"""
DRAWN_TWICE = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
WIDTH = "document.documentElement.scrollWidth"
WIDTH_OF_LARGE_TEXT = """() => { const root = document.documentElement; root.style.fontSize = "200%";
  const width = root.scrollWidth; root.style.fontSize = ""; return width }"""
EXPECTED = (  # lines of the browser's own and of htmx's, on an answer that was refused or did not come
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
    "htmx: htmx:error: Failed to fetch",
)
BALANCE = re.compile(r'data-label="Balance" class="num">\s*([−\d,]+)\s*<')
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Badge:
    """The badge on one page: its words, its distance from the top of the page, the balance of the newest counted row."""

    text: str
    top: float
    ledger_balance: str


@dataclass(frozen=True)
class Sight:
    """What was seen of one scene. `faults` are axe's, by colour scheme; `wire_bytes` a first load with its headers."""

    faults: dict[Scheme, list[str]]
    wire_bytes: int
    requests: int
    hosts: set[str]
    origin: str
    console: list[str]
    shift: float
    narrow_width: int
    large_text_width: int  # as narrow, with letters of twice the size
    badge: Badge | None
    markup: list[str]  # what is wrong with the HTML, as it was served


@dataclass
class _Traffic:
    """What the page that is open now has asked for and said; nothing comes from the browser's cache."""

    page: Page
    begun: list[Request] = field(default_factory=list)
    finished: set[Request] = field(default_factory=set)
    console: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        network = self.page.context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.page.on("request", self._begins)
        self.page.on("requestfinished", self._ends)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def forget(self) -> None:
        self.begun.clear()
        self.finished.clear()
        self.console = []

    def _begins(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.begun.clear()  # what the former page asked for may still come to its end
        self.begun.append(request)

    def _ends(self, request: Request) -> None:
        self.finished.add(request)

    def _said(self, line: ConsoleMessage) -> None:
        if not line.text.startswith(EXPECTED):
            self.console.append(line.text)

    def first_load(self) -> list[Request]:
        """All but what htmx asked for afterwards; an address counts once, as it does where a cache may be used."""
        done = [each for each in self.begun if each in self.finished]
        first = [each for each in done if each.resource_type not in ("fetch", "xhr")]
        return list({each.url: each for each in first}.values())

    def document(self) -> str:
        """The page itself, as it was served."""
        answer = next(each for each in self.begun if each.resource_type == "document").response()
        return answer.text() if answer else ""

    def wire_bytes(self) -> int:
        sizes = [request.sizes() for request in self.first_load()]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    def hosts(self) -> set[str]:
        return {urlsplit(each.url).netloc for each in self.begun if not each.url.startswith("data:")}


class Look:
    """Looks at one scene after the other, in one tab: a new one would start and compile everything anew.

    A person signs in once for all scenes; the cookies are kept in `sessions`.
    """

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context, self.base_url = context, base_url
        self.sessions: dict[str, dict[str, str]] = {}
        self.page = context.new_page()
        self.page.add_init_script(SHIFTS)
        self.page.set_viewport_size(WIDE)
        self.traffic = _Traffic(self.page)

    def at(self, scene: Scene) -> Sight:
        self.page.goto("about:blank")
        self.context.clear_cookies()
        if scene.person:
            self._sign_in(scene.person)
        self.traffic.forget()
        scene.walk(self.page)
        self.page.wait_for_load_state("load")
        return self._seen(self.page, self.traffic, scene.person)

    def _sign_in(self, person: str) -> None:
        if person not in self.sessions:
            self.sessions[person] = session_of(self.base_url, person)
        for name, text in self.sessions[person].items():
            self.context.add_cookies([{"name": name, "value": text, "url": self.base_url}])

    def _seen(self, page: Page, traffic: _Traffic, person: str | None) -> Sight:
        page.evaluate(DRAWN_TWICE)
        shift = float(page.evaluate("window.shifts || 0"))
        wire_bytes, requests, hosts = traffic.wire_bytes(), len(traffic.first_load()), traffic.hosts()
        faults = _faults(page)
        page.set_viewport_size(NARROW)
        narrow_width = int(page.evaluate(WIDTH))
        large_text_width = int(page.evaluate(WIDTH_OF_LARGE_TEXT))
        page.set_viewport_size(WIDE)
        origin = urlsplit(page.url).netloc
        badge = _badge(page) if person and page.locator("#site-header").count() else None
        widths, markup = (narrow_width, large_text_width), _wrong_markup(traffic.document())
        return Sight(
            faults, wire_bytes, requests, hosts, origin, traffic.console, shift, *widths, badge, markup
        )


def _faults(page: Page) -> dict[Scheme, list[str]]:
    """With every disclosure open, by day and by lamp."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate(AXE_SCRIPT)
    found: dict[Scheme, list[str]] = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found[scheme] = page.evaluate(AXE, RULES[scheme])
    page.emulate_media(color_scheme="light")
    return found


def _wrong_markup(text: str) -> list[str]:
    """What a strict reader finds, ids that stand twice, and what a page has other than once."""
    reader = HTMLParser(namespaceHTMLElements=False)
    page = reader.parse(text)
    ids = Counter(each.get("id") for each in page.iter() if each.get("id"))
    ones = {name: sum(1 for _ in page.iter(name)) for name in ("title", "h1", "main", "header", "footer")}
    return [
        *(f"line {line}: {code}" for (line, _), code, _ in reader.errors),
        *(f"#{name} stands {count} times" for name, count in ids.items() if count > 1),
        *(f"{count} {name}" for name, count in ones.items() if count != 1),
    ]


def _badge(page: Page) -> Badge:
    badge = page.locator("#balance")
    text, box = badge.locator("strong").inner_text(), badge.bounding_box()
    assert box, "the badge cannot be seen"
    newest = BALANCE.search(page.request.get("/transactions").text())
    return Badge(text, box["y"] + float(page.evaluate("scrollY")), newest[1] if newest else "0")
