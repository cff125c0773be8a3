"""The purchases as they are stored: one row per attempt to buy, and every change of its state.

Holds the SQL of the table `purchases`. Decides nothing about money; knows no Stripe and no HTTP. Each change is one
statement that says which states it may leave, so a late or repeated change finds nothing to do.
"""

from dataclasses import dataclass, fields
from datetime import datetime

import asyncpg

from app.database import row
from app.ledger.payments import Claim
from app.payments.gateway import CheckoutSession

UNFINISHED = frozenset({"started", "open"})  # the buyer can still go and pay


@dataclass(frozen=True, slots=True)
class Purchase:
    """One attempt to buy a pack: the snapshot that was sold, and what became of it.

    Units: `amount_cents` is minor units of `currency`.
    """

    id: str
    user_id: str
    pack: str
    pack_name: str
    credits: int
    amount_cents: int
    currency: str
    stripe_price_id: str  # empty while Stripe has not told it
    base_url: str
    status: str
    request_no: int
    stripe_customer_id: str | None
    stripe_session_id: str | None
    unlock_workshop_id: str | None
    intent_outcome: str | None
    refused_reason: str | None
    attempt_key: str | None
    created_at: datetime
    paid_at: datetime | None
    payment_intent: str | None = None
    dispute_status: str | None = None
    returns_seen: str = ""  # Stripe's refunds and disputes as last applied
    livemode: bool = False  # paid with real money

    @property
    def is_unfinished(self) -> bool:
        """True while it can still be paid on its payment page."""
        return self.status in UNFINISHED

    @property
    def description(self) -> str:
        """What its movement in the ledger is called."""
        return f"Purchase of {self.pack_name}"


@dataclass(frozen=True, slots=True)
class NewPurchase:
    """What is written before Stripe is asked."""

    id: str
    user_id: str
    pack: str
    pack_name: str
    credits: int
    amount_cents: int
    currency: str
    stripe_price_id: str
    base_url: str
    unlock_workshop_id: str | None
    return_path: str | None
    attempt_key: str | None
    created_at: datetime


# In the order of the fields, so that a row is a purchase as it stands.
_COLUMNS = ", ".join(
    "p.clerk_user_id AS user_id" if field.name == "user_id" else f"p.{field.name}"
    for field in fields(Purchase)
)

_ADD = f"""
INSERT INTO purchases AS p (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id,
       base_url, status, unlock_workshop_id, return_path, attempt_key, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'started', $10, $11, $12, $13, $13)
RETURNING {_COLUMNS}"""

_BY_SESSION = f"""
SELECT {_COLUMNS}, u.credit_balance                     -- of the same moment: paid means counted in it
  FROM purchases p
  JOIN users u ON u.clerk_user_id = p.clerk_user_id
 WHERE p.stripe_session_id = $1
   AND ($2::text IS NULL OR p.clerk_user_id = $2)       -- of somebody else's no more is read than of none
"""

_UNFINISHED = f"""
SELECT {_COLUMNS}
  FROM purchases p
 WHERE p.clerk_user_id = $1
   AND p.pack = $2
   AND p.unlock_workshop_id IS NOT DISTINCT FROM $3
   AND p.status IN ('started', 'open')"""

_KEEP_CUSTOMER = f"""
WITH kept AS (
  UPDATE users                                          -- the person's row first, as everywhere
     SET stripe_customer_id = coalesce(stripe_customer_id, $3), updated_at = clock_timestamp()
   WHERE clerk_user_id = $1
  RETURNING stripe_customer_id, email)                  -- the first one stored wins
UPDATE purchases p
   SET stripe_customer_id = coalesce(p.stripe_customer_id, kept.stripe_customer_id),
       customer_email = coalesce(p.customer_email, kept.email),
       updated_at = clock_timestamp()
  FROM kept
 WHERE p.id = $2
RETURNING {_COLUMNS}"""

