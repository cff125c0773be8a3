"""Decides how a failure is answered: a designed page, or a notice beside what is already on the screen."""

import secrets
from dataclasses import dataclass, replace

import structlog
from litestar.exceptions import HTTPException
from litestar.response import Template

from app import errors
from app.web.flash import Link
from app.web.problems import ERRORS, Row, row_for
from app.web.rendering import page, wants_fragment
from app.web.request_id import request_id
from app.web.security import is_local_path, path_and_query, safe_path
from app.web.site import HttpRequest, options_of, viewer_of
from app.web.words import said

__all__ = ["ERRORS", "Problem", "on_error"]

RETRY_SECONDS = 5
REFUSALS = frozenset({403, 429})  # forged, or too often: worth a line, though nothing is wrong here
log = structlog.get_logger("app.web")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person reads when something could not be done."""

    status: int
    title: str
    text: str
    link: Link
    reference: str = ""


def on_error(request: HttpRequest, error: Exception) -> Template:
    """The answer to an error: the page, or for htmx the same words in `#flash`; the address is not pushed.

    A 5xx is not swapped by htmx, only its out-of-band parts: what is on the screen stays.
    """
    row = row_for(error)
    problem = Problem(row.status, said(row.title), row.words(error), _way_on(request, row))
    if row.status in REFUSALS:
        _note_refusal(request, row.status, error)
    if row.is_logged:
        problem = replace(problem, reference=_logged(request, error))
    headers = _headers(error)
    if not wants_fragment(request.headers):
        return page(request, "errors/page.html", problem, status=row.status, headers=headers)
    headers["HX-Push-Url"] = "false"
    if row.status < 500:
        headers |= {"HX-Retarget": "#flash", "HX-Reswap": "innerHTML"}
    return page(request, "errors/page.html", problem, part=_part(row), status=row.status, headers=headers)


def _part(row: Row) -> str:
    return "errors/_notice.html" if row.status < 500 else "errors/_flash.html"


def _way_on(request: HttpRequest, row: Row) -> Link:
    home = (
        Link(said("Go to the dashboard"), "/dashboard")
        if viewer_of(request)
        else Link(said("Go to the first page"), "/")
    )
    if not row.is_again:
        return home
    if request.method == "GET":
        query = request.scope["query_string"].decode("latin-1")
        here = request.scope["path"] + (f"?{query}" if query else "")
        return Link(said("Try again"), here) if is_local_path(here) else home
    came_from, _, _ = path_and_query(request.headers.get("referer", "")).partition("?")
    back = safe_path(came_from, base_url=options_of(request).base_url, fallback=home.href)
    return Link(said("Go back and try again"), back)


def _headers(error: Exception) -> dict[str, str]:
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, errors.TooManyTries):
        headers["Retry-After"] = str(error.wait_seconds)
    elif isinstance(error, errors.TryLater):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif row_for(error).status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return headers


def _note_refusal(request: HttpRequest, status: int, error: Exception) -> None:
    whose = viewer_of(request)
    who = whose.clerk_user_id if whose else ""
    log.warning(
        "request_refused", status=status, method=request.method, why=type(error).__name__, user_id=who
    )


def _logged(request: HttpRequest, error: Exception) -> str:
    reference = (request_id(request) or secrets.token_hex(8))[:12]
    log.error("request_failed", reference=reference, method=request.method, exc_info=error)
    return reference
