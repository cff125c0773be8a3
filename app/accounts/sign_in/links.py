"""Decides when a mailed sign-in link may be used. Knows no mail and no cookie, only tokens and moments."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

import asyncpg

from app.accounts.limits import LINKS_TO_MAILBOX, count_try
from app.accounts.sessions.session import digest
from app.database import row
from app.ids import new_id

LINK_LIVES = timedelta(minutes=10)
KEPT = timedelta(days=1)  # long enough to tell "used" and "expired" from "never heard of it"

NEW_LINK = """
INSERT INTO sign_in_links (id, token_hash, browser_hash, email, return_path, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class LinkState(StrEnum):
    """What a link is good for, in the browser that opened it."""

    READY = "ready"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    OTHER_BROWSER = "other_browser"


async def ask_for_link(email: str, *, browser: str, return_path: str, now: datetime) -> str:
    """The token of a new link for this address, which need not be known: first sight makes a user.

    Shape: `browser` is the secret of the browser that asks; only that one can use the link.
    Raises: TooManyTries: the address was sent several links just now.
    """
    await count_try(LINKS_TO_MAILBOX, email)
    await row("DELETE FROM sign_in_links WHERE created_at < $1", now - KEPT)
    token = secrets.token_urlsafe(32)
    hashes = digest(token), digest(browser)
    await row(NEW_LINK, new_id("lnk"), *hashes, email, return_path, now, now + LINK_LIVES)
    return token


async def state_of(token: str, *, browser: str | None, now: datetime) -> LinkState:
    """What the link is good for. Uses nothing up, however often mail scanners open it."""
    found = await row("SELECT * FROM sign_in_links WHERE token_hash = $1", digest(token))
    return _judged(found, browser, now)


async def take_link(
    token: str, *, browser: str | None, now: datetime
) -> tuple[LinkState, asyncpg.Record | None]:
    """Use the link up, if it is ready; the record then says for which address and where to go.

    Inside: the caller's tx. Of two clicks at once the second waits here and finds the link used.
    """
    found = await row("SELECT * FROM sign_in_links WHERE token_hash = $1 FOR UPDATE", digest(token))
    state = _judged(found, browser, now)
    if found is not None and state is LinkState.READY:
        await row("UPDATE sign_in_links SET used_at = $2 WHERE id = $1", found["id"], now)
    return state, found


def _judged(found: asyncpg.Record | None, browser: str | None, now: datetime) -> LinkState:
    if found is None:
        return LinkState.UNKNOWN
    if found["used_at"] is not None:
        return LinkState.USED
    if found["expires_at"] <= now:
        return LinkState.EXPIRED
    if browser is None or not compare_digest(found["browser_hash"], digest(browser)):
        return LinkState.OTHER_BROWSER
    return LinkState.READY