_REPLACE_CUSTOMER = f"""
WITH kept AS (
  UPDATE users
     SET stripe_customer_id = CASE WHEN stripe_customer_id = $3 THEN $4 ELSE coalesce(stripe_customer_id, $4) END,
         updated_at = clock_timestamp()
   WHERE clerk_user_id = $1
  RETURNING stripe_customer_id)
UPDATE purchases p
   SET stripe_customer_id = kept.stripe_customer_id,
       request_no = p.request_no + 1,                   -- another customer is another request, under another key
       updated_at = clock_timestamp()
  FROM kept
 WHERE p.id = $2
   AND p.stripe_customer_id = $3                        -- a rival press replaced it already: its choice stands
RETURNING {_COLUMNS}"""

_UNPAID_PURCHASE = """buyer AS (
  SELECT clerk_user_id FROM users WHERE clerk_user_id = $2 FOR NO KEY UPDATE),
claim AS (
  SELECT p.id
    FROM purchases p
    JOIN buyer USING (clerk_user_id)                    -- so the person's row is locked before this one
   WHERE p.id = $12
     AND p.status <> 'paid'                             -- read again after a wait: of two callers one gets the row
     AND (p.stripe_session_id IS NULL OR p.stripe_session_id = $6)
     FOR NO KEY UPDATE OF p)"""

_PAY = """,
paid AS (
  UPDATE purchases
     SET status = 'paid', paid_at = $13, closed_at = NULL, refused_reason = NULL, stripe_session_id = $6,
         payment_intent = $14, payment_method = $15, livemode = $16, updated_at = clock_timestamp()
    FROM written                                        -- paid means counted: without the movement nothing is written
   WHERE purchases.id = $12)"""

_SET_STATUS = f"""
UPDATE purchases p
   SET status = $2, stripe_session_id = coalesce(p.stripe_session_id, $3), refused_reason = $4,
       payment_intent = coalesce($5, p.payment_intent), payment_method = coalesce($6, p.payment_method),
       closed_at = CASE WHEN $2 IN ('failed', 'expired') THEN $7 ELSE p.closed_at END,
       attempt_key = CASE WHEN $2 IN ('failed', 'expired') THEN NULL ELSE p.attempt_key END,  -- the form may try anew
       updated_at = clock_timestamp()
 WHERE p.id = $1
   AND p.status = ANY($8)
   AND (p.stripe_session_id IS NULL OR p.stripe_session_id = $3)  -- a page made meanwhile is not the one that is meant
RETURNING {_COLUMNS}"""


async def add_purchase(new: NewPurchase) -> Purchase:
    """Write a purchase that nobody has paid yet. Inside: the caller's tx, which holds the person's row."""
    values = (new.id, new.user_id, new.pack, new.pack_name, new.credits, new.amount_cents, new.currency)
    rest = (new.stripe_price_id, new.base_url, new.unlock_workshop_id, new.return_path, new.attempt_key)
    return _some(await row(_ADD, *values, *rest, new.created_at))


async def purchase_with_balance(session_id: str, owner: str | None = None) -> tuple[Purchase, int] | None:
    """The purchase of a checkout session, of `owner` alone if there is one, and its buyer's balance in credits then."""
    found = await row(_BY_SESSION, session_id, owner)
    return None if found is None else (Purchase(*list(found.values())[:-1]), found["credit_balance"])


async def purchase_by_id(purchase_id: str) -> Purchase | None:
    """Whosever it is: the caller decides who may know."""
    return _maybe(await row(f"SELECT {_COLUMNS} FROM purchases p WHERE p.id = $1", purchase_id))


async def purchase_by_payment(payment_intent_id: str) -> Purchase | None:
    """The purchase that was paid with this payment of Stripe's, as far as we have bound one."""
    sql = f"SELECT {_COLUMNS} FROM purchases p WHERE p.payment_intent = $1"
    return _maybe(await row(sql, payment_intent_id))


async def unfinished_purchase(user_id: str, pack: str, unlock_workshop_id: str | None) -> Purchase | None:
    """The one purchase of this pack and intent that can still be paid."""
    return _maybe(await row(_UNFINISHED, user_id, pack, unlock_workshop_id))


