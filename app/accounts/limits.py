"""Decides how often something may be tried, for all processes together. Knows no request and no page.

A leaking bucket: each try pours one share in, and the bucket empties evenly. A try that would make it run over is
refused and pours nothing in, so nobody is kept out for longer by trying. The database's clock counts for everybody.
"""

import math
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import structlog

from app.accounts.sessions.session import digest
from app.database import row
from app.errors import TooManyTries
from app.passing import PASSING

SWEEP_ONE_IN = 200
log = structlog.get_logger("app.accounts")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at once, and as many again, evenly, in each span, by one person or from one client's address.

    Where tries cannot be counted, because the database cannot be written to just now, what only reads goes on, and
    everything else fails as it would a moment later all the same.
    """

    name: str
    at_most: int
    by: Literal["person", "client", "mailbox"]
    only_reads: bool = False
    span: timedelta = timedelta(minutes=10)

    @property
    def share(self) -> timedelta:
        """What one try pours in: the time in which room for one more comes up."""
        return self.span / self.at_most


# A client's address may be a whole company's, a person is one: hence the wider limits by client.
LINKS_TO_MAILBOX = Limit("links", 5, "mailbox")
LINKS_ASKED = Limit("links-asked", 60, "client")
LINKS_USED = Limit("links-used", 60, "client")
DEMO_SIGN_INS = Limit("demo", 300, "client")
PROVIDER_ASKED = Limit("provider", 300, "client")
WORKSHOPS_MADE = Limit("workshops", 60, "person")
CHECKOUTS = Limit("checkout", 30, "person")
PAYMENT_SERVICE_ASKED = Limit("payment-service", 60, "person")
UNLOCKS = Limit("unlock", 600, "person")
EXPORTS = Limit("export", 120, "person", only_reads=True)
STATEMENTS = Limit("statement", 240, "person", only_reads=True)  # years of months are read in one sitting

_TRY = """
INSERT INTO rate_limits AS held (key, empty_at, is_refused)
VALUES ($1, statement_timestamp() + $2::interval, false)
ON CONFLICT (key) DO UPDATE                       -- a rival's try is waited for, and the row read again after it
   SET is_refused = held.empty_at > statement_timestamp() + $3::interval - $2,
       empty_at = CASE WHEN held.empty_at > statement_timestamp() + $3 - $2 THEN held.empty_at
                       ELSE greatest(held.empty_at, statement_timestamp()) + $2 END
RETURNING is_refused, empty_at - $3 + $2 AS again_at, statement_timestamp() AS now"""

_SWEEP = """
DELETE FROM rate_limits
 WHERE key IN (SELECT key FROM rate_limits WHERE empty_at < statement_timestamp()
                FOR UPDATE SKIP LOCKED)           -- in nobody's way, another sweeper's neither"""


async def count_try(limit: Limit, who: str) -> None:
    """Count one try of this person, client or mailbox. `who` is stored as a hash.

    Inside: no tx, which might undo it.
    Raises: TooManyTries: it is one too many; `wait_seconds` from now there is room again.
    """
    try:
        tried = await row(_TRY, f"{limit.name}:{digest(who).hex()}", limit.share, limit.span)
    except PASSING as error:
        if not limit.only_reads:
            raise
        log.warning("try_not_counted", limit=limit.name, error=repr(error)[:200])
        return
    if tried is not None and tried["is_refused"]:
        wait = math.ceil((tried["again_at"] - tried["now"]).total_seconds())
        raise TooManyTries(until_at=tried["again_at"], wait_seconds=max(1, wait))
    if secrets.randbelow(SWEEP_ONE_IN) == 0:
        await sweep()


async def sweep() -> None:
    """Forget everybody whose bucket is empty: they stand as if they had never tried."""
    await row(_SWEEP)
