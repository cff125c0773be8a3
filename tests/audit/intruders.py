"""Two programs that break into sites for a living: wapiti walks every page and form, sqlmap every parameter."""

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.audit.figures import Figure, Unheard
from tests.audit.judges import from_pip, said_by
from tests.audit.site import Site

WAPITI, SQLMAP = "wapiti3==3.2.3", "sqlmap==1.10.10"
PERSON = "many"
MODULES = "xss,permanentxss,sql,redirect,crlf,csrf,cookieflags,csp,http_headers"
WALK_SECONDS, ATTACK_SECONDS = 90, 60  # the second for each kind of attack
BEND_SECONDS = 1200  # all of it together
# Values that every page understands, for sqlmap to bend, one a time, so that no other hides what it does: most find
# something. A star marks a place in a path. Files and statements have a limit that it would meet, and read what these read.
TARGETS = (
    "/transactions?type=purchase",
    "/transactions?status=completed",
    "/transactions?workshop=ws_1",
    "/transactions?from=2026-01-01",
    "/transactions?to=2026-12-31",
    "/transactions?q=unlock",
    "/transactions?before=x",
    "/balance?on=2026-01-31",
    "/dashboard?workshops=x",
    "/pricing?workshop=ws_1&pack=single-flight&return_to=/dashboard",
    "/checkout/success?session_id=cs_test_1",
    "/checkout/cancel?purchase=pur_1",
    "/transactions/ctx_1*",
    "/workshops/ws_1*/steps/challenge",
    "/purchases/pur_1*",
)
# Its guesses on the way ("appears to be injectable") it takes back by itself; this it says only of what holds.
FOUND = re.compile(r"identified the following injection point", re.I)
OUT_OF_REACH = re.compile(
    r"\[CRITICAL\] (unable to connect|connection (timed out|refused|dropped|reset))", re.I
)
HARMLESS = re.compile(r"all tested parameters do not appear to be injectable|no parameter\(s\) found")


def figures(site: Site) -> Iterator[Figure]:
    """Open findings of each. Raises: Unheard."""
    yield walked(site)
    yield bent(site)


def walked(site: Site) -> Figure:
    """Wapiti, signed in, on everything that it can reach, but for the way out."""
    place = from_pip(WAPITI)
    with tempfile.TemporaryDirectory() as folder:
        report, jar = Path(folder) / "report.json", Path(folder) / "cookies.json"
        jar.write_text(json.dumps(jar_of(site)))
        said_by(
            sys.executable, str(place / "bin" / "wapiti"), "--url", f"{site.base_url}/", "--scope", "folder",
            "--module", MODULES, "--format", "json", "--output", str(report), "--flush-session", "--no-bugreport",
            "--verbose", "0", "--max-scan-time", str(WALK_SECONDS), "--max-attack-time", str(ATTACK_SECONDS), "--max-links-per-page", "40", "--tasks", "4",
            "--store-session", folder, "--cookie", str(jar), "--exclude", f"{site.base_url}/sign-out*",
            "--exclude", f"{site.base_url}/account/sessions*", PYTHONPATH=str(place), HOME=folder,
        )  # fmt: skip
        told = json.loads(report.read_text())
    require_signed_in(site, "wapiti")
    found = [
        f"{kind}: {each['method']} {each['path']} {each.get('parameter') or ''} {each['info']}"
        for part in ("vulnerabilities", "anomalies")
        for kind, each_of_kind in told[part].items()
        for each in each_of_kind
        if not (
            kind == "Secure Flag cookie" and site.base_url.startswith("http:")
        )  # a browser would drop it there
    ]
    pages = told["infos"].get("crawled_pages_nbr", 0)
    return Figure(f"findings of wapiti on {pages} pages", len(found), 0, said=tuple(sorted(set(found))[:20]))


def require_signed_in(site: Site, judge: str) -> None:
    """Raises: Unheard: it pressed its way out, and saw from there on what everybody sees."""
    if httpx.get(f"{site.base_url}/dashboard", headers={"cookie": cookie(site)}).status_code != 200:
        raise Unheard(f"{judge} signed itself out on the way")


def bent(site: Site) -> Figure:
    """Sqlmap on every parameter that reaches a query."""
    place, found, asked = from_pip(SQLMAP), [], 0
    ends = time.monotonic() + BEND_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        for target in TARGETS:
            said = said_by(
                sys.executable, str(place / "sqlmap" / "sqlmap.py"), "--url", f"{site.base_url}{target}",
                "--cookie", cookie(site), "--batch", "--flush-session", "--disable-coloring", "--output-dir", folder,
                "--dbms", "PostgreSQL", "--level", "2", "--technique", "BEU", "--threads", "2", "--skip-waf", "--ignore-code", "*",
                "--drop-set-cookie", HOME=folder, at_most_seconds=max(1.0, ends - time.monotonic()),
            )  # fmt: skip
            asked += 1
            if OUT_OF_REACH.search(said):
                raise Unheard(f"sqlmap could not reach {target}: {said.strip().splitlines()[-3:]}")
            if FOUND.search(said) or not HARMLESS.search(said):
                found.append(f"{target}: {said.strip().splitlines()[-3:]}")
    require_signed_in(site, "sqlmap")
    return Figure(f"parameters that sqlmap can bend, of {asked} addresses", len(found), 0, said=tuple(found))


def jar_of(site: Site) -> dict[str, Any]:
    """Cookies as wapiti keeps them, so that it takes new ones beside: its forms are to be those of a real browser."""
    plain = {"expires": None, "secure": False, "port": None, "version": 0}
    held = {name: plain | {"value": value} for name, value in site.cookies(PERSON).items()}
    return {str(urlsplit(site.base_url).hostname): {"/": held}}


def cookie(site: Site) -> str:
    return "; ".join(f"{name}={value}" for name, value in site.cookies(PERSON).items())