async def purchase_of_attempt(user_id: str, attempt_key: str) -> Purchase | None:
    """What this form started before, unless that ended unpaid."""
    sql = f"SELECT {_COLUMNS} FROM purchases p WHERE p.clerk_user_id = $1 AND p.attempt_key = $2"
    return _maybe(await row(sql, user_id, attempt_key))


async def fill_in_price(purchase_id: str, price_id: str) -> Purchase | None:
    """The price that was not known when the purchase was written. Nothing if it is known since."""
    sql = f"UPDATE purchases p SET stripe_price_id = $2 WHERE p.id = $1 AND p.stripe_price_id = '' RETURNING {_COLUMNS}"
    return _maybe(await row(sql, purchase_id, price_id))


async def keep_customer(purchase: Purchase, customer_id: str) -> Purchase:
    """Store the buyer's customer at Stripe, on the person and on the purchase; the first one stored wins."""
    return _some(await row(_KEEP_CUSTOMER, purchase.user_id, purchase.id, customer_id))


async def replace_customer(purchase: Purchase, *, dead_id: str, customer_id: str) -> None:
    """Put a new customer in the place of one that Stripe has deleted, and count the request up."""
    await row(_REPLACE_CUSTOMER, purchase.user_id, purchase.id, dead_id, customer_id)


async def mark_open(purchase_id: str, session: CheckoutSession) -> Purchase | None:
    """Its payment page is made. None: it was closed, paid or bound to another page meanwhile."""
    return await _set_status(purchase_id, "open", UNFINISHED, session)


def paying(purchase_id: str, session: CheckoutSession, *, now: datetime) -> Claim:
    """The claim that marks a purchase paid; it fails if that was paid before, or belongs to another checkout session."""
    money = (session.payment_intent_id, session.payment_method, bool(session.livemode))
    return Claim(_UNPAID_PURCHASE, _PAY, (purchase_id, now, *money))


async def mark_settling(purchase_id: str, session: CheckoutSession) -> Purchase | None:
    """Its money is on the way. None: it was paid meanwhile."""
    return await _set_status(purchase_id, "settling", _UNPAID, session)


async def mark_failed(purchase_id: str, session: CheckoutSession | None, *, now: datetime) -> Purchase | None:
    """Its money will not come. None: it was paid meanwhile."""
    return await _set_status(purchase_id, "failed", _UNPAID, session, now=now)


async def mark_expired(purchase_id: str, session_id: str | None, *, now: datetime) -> Purchase | None:
    """Its payment page is closed, and nobody paid. None: it is not waiting for its buyer any more."""
    session = None if session_id is None else CheckoutSession(session_id)
    return await _set_status(purchase_id, "expired", UNFINISHED, session, now=now)


async def mark_refused(purchase_id: str, session: CheckoutSession, reason: str) -> Purchase | None:
    """Money came that does not match: nothing is granted, a person looks at it. None: it was paid meanwhile."""
    return await _set_status(purchase_id, "refused", _UNPAID | {"refused"}, session, reason=reason)


async def note_intent(purchase_id: str, outcome: str) -> None:
    """How the purchase's intent ended."""
    await row("UPDATE purchases SET intent_outcome = $2 WHERE id = $1", purchase_id, outcome)


_UNPAID = UNFINISHED | {"settling", "failed", "expired"}


async def _set_status(
    purchase_id: str,
    status: str,
    leaving: frozenset[str],
    session: CheckoutSession | None,
    *,
    reason: str | None = None,
    now: datetime | None = None,
) -> Purchase | None:
    seen = (None, None, None)
    session_id, payment, method = (
        (session.id, session.payment_intent_id, session.payment_method) if session else seen
    )
    values = (purchase_id, status, session_id, reason, payment, method, now, list(leaving))
    return _maybe(await row(_SET_STATUS, *values))


def _purchase(found: asyncpg.Record) -> Purchase:
    return Purchase(*found.values())


def _maybe(found: asyncpg.Record | None) -> Purchase | None:
    return None if found is None else _purchase(found)


def _some(found: asyncpg.Record | None) -> Purchase:
    if found is None:
        raise LookupError("a statement that always returns a row returned none")
    return _purchase(found)
