"""Decides how our small cookies are named and signed. Knows nothing of what they carry."""

import hashlib
import hmac
from typing import Literal

from litestar.datastructures import Cookie

from app.web.site import SiteOptions


def cookie_name(options: SiteOptions, name: str) -> str:
    """`__Host-<name>` where the site is https; browsers drop `Secure` cookies on plain http."""
    return f"__Host-{name}" if options.is_https else name


def cookie(options: SiteOptions, name: str, value: str, *, max_age_seconds: int | None = None) -> Cookie:
    """A cookie of ours: whole site, not for scripts, not sent by other sites' forms."""
    same_site: Literal["lax"] = "lax"
    return Cookie(
        key=cookie_name(options, name),
        value=value,
        max_age=max_age_seconds,
        path="/",
        secure=options.is_https,
        httponly=True,
        samesite=same_site,
    )


def signature(secret: bytes, purpose: str, text: bytes) -> str:
    """A mark that only we can make; `purpose` keeps the mark of one use from serving another."""
    return hmac.new(secret, purpose.encode() + b":" + text, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, purpose: str, text: bytes, mark: str) -> bool:
    """True when `mark` is ours. Both sides are bytes: `compare_digest` raises on non-ASCII text."""
    return hmac.compare_digest(signature(secret, purpose, text).encode(), mark.encode("utf-8", "replace"))
