"""How paid credits enter the ledger and leave it again: waiting, counted, failed, taken back, given back.

The second half of `posting`: the same rules, for movements that belong to a purchase. Knows our purchase ids and
nothing of Stripe.
"""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.database import row, rows
from app.errors import BadInput, IdempotencyConflict, NotSettled
from app.ids import new_id
from app.ledger import rules
from app.ledger.posting import Actor, Movement, Posted, lock_user, post
from app.ledger.rules import Kind, Status


@dataclass(frozen=True)
class PurchaseMovement:
    """The credits of one purchase on their way to one person."""

    user_id: str
    purchase_id: str
    credits: int
    description: str
    stripe_session_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Claim:
    """What the caller decides and writes in the very statement that counts the credits.

    `before` is CTEs that end in one called `claim`: without a row in it nothing moves. Whatever they lock, the person's
    row comes first. `after` is CTEs that write because of the row in `written`. Values of their own: $12 and on.
    """

    before: str
    after: str
    values: tuple[object, ...]


_NO_CLAIM = Claim("claim AS (SELECT true)", "", ())

_POST_PURCHASE = """
WITH {before},
waiting AS (
  SELECT id, status, clerk_user_id = $2 AND amount = $3 AS is_same FROM credit_transactions WHERE idempotency_key = $7),
moved AS (
  UPDATE users
     SET credit_balance = credit_balance + $3,
         ledger_seq = coalesce(ledger_seq, 0) + 1,
         last_posted_at = greatest(last_posted_at, coalesce($4, clock_timestamp())),
         updated_at = clock_timestamp()
   WHERE clerk_user_id = $2
     AND EXISTS (SELECT FROM claim)
     AND NOT EXISTS (SELECT FROM waiting WHERE status = 'completed' OR NOT is_same)  -- counted before: nothing moves
  RETURNING credit_balance, ledger_seq, last_posted_at),
settled AS (                                                           -- a row that waited, or had failed, is completed in place
  UPDATE credit_transactions AS t
     SET status = 'completed', seq = ledger_seq, balance_before = credit_balance - $3,
         balance_after = credit_balance, posted_at = last_posted_at
    FROM moved, waiting
   WHERE t.id = waiting.id                                             -- by its key, however many rows the person has
  RETURNING t.id, t.seq, t.balance_before, t.balance_after, t.posted_at),
entered AS (
  INSERT INTO credit_transactions
         (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at, created_at,
          description, stripe_session_id, idempotency_key, purchase_id, actor, actor_id, request_id)
  SELECT $1, $2, 'purchase', 'completed', $3, credit_balance - $3, credit_balance, ledger_seq, last_posted_at,
         coalesce($4, clock_timestamp()), $5, $6, $7, $8, $9, $10, $11
    FROM moved
   WHERE NOT EXISTS (SELECT FROM waiting)
  RETURNING id, seq, balance_before, balance_after, posted_at),
written AS (
  SELECT * FROM settled UNION ALL SELECT * FROM entered){after}
SELECT * FROM written"""

_AWAIT = """
INSERT INTO credit_transactions
       (id, clerk_user_id, type, status, amount, balance_after, created_at,
        description, stripe_session_id, idempotency_key, purchase_id, actor, actor_id, request_id)
SELECT $1, $2, 'purchase', 'pending', $3, credit_balance + $3,         -- what the balance would become; shown nowhere
       coalesce($4, clock_timestamp()), $5, $6, $7, $8, $9, $10, $11
  FROM users WHERE clerk_user_id = $2
    ON CONFLICT (idempotency_key) DO NOTHING
RETURNING id"""

_EARLIER = """
SELECT id, clerk_user_id, status, amount, seq, balance_before, balance_after, posted_at
  FROM credit_transactions WHERE idempotency_key = $1"""

_MOVES_OF_PURCHASE = """
SELECT id, type, amount FROM credit_transactions
 WHERE purchase_id = $1 AND clerk_user_id = $2 AND type IN ('refund', 'reversal') ORDER BY seq"""


async def post_purchase(movement: PurchaseMovement, *, actor: Actor, at: datetime | None = None) -> Posted:
    """Count the credits of a paid purchase, once: as a new movement, or by completing the one that waited.

    Inside: the caller's tx, which holds the person's row (`lock_user`).
    Repeat: the first outcome.
    Raises: IdempotencyConflict: the purchase was counted for someone else or with other credits.
    """
    written = await post_claimed(_NO_CLAIM, movement, actor=actor, at=at)
    if written is not None:
        return written
    earlier = await row(_EARLIER, rules.purchase_key(movement.purchase_id))
    if earlier is None or _differs(earlier, movement):
        raise IdempotencyConflict(rules.purchase_key(movement.purchase_id))
    return _posted(earlier, repeated=True)


