"""The headers that every page of the sandbox carries. Knows nothing of what a page shows."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope


def page_policy(*form_targets: str) -> str:
    """A policy without scripts and without anything from elsewhere; forms may lead to `form_targets`."""
    forms = " ".join(("'self'", *form_targets))
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        f"form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )


HEADERS = {
    "content-security-policy": page_policy(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


async def add_headers(message: Message, scope: Scope) -> None:
    """Complete the headers of every answer, those of errors and files included."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
