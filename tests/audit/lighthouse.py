"""Lighthouse, as on a desktop: accessibility, best practices, speed, stillness and weight of the main pages."""

import json
import re
import statistics
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from tests.audit.figures import Figure, Unheard
from tests.audit.judges import from_npm, needed, said_by
from tests.audit.site import Site
from tests.browser_finding import launch_arguments

PACKAGE = "lighthouse@12.2.3"  # the last that runs on Node 20
CATEGORIES = ("accessibility", "best-practices", "performance")
BYTES, REQUESTS, SHIFT = 40_000, 6, 0.01
LOOKS = 3  # at most, on a machine that does other things too


@dataclass(frozen=True)
class Stop:
    """A page, and the demo person who looks at it."""

    name: str
    person: str | None
    path: str


STOPS = (
    Stop("pricing", None, "/pricing"),
    Stop("dashboard", "many", "/dashboard"),
    Stop("history", "long", "/transactions"),
    Stop("workshop step", "onboarding", "/dashboard"),
)


def figures(site: Site) -> Iterator[Figure]:
    """Six for each page. Raises: Unheard."""
    program = str(from_npm(PACKAGE) / "lighthouse" / "cli" / "index.js")
    node = needed("node", "nodejs", "npm")
    for stop in STOPS:
        cookie = "; ".join(f"{name}={value}" for name, value in _cookies(site, stop).items())
        path = _first_workshop(site, stop) if stop.name == "workshop step" else stop.path
        looks = [_report(site, [node, program, site.base_url + path], cookie)]
        while len(looks) < LOOKS and _score(looks[-1], "performance") < 100:
            looks.append(_report(site, [node, program, site.base_url + path], cookie))
        yield from _of(stop.name, looks)


def _of(name: str, looks: list[dict[str, Any]]) -> Iterator[Figure]:
    first = looks[0]
    for category in CATEGORIES:
        score = statistics.median(_score(look, category) for look in looks)
        said = () if score == 100 else tuple(_complaints(first, category))
        yield Figure(f"{name}: {category}", score, 100, at_least=True, said=said)
    audits = first["audits"]
    yield Figure(f"{name}: layout shift", audits["cumulative-layout-shift"]["numericValue"], SHIFT)
    yield Figure(f"{name}: first load", audits["total-byte-weight"]["numericValue"], BYTES, "bytes")
    asked = [
        each for each in audits["network-requests"]["details"]["items"] if each["url"].startswith("http")
    ]
    yield Figure(f"{name}: requests", len(asked), REQUESTS)


def _report(site: Site, command: list[str], cookie: str) -> dict[str, Any]:
    flags = " ".join(["--headless=new", *launch_arguments()])
    only = ",".join(CATEGORIES)
    options = [
        "--quiet",
        "--preset=desktop",
        "--output=json",
        f"--only-categories={only}",
        f"--chrome-flags={flags}",
    ]
    headers = [f"--extra-headers={json.dumps({'Cookie': cookie})}"] if cookie else []
    for _ in range(LOOKS):
        with suppress(Unheard):  # a busy machine's browser has moments in which it records nothing
            report: dict[str, Any] = json.loads(
                said_by(*command, *options, *headers, CHROME_PATH=site.browser)
            )
            return report
    raise Unheard(f"it could not look at {command[-1]}")


def _score(report: dict[str, Any], category: str) -> float:
    return round((report["categories"][category]["score"] or 0) * 100)


def _complaints(report: dict[str, Any], category: str) -> Iterator[str]:
    for each in report["categories"][category]["auditRefs"]:
        audit = report["audits"][each["id"]]
        if each["weight"] and audit["score"] is not None and audit["score"] < 1:
            yield f"{audit['title']} {audit.get('displayValue', '')}".strip()


def _cookies(site: Site, stop: Stop) -> dict[str, str]:
    return site.cookies(stop.person) if stop.person else {}


def _first_workshop(site: Site, stop: Stop) -> str:
    """Where the first workshop of the dashboard leads to in the end."""
    with httpx.Client(base_url=site.base_url, cookies=_cookies(site, stop), trust_env=False) as client:
        found = re.search(r'href="(/workshops/(?!new)[^"/]+)"', client.get("/dashboard").text)
        assert found, "nobody has a workshop on the dashboard"
        return client.get(found[1], follow_redirects=True).url.path
