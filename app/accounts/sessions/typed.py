"""Decides how a browser is known again to which a form belongs whose sign-in had ended. Knows no form by name.

A handler that can keep what was typed says so in its `opt`: `{"keeps_typed": keep}`.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from app.web.cookies import cookie_name
from app.web.site import HttpRequest, SiteOptions

TYPED = "typed"  # the cookie of a browser for which something is kept
TYPED_SECONDS = 24 * 60 * 60
Keep: TypeAlias = Callable[[HttpRequest, str, datetime], Awaitable[None]]
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def typed_key(request: HttpRequest, options: SiteOptions) -> str | None:
    """The key to what is kept for this browser, if it brings one."""
    text = request.cookies.get(cookie_name(options, TYPED), "")
    return text if _KEY.fullmatch(text) else None


def new_typed_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(32)