async def post_claimed(
    claim: Claim, movement: PurchaseMovement, *, actor: Actor, at: datetime | None = None
) -> Posted | None:
    """As `post_purchase`, if the claim holds: claim, balance and movement are one statement.

    Inside: may run without a transaction too; it is one.
    Repeat: None, as when the claim fails, or the purchase was counted with other values: nothing was written.
    Raises: UniqueViolationError: a movement of this purchase was written in that moment; nothing was done.
    """
    sql = _POST_PURCHASE.replace("{before}", claim.before).replace("{after}", claim.after)
    written = await row(sql, *_values(movement, actor, at), *claim.values)
    return None if written is None else _posted(written, repeated=False)


async def await_purchase(movement: PurchaseMovement, *, actor: Actor, at: datetime | None = None) -> str:
    """Note that the money of a purchase is settling; the movement counts for nothing yet.

    Shape: the id of the waiting movement. Repeat: the same id, whatever became of it since.
    Raises: IdempotencyConflict.
    """
    written = await row(_AWAIT, *_values(movement, actor, at))
    if written is not None:
        return str(written["id"])
    earlier = await row(_EARLIER, rules.purchase_key(movement.purchase_id))
    if earlier is None or _differs(earlier, movement):
        raise IdempotencyConflict(rules.purchase_key(movement.purchase_id))
    return str(earlier["id"])


async def fail_purchase(purchase_id: str) -> bool:
    """Note that the money of a purchase did not come. True when a movement was waiting for it.

    Raises: NotSettled: its credits were counted already.
    """
    key = rules.purchase_key(purchase_id)
    failed = await row(
        "UPDATE credit_transactions SET status = 'failed'"
        " WHERE idempotency_key = $1 AND status = 'pending' RETURNING id",
        key,
    )
    if failed is not None:
        return True
    earlier = await row(_EARLIER, key)
    if earlier is not None and earlier["status"] == Status.COMPLETED:
        raise NotSettled(purchase_id=purchase_id, status=earlier["status"])
    return False


async def take_back(
    user_id: str,
    purchase_id: str,
    credits: int,
    *,
    description: str,
    actor: Actor,
    reason: str,
    at: datetime | None = None,
) -> Posted:
    """Take credits away because their money went back; the balance may become a debt.

    Repeat: takes again. The caller derives the credits from an absolute target under the person's lock.
    """
    if credits < 1:
        raise BadInput(credits="Nothing to take back.")
    await lock_user(user_id)
    moves = await rows(_MOVES_OF_PURCHASE, purchase_id, user_id)
    movement = Movement(
        user_id,
        Kind.REFUND,
        -credits,
        description,
        rules.refund_key(purchase_id, len(moves)),
        actor,
        purchase_id=purchase_id,
        reason=reason,
    )
    return await post(movement, at=at)


async def give_back(
    user_id: str,
    purchase_id: str,
    credits: int,
    *,
    description: str,
    actor: Actor,
    reason: str,
    at: datetime | None = None,
) -> Posted:
    """Return credits that were taken back from a purchase, at most as many as were taken.

    Repeat: gives again, as `take_back`. Raises: BadInput: more than is still taken.
    """
    await lock_user(user_id)
    moves = await rows(_MOVES_OF_PURCHASE, purchase_id, user_id)
    if not 1 <= credits <= -sum(move["amount"] for move in moves):
        raise BadInput(credits="More than was taken back.")
    last_refund = [move["id"] for move in moves if move["type"] == Kind.REFUND][-1]
    movement = Movement(
        user_id,
        Kind.REVERSAL,
        credits,
        description,
        rules.give_back_key(purchase_id, len(moves)),
        actor,
        purchase_id=purchase_id,
        reverses_id=last_refund,
        reason=reason,
    )
    return await post(movement, at=at)


def _values(movement: PurchaseMovement, actor: Actor, at: datetime | None) -> tuple[object, ...]:
    return (
        new_id("ctx"),
        movement.user_id,
        movement.credits,
        at,
        movement.description,
        movement.stripe_session_id,
        rules.purchase_key(movement.purchase_id),
        movement.purchase_id,
        actor.kind,
        actor.id,
        movement.request_id,
    )


def _differs(earlier: asyncpg.Record, movement: PurchaseMovement) -> bool:
    return (earlier["clerk_user_id"], earlier["amount"]) != (movement.user_id, movement.credits)


def _posted(found: asyncpg.Record, *, repeated: bool) -> Posted:
    return Posted(
        found["id"],
        found["seq"],
        found["balance_before"],
        found["balance_after"],
        found["posted_at"],
        repeated,
    )
