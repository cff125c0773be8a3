"""Reads one purchase as its pages tell it: snapshot, movements, the workshop of its intent, the buyer's balance.

Writes nothing. Knows nothing of HTTP or Stripe.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.checkout.payment_words import Returned
from app.checkout.purchases import UNFINISHED
from app.database import row
from app.errors import NotFound, UnknownPurchase
from app.ids import is_id


@dataclass(frozen=True, slots=True)
class PurchaseFacts:
    """A purchase of one person, and that person's balance, as they stood at one moment.

    Units: `*_credits` are whole credits, `*_cents` minor units of `currency`.
    `workshop_title` is None when the purchase has no intent, or its workshop is gone.
    """

    purchase_id: str
    pack: str
    pack_name: str
    credits: int
    amount_cents: int
    currency: str
    status: str
    session_id: str | None
    payment_intent: str | None
    payment_method: str | None
    amount_refunded_cents: int
    refund_pending_cents: int
    dispute_status: str | None
    disputed_at: datetime | None
    workshop_id: str | None
    workshop_title: str | None
    intent_outcome: str | None
    return_path: str | None
    origin: str
    created_at: datetime
    paid_at: datetime | None
    closed_at: datetime | None
    buyer_name: str
    buyer_email: str
    movement_id: str | None
    posted_at: datetime | None
    given_credits: int
    taken_back_credits: int
    balance_credits: int
    pending_credits: int
    ledger_seq: int

    @property
    def is_unfinished(self) -> bool:
        """True while the buyer may still be on the way to paying."""
        return self.status in UNFINISHED

    @property
    def returned(self) -> Returned:
        """What went back of it so far."""
        return Returned(
            given_credits=self.given_credits,
            taken_credits=self.taken_back_credits,
            amount_cents=self.amount_cents,
            currency=self.currency,
            refunded_cents=self.amount_refunded_cents,
            pending_cents=self.refund_pending_cents,
            dispute_status=self.dispute_status,
            disputed_at=self.disputed_at,
        )


# One statement, so that purchase, movements and balance are of the same moment.
_FACTS = """
SELECT p.id AS purchase_id, p.pack, p.pack_name, p.credits, p.amount_cents, p.currency, p.status,
       p.stripe_session_id AS session_id, p.payment_intent, p.payment_method, p.amount_refunded_cents,
       p.refund_pending_cents, p.dispute_status, p.disputed_at,
       p.unlock_workshop_id AS workshop_id, w.title AS workshop_title, p.return_path,
       CASE WHEN p.intent_outcome = 'unlocked' AND w.id IS NOT NULL AND w.credit_consumed_at IS NULL
            THEN 'undone' ELSE p.intent_outcome END AS intent_outcome,
       p.origin, p.created_at, p.paid_at, p.closed_at,
       u.name AS buyer_name, coalesce(p.customer_email, u.email) AS buyer_email,
       bought.id AS movement_id, bought.posted_at,
       CASE WHEN bought.seq IS NULL THEN 0 ELSE bought.amount END AS given_credits,
       (SELECT coalesce(-sum(t.amount), 0)::integer      -- what refunds took, less what came back from them
          FROM credit_transactions t
         WHERE t.purchase_id = p.id AND t.type IN ('refund', 'reversal')) AS taken_back_credits,
       u.credit_balance AS balance_credits,
       (SELECT coalesce(sum(t.amount), 0)::integer
          FROM credit_transactions t
         WHERE t.clerk_user_id = u.clerk_user_id AND t.seq IS NULL AND t.status = 'pending') AS pending_credits,
       coalesce(u.ledger_seq, 0) AS ledger_seq
  FROM purchases p
  JOIN users u ON u.clerk_user_id = p.clerk_user_id
  LEFT JOIN workshops w ON w.id = p.unlock_workshop_id AND w.clerk_user_id = p.clerk_user_id
       AND w.deleted_at IS NULL
  LEFT JOIN credit_transactions bought ON bought.purchase_id = p.id AND bought.type = 'purchase'
 WHERE p.clerk_user_id = $1                              -- only the buyer's own
"""

# The workshop a person came from, if it is theirs and still there.
_TITLE = "SELECT title FROM workshops WHERE clerk_user_id = $1 AND id = $2 AND deleted_at IS NULL"


async def purchase_of(user_id: str, purchase_id: str) -> PurchaseFacts:
    """This person's purchase.

    Raises: NotFound: there is none of that id, or it is somebody else's.
    """
    found = await row(f"{_FACTS} AND p.id = $2", user_id, purchase_id) if is_id(purchase_id) else None
    if found is None:
        raise NotFound("purchase")
    return _facts(found)


async def purchase_of_session(user_id: str, session_id: str) -> PurchaseFacts:
    """This person's purchase behind a checkout session.

    Raises: UnknownPurchase: the session is none of ours, or somebody else's.
    """
    found = (
        await row(f"{_FACTS} AND p.stripe_session_id = $2", user_id, session_id)
        if is_id(session_id)
        else None
    )
    if found is None:
        raise UnknownPurchase(session_id)
    return _facts(found)


async def workshop_title(user_id: str, workshop_id: str) -> str | None:
    """The title of this person's workshop, or None where there is none to name."""
    found = await row(_TITLE, user_id, workshop_id) if is_id(workshop_id) else None
    return None if found is None else str(found["title"])


def _facts(found: Any) -> PurchaseFacts:
    return PurchaseFacts(**dict(found))
