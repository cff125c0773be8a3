"""Decides page or fragment, and how an act leads to the next page. Knows no feature."""

from collections.abc import Mapping

from litestar.datastructures import Cookie
from litestar.response import Response, Template

from app.web.cookies import cookie, cookie_name, is_signed, signature
from app.web.csrf import token_of
from app.web.flash import Flash, packed, unpacked
from app.web.security import checked_target, is_local_path
from app.web.site import Badge, HttpRequest, Site, SiteOptions, options_of, scope_state, viewer_of

FLASH = "flash"
FLASH_SECONDS = 300


def page(
    request: HttpRequest,
    name: str,
    view: object,
    *,
    part: str | None = None,
    status: int = 200,
    badge: Badge | None = None,
    live: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Template:
    """The page `name`, or only `part` of it where htmx asked for that; `view` is the page's frozen dataclass.

    A fragment is followed by the balance and, with `live`, by one sentence for the live region.
    `badge` is the balance after what the handler has just changed.
    """
    is_fragment = part is not None and wants_fragment(request.headers)
    flash = None if is_fragment else _flash_of(request)
    site = site_of(request, flash=flash, badge=badge, live=live or "", is_fragment=is_fragment)
    return Template(
        "layouts/fragment.html" if is_fragment else name,
        context={"view": view, "site": site, "part": part},
        status_code=status,
        headers=dict(headers or {}),
        cookies=[_spent_flash(site.options)] if flash else [],
        media_type="text/html",
    )


def go(request: HttpRequest, path: str, *, flash: Flash | None = None, status: int = 303) -> Response[None]:
    """On to another page: a redirect, or for htmx, which must not follow one, the header that moves the window.

    Raises: UnsafeRedirect: `path` is neither a path of ours nor at a configured payment origin.
    """
    options = options_of(request)
    target = checked_target(path, options)
    is_htmx = request.headers.get("hx-request") == "true"
    return Response(
        None,
        status_code=200 if is_htmx else status,
        headers={"HX-Redirect" if is_htmx else "Location": target},
        cookies=[_flash_cookie(options, flash)] if flash else [],
        media_type="text/html",
    )


def wants_fragment(headers: Mapping[str, str]) -> bool:
    """True when htmx will put the answer into part of a page that is already there."""
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-request-type") != "full"
        and headers.get("hx-boosted") != "true"
        and headers.get("hx-history-restore-request") != "true"
    )


def site_of(
    request: HttpRequest,
    *,
    flash: Flash | None = None,
    badge: Badge | None = None,
    live: str = "",
    is_fragment: bool = False,
) -> Site:
    """What the templates may know beside their view."""
    options, viewer = options_of(request), viewer_of(request)
    return Site(
        options=options,
        viewer=viewer,
        badge=(badge or viewer.badge) if viewer else None,
        is_known="viewer" in scope_state(request.scope),
        flash=flash,
        path=request.scope["path"],
        here=_here(request),
        is_fragment=is_fragment,
        live=live,
        token=lambda: token_of(request, options),
    )


def renewed_badge(request: HttpRequest, *, live: str) -> Template:
    """The balance alone, for a page that is there already, and a sentence for those who cannot see it change.

    What depends on it hears that it has moved.
    """
    return Template(
        "layouts/fragment.html",
        context={"site": site_of(request, live=live, is_fragment=True), "part": None},
        headers={"HX-Trigger": '{"moved":{"target":"body"}}'},
        media_type="text/html",
    )


def _here(request: HttpRequest) -> str:
    if request.method != "GET":
        return ""
    query = request.scope["query_string"].decode("latin-1")
    here = request.scope["path"] + (f"?{query}" if query else "")
    return here if is_local_path(here) else ""


def _flash_of(request: HttpRequest) -> Flash | None:
    options = options_of(request)
    text, _, mark = request.cookies.get(cookie_name(options, FLASH), "").partition(".")
    return unpacked(text) if mark and is_signed(options.secret, FLASH, text.encode(), mark) else None


def _flash_cookie(options: SiteOptions, flash: Flash) -> Cookie:
    text = packed(flash)
    value = f"{text}.{signature(options.secret, FLASH, text.encode())}"
    return cookie(options, FLASH, value, max_age_seconds=FLASH_SECONDS)


def _spent_flash(options: SiteOptions) -> Cookie:
    return cookie(options, FLASH, "", max_age_seconds=0)
