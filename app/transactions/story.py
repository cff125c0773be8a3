"""Reads all that is known of one movement. Knows no page."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.database import rows
from app.errors import NotFound
from app.transactions.history import ALONG, MONEY, MOVEMENT, Stored

MOST_RELATED = 50

# The movement itself, and what belongs to it: the other rows of its purchase, what it undoes or what undid it, the
# other rows of its workshop, and the other half of a purchase that unlocked one as it was paid: both were written in one
# transaction that held the person's row, so the first unlock of that workshop after the purchase is the one it made.
# One statement, so that all of it is of one moment.
TOLD = f"""
WITH asked AS (
SELECT * FROM credit_transactions WHERE id = $2 AND clerk_user_id = $1
), bought AS (
SELECT p.id AS purchase_id, b.id AS purchase_row, u.id AS unlock_row
  FROM asked
  JOIN purchases p ON p.clerk_user_id = $1 AND p.intent_outcome = 'unlocked'
       AND (p.id = asked.purchase_id OR p.unlock_workshop_id = asked.workshop_id)
  JOIN credit_transactions b ON b.purchase_id = p.id AND b.clerk_user_id = $1 AND b.type = 'purchase'
  JOIN LATERAL (
       SELECT id FROM credit_transactions
        WHERE workshop_id = p.unlock_workshop_id AND clerk_user_id = $1 AND type = 'consumption'
          AND seq > b.seq
        ORDER BY seq LIMIT 1) u ON true
 WHERE asked.id IN (b.id, u.id)
), told AS MATERIALIZED (                -- one row, from which all others are looked up
SELECT asked.id, asked.purchase_id, asked.workshop_id, asked.reverses_id,
       bought.purchase_id AS bought_by, bought.purchase_row, bought.unlock_row
  FROM asked LEFT JOIN bought ON true
)
SELECT {MOVEMENT}, {MONEY}, t.balance_before, t.actor, t.reason, t.note, t.reverses_id, t.stripe_session_id,
       t.returned_cents, p.pack_name, p.credits AS purchase_credits, p.amount_cents, p.amount_refunded_cents,
       p.refund_pending_cents, p.dispute_status, p.disputed_at,
       p.status AS purchase_status, p.payment_intent, p.payment_method, p.origin,
       CASE WHEN p.intent_outcome = 'unlocked' AND i.id IS NOT NULL AND i.credit_consumed_at IS NULL
            THEN 'undone' ELSE p.intent_outcome END AS intent_outcome,
       p.unlock_workshop_id, i.title AS intent_title, i.deleted_at IS NULL AS intent_is_there,
       t.id = $2 AS is_told, CASE WHEN t.id = told.unlock_row THEN told.bought_by END AS bought_by
  FROM credit_transactions t{ALONG}
  LEFT JOIN LATERAL (
       SELECT * FROM workshops WHERE id = p.unlock_workshop_id AND clerk_user_id = $1 OFFSET 0) i ON true
  JOIN told ON t.clerk_user_id = $1
       AND (t.id = told.id OR t.purchase_id = told.purchase_id OR t.workshop_id = told.workshop_id
            OR t.id = told.reverses_id OR t.reverses_id = told.id
            OR t.id = told.purchase_row OR t.id = told.unlock_row)
 ORDER BY t.id <> $2, t.seq DESC NULLS FIRST, t.created_at DESC, t.id DESC
 LIMIT {MOST_RELATED + 1}"""


@dataclass(frozen=True, slots=True)
class Story:
    """A movement with its purchase and workshop, and the movements that belong to it, newest first."""

    movement: Stored
    related: Sequence[Stored]


async def story_of(user_id: str, transaction_id: str) -> Story:
    """The story of one movement.

    Raises: NotFound: there is no such movement, or it is somebody else's.
    """
    found = await rows(TOLD, user_id, transaction_id) if transaction_id.isprintable() else []
    if not found:
        raise NotFound("transaction")
    return Story(found[0], found[1:])
