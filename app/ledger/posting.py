"""The only way credits move: each verb writes the movement and the balance in one statement.

Holds all of the ledger's writing SQL. Knows no price, no Stripe and no HTTP. The database proves what is written
here a second time (see the migration), so a mistake in this file is an error, never a false balance.

Every verb is idempotent by a key that names the meaning, and runs inside the caller's `tx()`; the person's row is
locked first, before anything else. `at` is the moment of the movement, for seeds and tests; else it is now.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from app.database import row
from app.errors import BadInput, BalanceFull, IdempotencyConflict, NotFound
from app.ids import new_id
from app.ledger import rules
from app.ledger.rules import Kind


@dataclass(frozen=True)
class Actor:
    """Who caused a movement: the person, an operator, an event of Stripe's, or the system itself."""

    kind: Literal["user", "operator", "stripe", "system"]
    id: str | None = None


SYSTEM = Actor("system")


@dataclass(frozen=True)
class Posted:
    """A counted movement and its place in the chain. `repeated`: an earlier call had written it."""

    transaction_id: str
    seq: int
    balance_before_credits: int
    balance_after_credits: int
    posted_at: datetime
    repeated: bool = False


@dataclass(frozen=True)
class LockedUser:
    """A person's balance while nobody else can move it."""

    balance_credits: int
    ledger_seq: int


@dataclass(frozen=True)
class Movement:
    """A movement to be written. `change_credits` is signed, as the balance will feel it."""

    user_id: str
    kind: Kind
    change_credits: int
    description: str
    key: str
    actor: Actor = SYSTEM
    workshop_id: str | None = None
    workshop_title: str | None = None
    purchase_id: str | None = None
    reverses_id: str | None = None
    reason: str | None = None
    note: str | None = None
    request_id: str | None = None
    returned_cents: int | None = None  # money that went back and nothing told of before, signed


MOVE_BALANCE = """
  UPDATE users
     SET credit_balance = credit_balance + $3,
         ledger_seq = coalesce(ledger_seq, 0) + 1,                     -- the number of the row that follows
         last_posted_at = greatest(last_posted_at, coalesce($4, clock_timestamp())),  -- never backwards
         updated_at = clock_timestamp()
   WHERE clerk_user_id = $2"""

_POST = f"""
WITH moved AS ({MOVE_BALANCE}
     AND ($3 > 0 OR $5 = 'refund' OR credit_balance + $3 >= 0)         -- only taken-back credits may lead to a debt
  RETURNING credit_balance, ledger_seq, last_posted_at)
INSERT INTO credit_transactions
       (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at, created_at,
        description, idempotency_key, actor, actor_id, workshop_id, workshop_title, purchase_id, reverses_id,
        reason, note, request_id, returned_cents)
SELECT $1, $2, $5, 'completed', $3, credit_balance - $3, credit_balance, ledger_seq, last_posted_at,
       coalesce($4, clock_timestamp()), $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
  FROM moved
RETURNING id, seq, balance_before, balance_after, posted_at"""

_CONSUME = f"""
WITH charged AS ({MOVE_BALANCE}                                       -- takes the person's row lock: a rival waits here
     AND credit_balance + $3 >= 0                                      -- read again after the wait
     AND EXISTS (SELECT FROM workshops WHERE id = $5 AND clerk_user_id = $2
                    AND credit_consumed_at IS NULL AND deleted_at IS NULL)
  RETURNING credit_balance, ledger_seq, last_posted_at),
entered AS (
  INSERT INTO credit_transactions
         (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at, created_at,
          description, idempotency_key, actor, actor_id, workshop_id, workshop_title, request_id)
  SELECT $1, $2, 'consumption', 'completed', $3, credit_balance - $3, credit_balance, ledger_seq, last_posted_at,
         coalesce($4, clock_timestamp()), $6,
         'unlock:' || $5 || ':' || (SELECT count(*) FROM credit_transactions
                                     WHERE workshop_id = $5 AND type = 'reversal'),
         $7, $8, $5, $9, $10
    FROM charged                                                       -- a twin that got here meets the unique key
  RETURNING id, seq, balance_before, balance_after, posted_at),
stamped AS (
  UPDATE workshops SET credit_consumed_at = entered.posted_at, updated_at = clock_timestamp()
    FROM entered
   WHERE workshops.id = $5 AND workshops.clerk_user_id = $2            -- changed hands or deleted meanwhile:
     AND workshops.deleted_at IS NULL                                  -- nobody pays
  RETURNING workshops.id)
SELECT entered.*, 1 / (SELECT count(*) FROM stamped) AS stamped        -- 1/0 undoes a charge without its stamp
  FROM entered"""

_EARLIER = """
SELECT id, clerk_user_id, type, status, amount, seq, balance_before, balance_after, posted_at,
       purchase_id, reverses_id, workshop_id
  FROM credit_transactions WHERE idempotency_key = $1"""


def posted(found: asyncpg.Record, *, repeated: bool = False) -> Posted:
    """A written row as the callers of the ledger see it."""
    return Posted(
        found["id"],
        found["seq"],
        found["balance_before"],
        found["balance_after"],
        found["posted_at"],
        repeated,
    )


