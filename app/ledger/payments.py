"""How paid credits enter the ledger and leave it again: waiting, counted, failed, taken back, given back.

The second half of `posting`: the same rules, for movements that belong to a purchase. Knows our purchase ids and
nothing of Stripe.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack

import asyncpg

from app.database import row
from app.errors import BadInput, IdempotencyConflict, NotSettled
from app.ids import new_id
from app.ledger import rules
from app.ledger.posting import MOVE_BALANCE, Actor, Movement, Posted, counted, lock_user, post, posted
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


class Cause(TypedDict):
    """Why credits follow money on its way back: what the movement says of itself.

    Units: `returned_cents` is the money that went back and nothing told of before; negative if it returned.
    """

    description: str
    actor: Actor
    reason: str
    returned_cents: NotRequired[int]
    request_id: NotRequired[str | None]
    at: NotRequired[datetime | None]


@dataclass(frozen=True)
class TakenBack:
    """What was taken back of a purchase so far, less what was given back, and all money that is told of by now."""

    moves: int
    credits: int
    returned_cents: int
    last_refund_id: str | None


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

_POST_PURCHASE = f"""
WITH {{before}},
waiting AS (
  SELECT id, status, clerk_user_id = $2 AND amount = $3 AS is_same FROM credit_transactions WHERE idempotency_key = $7),
moved AS ({MOVE_BALANCE}
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
  SELECT * FROM settled UNION ALL SELECT * FROM entered){{after}}
SELECT * FROM written"""

_AWAIT = """
INSERT INTO credit_transactions
       (id, clerk_user_id, type, status, amount, balance_after, created_at,
        description, stripe_session_id, idempotency_key, purchase_id, actor, actor_id, request_id)
SELECT $1, $2, 'purchase', 'pending', $3::integer,
       least(credit_balance::bigint + $3::integer, 2147483647),                 -- what the balance would become; shown nowhere
       coalesce($4, clock_timestamp()), $5, $6, $7, $8, $9, $10, $11
  FROM users WHERE clerk_user_id = $2
    ON CONFLICT (idempotency_key) DO NOTHING
RETURNING id"""

_EARLIER = """
SELECT id, clerk_user_id, status, amount, seq, balance_before, balance_after, posted_at
  FROM credit_transactions WHERE idempotency_key = $1"""

_TAKEN_BACK = """
SELECT count(*) AS moves, coalesce(-sum(amount), 0) AS credits, coalesce(sum(returned_cents), 0) + (
         SELECT coalesce(sum(r.returned_cents), 0) FROM returns_without_credits r
          WHERE r.purchase_id = $1 AND r.clerk_user_id = $2) AS returned_cents,
       (array_agg(id ORDER BY seq DESC) FILTER (WHERE type = 'refund'))[1] AS last_refund_id
  FROM credit_transactions
 WHERE purchase_id = $1 AND clerk_user_id = $2 AND type IN ('refund', 'reversal')"""


_NOTE_RETURN = """
INSERT INTO returns_without_credits (id, purchase_id, clerk_user_id, returned_cents, recorded_at)
SELECT $1, $2, $3, $4, greatest(last_posted_at, coalesce($5, clock_timestamp())) FROM users WHERE clerk_user_id = $3"""


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
    return posted(earlier, repeated=True)


async def post_claimed(
    claim: Claim, movement: PurchaseMovement, *, actor: Actor, at: datetime | None = None
) -> Posted | None:
    """As `post_purchase`, if the claim holds: claim, balance and movement are one statement.

    Inside: may run without a transaction too; it is one.
    Repeat: None, as when the claim fails, or the purchase was counted with other values: nothing was written.
    Raises: UniqueViolationError: a movement of this purchase was written in that moment; nothing was done.
      BalanceFull.
    """
    sql = _POST_PURCHASE.replace("{before}", claim.before).replace("{after}", claim.after)
    written = await counted(sql, *_values(movement, actor, at), *claim.values)
    return None if written is None else posted(written, repeated=False)


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


async def taken_back(user_id: str, purchase_id: str) -> TakenBack:
    """How many credits of a purchase are taken back now. Inside: to build on it, hold the person's row."""
    found = await row(_TAKEN_BACK, purchase_id, user_id)
    if found is None:
        raise LookupError("a sum over no rows is a row all the same")
    return TakenBack(**found)


async def take_back(user_id: str, purchase_id: str, credits: int, **cause: Unpack[Cause]) -> Posted:
    """Take credits away because their money went back; the balance may become a debt.

    Inside: the caller's tx.
    Repeat: takes again. The caller derives the credits from an absolute target under the person's lock.
    Raises: BadInput: less than one credit.
    """
    if credits < 1:
        raise BadInput(credits="Nothing to take back.")
    return await _follow_money(Kind.REFUND, user_id, purchase_id, -credits, cause)


async def give_back(user_id: str, purchase_id: str, credits: int, **cause: Unpack[Cause]) -> Posted:
    """Return credits that were taken back from a purchase, at most as many as were taken.

    Inside: the caller's tx. Repeat: gives again, as `take_back`.
    Raises: BadInput: more than is still taken. BalanceFull.
    """
    return await _follow_money(Kind.REVERSAL, user_id, purchase_id, credits, cause)


async def note_return(
    user_id: str, purchase_id: str, returned_cents: int, *, at: datetime | None = None
) -> None:
    """Note money that went back and moves no credit, so that it has a moment of its own.

    Units: minor units of the purchase; negative if it came back. Inside: the caller's tx, which holds the person's row.
    Repeat: notes again. The caller derives the money from what is told by now, as in `taken_back`.
    """
    await row(_NOTE_RETURN, new_id("ret"), purchase_id, user_id, returned_cents, at)


async def _follow_money(
    kind: Kind, user_id: str, purchase_id: str, change_credits: int, cause: Cause
) -> Posted:
    """One movement more of a purchase, numbered under the person's lock: the same sum may come round again."""
    await lock_user(user_id)
    so_far = await taken_back(user_id, purchase_id)
    is_taken = kind is Kind.REFUND
    if not is_taken and not 1 <= change_credits <= so_far.credits:
        raise BadInput(credits="More than was taken back.")
    key = rules.refund_key if is_taken else rules.give_back_key
    movement = Movement(
        user_id,
        kind,
        change_credits,
        cause["description"],
        key(purchase_id, so_far.moves),
        cause["actor"],
        purchase_id=purchase_id,
        reverses_id=None if is_taken else so_far.last_refund_id,
        reason=cause["reason"],
        request_id=cause.get("request_id"),
        returned_cents=cause.get("returned_cents"),
    )
    return await post(movement, at=cause.get("at"))


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
