"""What an installation shows when something is wrong: four questions to the database. Reads only; knows no log.

Each is cheap however long the books are: what only a look at everything can find is for `billing check`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.database import row, rows
from app.ledger.drift import COUNT_ANEW_AFTER, YOUNG, Drift

Facts = dict[str, object]
Question = Callable[[datetime], Awaitable[Facts | None]]

EVENTS_TAKE_AT_MOST = timedelta(minutes=10)
PAGE_LIVES = timedelta(days=1)
LOOKS_BACK = timedelta(days=35)
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


class About(StrEnum):
    """What can be wrong."""

    WEBHOOKS_SILENT = "webhooks_silent"
    QUARANTINE = "quarantine"
    PAID_NOT_CREDITED = "paid_not_credited"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at; `facts` is None when all is well."""

    about: About
    facts: Facts | None


# Stripe tells the end of every payment page. One that ended has told us of it some other way, or is long over its time.
_SILENT = """
SELECT ended.purchase_id, ended.at AS ended_at, told.at AS last_event_at
  FROM (SELECT id AS purchase_id, coalesce(paid_at, closed_at, updated_at + $2::interval) AS at
          FROM purchases
         WHERE origin = 'stripe' AND stripe_session_id IS NOT NULL
           AND (status = 'open' OR coalesce(paid_at, closed_at) IS NOT NULL)
           AND coalesce(paid_at, closed_at, updated_at + $2) < $1::timestamptz - $3::interval
         ORDER BY created_at DESC LIMIT 1) ended
  LEFT JOIN (SELECT received_at AS at FROM stripe_events ORDER BY id DESC LIMIT 1) told ON true
 WHERE told.at IS NULL OR told.at < ended.at - $3"""

# Whoever dismisses the event of a refused payment has seen to the payment.
REFUSED_PAYMENTS = """
SELECT count(*)
  FROM purchases p
 WHERE p.origin = 'stripe' AND p.status = 'refused'
   AND NOT EXISTS (SELECT FROM stripe_events e WHERE e.purchase_id = p.id AND e.state = 'ignored')"""

_QUARANTINE = f"""
SELECT (SELECT count(*) FROM stripe_events WHERE state = 'quarantined') AS events, ({REFUSED_PAYMENTS}) AS payments"""

_PAID_NOT_CREDITED = """
SELECT p.id
  FROM purchases p
 WHERE p.origin = 'stripe' AND p.status = 'paid' AND p.created_at > $1 AND (p.updated_at > $2 OR p.id = ANY ($3))
   AND NOT EXISTS (SELECT FROM credit_transactions t
                    WHERE t.purchase_id = p.id AND t.type = 'purchase' AND t.status = 'completed')"""


class Uncredited:
    """Which purchases are paid and have no credits: of those that changed since the last look, and those known so far."""

    def __init__(self) -> None:
        self._begun_at = self._looked_at = BEFORE_ALL
        self._known: list[str] = []

    async def ask(self, now: datetime) -> Facts | None:
        since = self._looked_at - YOUNG
        if now - self._begun_at >= COUNT_ANEW_AFTER:
            since, self._begun_at = now - LOOKS_BACK, now
        found = await rows(_PAID_NOT_CREDITED, now - LOOKS_BACK, since, self._known)
        self._looked_at, self._known = now, [each["id"] for each in found]
        return {"purchases": len(found), "purchase_id": found[0]["id"]} if found else None


def questions() -> dict[About, Question]:
    """One for each thing that can be wrong. To be asked again and again: they remember what was counted before."""
    drift = Drift()

    async def balances_differ(now: datetime) -> Facts | None:
        credits = await drift.credits(now)
        return {"credits": credits} if credits else None

    return {
        About.WEBHOOKS_SILENT: _webhooks_silent,
        About.QUARANTINE: _quarantine,
        About.PAID_NOT_CREDITED: Uncredited().ask,
        About.DRIFT: balances_differ,
    }


async def _webhooks_silent(now: datetime) -> Facts | None:
    """A purchase ended some time ago, and no event of Stripe's, about whatever, has come since."""
    found = await row(_SILENT, now, PAGE_LIVES, EVENTS_TAKE_AT_MOST)
    return None if found is None else dict(found)


async def _quarantine(_: datetime) -> Facts | None:
    found = await row(_QUARANTINE)
    return None if found is None or not any(found.values()) else dict(found)