async def lock_user(user_id: str) -> LockedUser:
    """Hold the person's row until the caller's transaction ends: nobody else moves their credits meanwhile.

    Raises: NotFound: no such person.
    """
    found = await row(
        "SELECT credit_balance, ledger_seq FROM users WHERE clerk_user_id = $1 FOR NO KEY UPDATE", user_id
    )
    if found is None:
        raise NotFound("person")
    return LockedUser(found["credit_balance"], found["ledger_seq"] or 0)


async def consume(
    user_id: str,
    workshop_id: str,
    *,
    price_credits: int,
    description: str,
    workshop_title: str,
    actor: Actor,
    request_id: str | None = None,
    at: datetime | None = None,
) -> Posted | None:
    """Take the price of one workshop from the balance, write the movement and stamp the workshop: one statement.

    Inside: may run without a transaction too; it is one.
    Repeat: None, as for everything that cannot be charged: balance short, workshop open, deleted or not theirs.
    Raises: UniqueViolationError: a twin was faster by a moment; nothing was taken. NotFound: the workshop changed
      hands, or was deleted, in that moment; nothing was taken.
    """
    values = (new_id("ctx"), user_id, -price_credits, at, workshop_id, description, actor.kind, actor.id)
    try:
        taken = await row(_CONSUME, *values, workshop_title, request_id)
    except asyncpg.DivisionByZeroError as error:
        raise NotFound("workshop") from error
    return posted(taken) if taken else None


async def grant(
    user_id: str,
    credits: int,
    *,
    form_key: str,
    reason: str,
    actor: Actor,
    description: str = "Credits given by us",
    note: str | None = None,
    at: datetime | None = None,
) -> Posted:
    """Give credits for a reason, once per form.

    Inside: the caller's tx. Repeat: the first outcome.
    Raises: IdempotencyConflict, NotFound, BalanceFull. BadInput: less than one credit.
    """
    if credits < 1:
        raise BadInput(credits="A grant is one credit or more.")
    movement = Movement(
        user_id, Kind.GRANT, credits, description, f"grant:{form_key}", actor, reason=reason, note=note
    )
    return await post(movement, at=at)


async def adjust(
    user_id: str,
    change_credits: int,
    *,
    form_key: str,
    reason: str,
    actor: Actor,
    description: str = "Correction",
    note: str | None = None,
    at: datetime | None = None,
) -> Posted:
    """Correct a balance, up or down, for a reason, once per form; never into a debt.

    Inside: the caller's tx. Repeat: the first outcome.
    Raises: IdempotencyConflict, NotFound, BalanceFull. BadInput: nothing would change, or it would lead to a debt.
    """
    if change_credits == 0:
        raise BadInput(change_credits="A correction changes something.")
    movement = Movement(
        user_id,
        Kind.ADJUSTMENT,
        change_credits,
        description,
        f"adjustment:{form_key}",
        actor,
        reason=reason,
        note=note,
    )
    return await post(movement, at=at)


async def post(movement: Movement, *, at: datetime | None = None) -> Posted:
    """Write one counted movement and the balance it leads to.

    Inside: the caller's tx.
    Repeat: the first outcome, whatever happened since.
    Raises: IdempotencyConflict: the key was used with other values. NotFound: no such person. BadInput: it would lead
      to a debt. BalanceFull.
    """
    await lock_user(movement.user_id)
    earlier = await row(_EARLIER, movement.key)
    if earlier is not None:
        return _repeated(earlier, movement)
    written = await counted(_POST, *_values(movement, at))
    if written is None:
        raise BadInput(credits="The balance does not cover this.")
    return posted(written)


async def counted(sql: str, *values: object) -> asyncpg.Record | None:
    """What a statement returns that adds to a balance. Raises: BalanceFull: the column ends there."""
    try:
        return await row(sql, *values)
    except asyncpg.NumericValueOutOfRangeError as error:
        raise BalanceFull("the balance would be larger than it can be") from error


def _values(movement: Movement, at: datetime | None) -> tuple[object, ...]:
    return (
        new_id("ctx"),
        movement.user_id,
        movement.change_credits,
        at,
        movement.kind,
        movement.description,
        movement.key,
        movement.actor.kind,
        movement.actor.id,
        movement.workshop_id,
        movement.workshop_title,
        movement.purchase_id,
        movement.reverses_id,
        movement.reason,
        movement.note,
        movement.request_id,
        movement.returned_cents,
    )


def _repeated(earlier: asyncpg.Record, movement: Movement) -> Posted:
    same = (
        earlier["clerk_user_id"] == movement.user_id
        and earlier["type"] == movement.kind
        and earlier["amount"] == movement.change_credits
        and earlier["purchase_id"] == movement.purchase_id
        and earlier["reverses_id"] == movement.reverses_id
        and earlier["status"] == rules.Status.COMPLETED
    )
    if not same:
        raise IdempotencyConflict(movement.key)
    return posted(earlier, repeated=True)
