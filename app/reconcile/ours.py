"""Our side of the comparison: purchases with what the ledger holds of them. Reads only; seeded purchases are left out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.checkout.purchases import UNFINISHED
from app.checkout.tables import IS_DISPUTED_STILL
from app.database import row, rows

_OURS = """
SELECT p.id, p.status, p.credits, p.amount_cents, p.currency, p.stripe_session_id, p.payment_intent, p.created_at,
       p.amount_refunded_cents, p.dispute_status, p.returns_seen,
       coalesce(l.given, 0) AS credited_credits, coalesce(l.taken, 0) AS taken_credits, l.actor
  FROM purchases p CROSS JOIN LATERAL (
    SELECT sum(amount) FILTER (WHERE type = 'purchase') AS given,
           -sum(amount) FILTER (WHERE type IN ('refund', 'reversal')) AS taken,
           min(actor) FILTER (WHERE type = 'purchase') AS actor
      FROM credit_transactions t WHERE t.purchase_id = p.id AND t.status = 'completed') l
 WHERE p.origin = 'stripe' AND ("""

_OF_SESSIONS = f"{_OURS} p.stripe_session_id = ANY ($1) OR p.id = ANY ($2))"

# As the indexes `purchases_unsettled` and `purchases_refused` say it.
UNSETTLED = f"""{_OURS}
       p.status IN ('started', 'open', 'settling') OR p.refund_pending_cents > 0
    OR {IS_DISPUTED_STILL}
    OR p.status = 'refused') ORDER BY p.id"""

_OF_PAYMENTS = f"{_OURS} p.payment_intent = ANY ($1))"

CREDITED_SINCE = f"{_OURS} p.status = 'paid' AND p.created_at >= $1) ORDER BY p.id"

OLDEST = "SELECT min(created_at) AS at FROM purchases WHERE origin = 'stripe'"


@dataclass(frozen=True, slots=True)
class Ours:
    """One purchase as we have it.

    Units: minor units of `currency`. `credited_credits` and `taken_credits` are what the ledger has counted.
    `told_by` is who made us count it: "system" is an earlier comparison.
    """

    id: str
    status: str
    credits: int
    amount_cents: int
    currency: str
    session_id: str | None
    payment_intent_id: str | None
    created_at: datetime
    refunded_cents: int
    dispute_status: str | None
    returns_seen: str  # Stripe's refunds and disputes as last applied
    credited_credits: int
    taken_credits: int
    told_by: str | None

    @property
    def is_unfinished(self) -> bool:
        """Its payment page may still be open."""
        return self.status in UNFINISHED


async def of_sessions(session_ids: Collection[str], named: Collection[str]) -> list[Ours]:
    """The purchases that have one of these checkout sessions, or are named by one."""
    return [Ours(*found.values()) for found in await rows(_OF_SESSIONS, list(session_ids), list(named))]


async def of_payments(payment_intent_ids: Collection[str]) -> dict[str, Ours]:
    """The purchases that were paid with these payments, by payment."""
    found = [Ours(*each.values()) for each in await rows(_OF_PAYMENTS, list(payment_intent_ids))]
    return {ours.payment_intent_id: ours for ours in found if ours.payment_intent_id}


async def unsettled() -> list[Ours]:
    """Purchases about which Stripe may still change its mind, whatever their age, and those that were refused."""
    return [Ours(*found.values()) for found in await rows(UNSETTLED)]


async def credited_since(since_at: datetime) -> list[Ours]:
    """Purchases that we call paid, made since a moment."""
    return [Ours(*found.values()) for found in await rows(CREDITED_SINCE, since_at)]


async def oldest_at() -> datetime | None:
    """When the first purchase of all was made."""
    found = await row(OLDEST)
    return None if found is None else found["at"]
