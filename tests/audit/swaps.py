"""What htmx fetches for one change of a filter, as it goes over the wire."""

from collections.abc import Iterator

import httpx

from tests.audit.figures import Figure
from tests.audit.site import Site

BYTES = 4_000
AS_HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#transactions-rows"}
FILTERS = {
    "newest rows": "",
    "one kind": "type=consumption",
    "a year": "from=2026-01-01&to=2026-12-31",
    "a word": "q=seed",
}


def figures(site: Site) -> Iterator[Figure]:
    """One for each filter: headers and compressed body of the answer, for the longest history."""
    with httpx.Client(base_url=site.base_url, cookies=site.cookies("long"), trust_env=False) as client:
        for name, asked in FILTERS.items():
            headers = AS_HTMX | {"Accept-Encoding": "gzip, br"}
            with client.stream("GET", f"/transactions?{asked}", headers=headers) as answer:
                answer.raise_for_status()
                body = sum(map(len, answer.iter_raw()))
                head = sum(len(key) + len(value) + 4 for key, value in answer.headers.raw)
            yield Figure(f"filter swap, {name}", body + head, BYTES, "bytes")
