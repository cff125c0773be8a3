"""`make audit`: every outside judge on a running product with fresh demo people; one line per figure, 1 on a miss."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from playwright.sync_api import sync_playwright

from tests.audit import intruders, lighthouse, markup, python_code, swaps
from tests.audit.figures import Figure, Unheard
from tests.audit.site import Site
from tests.browser_finding import found_browser
from tests.gallery.product import product

JUDGES: dict[str, Callable[[Site], Iterator[Figure]]] = {
    "lighthouse": lighthouse.figures,
    "swaps": swaps.figures,
    "markup": markup.figures,
    "code": python_code.figures,
    "intruders": intruders.figures,
}


def heard(name: str, site: Site) -> bool:
    """Print what one judge says; False when a bound was missed or the judge could not be asked."""
    print(f"\n{name}")
    started, holds = time.monotonic(), True
    try:
        for figure in JUDGES[name](site):
            print(f"  {figure.row()}", flush=True)
            holds = holds and figure.holds
    except Unheard as reason:
        print(f"  not asked: {reason}")
        holds = False
    print(f"  ({time.monotonic() - started:.0f} s)")
    return holds


def browser_program() -> str:
    with sync_playwright() as playwright:
        found = found_browser(playwright.chromium.executable_path)
    return found or sys.exit("no browser found: install Chromium or set TEST_BROWSER to one")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", help=f"judges to ask ({', '.join(JUDGES)}); all when none is named"
    )
    parser.add_argument("--base-url", help="a running product to judge, with its demo people")
    chosen = parser.parse_args()
    program = browser_program()
    with product(chosen.base_url) as base_url:
        site = Site(base_url, program)
        verdicts = [heard(name, site) for name in chosen.names or JUDGES]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
