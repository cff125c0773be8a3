"""Says whether the books are right once all is over: against themselves, against Stripe's word, and against ours.

Works on the open pool, and only reads. Knows nothing of how the trouble was made.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import asyncpg

from app.database import DB, rows
from app.ledger.audit import audit

LET_GO_SECONDS = 3.0  # a server that loses a connection notices in a moment of its own

_PAYMENTS = """
SELECT said.session_id, p.status, count(t.id) AS grants,
       p.status = 'refused' OR EXISTS (SELECT FROM stripe_events e
         WHERE e.object_id = said.session_id AND e.state = 'quarantined') AS is_set_aside
  FROM unnest($1::text[], $2::text[]) AS said (session_id, purchase_id)
  LEFT JOIN purchases p ON p.id = said.purchase_id AND p.stripe_session_id = said.session_id
  LEFT JOIN credit_transactions t ON t.purchase_id = p.id AND t.type = 'purchase' AND t.status = 'completed'
 GROUP BY said.session_id, p.status"""

_UNFOUNDED = """
SELECT p.id
  FROM purchases p
 WHERE p.status = 'paid'
   AND p.origin = 'stripe'
   AND ($2::text[] IS NULL OR p.clerk_user_id = ANY ($2))
   AND (p.stripe_session_id = ANY ($1)) IS NOT TRUE"""

_RETURNS = """
SELECT p.id
  FROM unnest($1::text[], $2::int[], $3::bool[]) AS said (purchase_id, refunded_cents, is_held)
  JOIN purchases p ON p.id = said.purchase_id
  LEFT JOIN credit_transactions t
    ON t.purchase_id = p.id AND t.type IN ('refund', 'reversal') AND t.status = 'completed'
 WHERE p.status = 'paid'
 GROUP BY p.id, said.refunded_cents, said.is_held
HAVING p.amount_refunded_cents <> said.refunded_cents
    OR said.refunded_cents <> coalesce(sum(t.returned_cents), 0) + (
       SELECT coalesce(sum(r.returned_cents), 0) FROM returns_without_credits r WHERE r.purchase_id = p.id)
    OR coalesce(-sum(t.amount), 0) <>
       CASE WHEN said.is_held THEN p.credits ELSE p.credits * said.refunded_cents / p.amount_cents END"""

_KEYS = """
SELECT idempotency_key
  FROM credit_transactions
 WHERE $1::text[] IS NULL OR clerk_user_id = ANY ($1)
 GROUP BY idempotency_key
HAVING count(*) > 1 OR idempotency_key IS NULL"""

_UNLOCKS = """
SELECT told.workshop_id, w.credit_consumed_at IS NOT NULL AS is_open, count(t.id) AS charges
  FROM unnest($1::text[]) AS told (workshop_id)
  LEFT JOIN workshops w ON w.id = told.workshop_id
  LEFT JOIN credit_transactions t ON t.workshop_id = w.id AND t.type = 'consumption'
 GROUP BY told.workshop_id, w.credit_consumed_at"""

_EVENTS = """
SELECT told.event_id
  FROM unnest($1::text[]) AS told (event_id)
  LEFT JOIN stripe_events e ON e.stripe_event_id = told.event_id
 WHERE (e.state IN ('done', 'ignored', 'quarantined')) IS NOT TRUE"""

_LEFT_OPEN = """
SELECT format('%s of process %s', state, pid) AS what
  FROM pg_stat_activity
 WHERE datname = current_database() AND state LIKE 'idle in transaction%'
 UNION ALL
SELECT format('advisory lock of process %s', pid)
  FROM pg_locks
 WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


@dataclass(frozen=True)
class Told:
    """What others were told or say, and the books must agree with.

    Shape: `paid` is every checkout session that Stripe calls paid, with the purchase it names. `unlocked` are the
    workshops whose unlock was acknowledged. `taken_events` are the events that were answered with success. `returned`
    is for each purchase the money that Stripe calls refunded, and whether a dispute holds all of it.
    """

    paid: Mapping[str, str] = field(default_factory=dict)
    unlocked: Collection[str] = ()
    taken_events: Collection[str] = ()
    returned: Mapping[str, tuple[int, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """Everything that is wrong, by kind; all empty is the norm."""

    books: tuple[str, ...] = ()  # what does not add up by itself
    keys: tuple[str, ...] = ()  # keys of the ledger that stand there more than once
    lost: tuple[
        str, ...
    ] = ()  # checkout sessions that are paid, and neither gave anything nor were set aside
    doubled: tuple[str, ...] = ()  # checkout sessions that gave more than once
    unfounded: tuple[str, ...] = ()  # purchases that gave credits, and Stripe calls unpaid
    returns: tuple[
        str, ...
    ] = ()  # purchases whose credits are not where Stripe says their money is, or that do not tell of all of it
    unlocks: tuple[str, ...] = ()  # workshops that are not open, or not charged once
    events: tuple[str, ...] = ()  # answered with success, and not carried out
    left_open: tuple[str, ...] = ()  # transactions, locks and connections of nobody

    @property
    def is_clean(self) -> bool:
        """True when there is nothing to find."""
        return not any(getattr(self, each.name) for each in fields(self))


async def judged(told: Told, *, people: Collection[str] | None = None) -> Findings:
    """Compare the books with themselves and with what was told; of these people alone, if any are named."""
    payments = await rows(_PAYMENTS, list(told.paid), list(told.paid.values()))
    unlocks = await rows(_UNLOCKS, list(told.unlocked))
    named = None if people is None else list(people)
    return Findings(
        books=tuple(await audit(people)),
        keys=tuple(str(each["idempotency_key"]) for each in await rows(_KEYS, named)),
        lost=tuple(each["session_id"] for each in payments if _is_lost(each)),
        doubled=tuple(each["session_id"] for each in payments if each["grants"] > 1),
        unfounded=tuple(each["id"] for each in await rows(_UNFOUNDED, list(told.paid), named)),
        returns=tuple(each["id"] for each in await rows(_RETURNS, *_columns(told.returned))),
        unlocks=tuple(each["workshop_id"] for each in unlocks if not each["is_open"] or each["charges"] != 1),
        events=tuple(each["event_id"] for each in await rows(_EVENTS, list(told.taken_events))),
        left_open=await left_open(),
    )


async def books_of(people: Collection[str] | None) -> Findings:
    """Points that hold at any moment, whatever Stripe has still to tell; of these people alone, if any are named."""
    named = None if people is None else list(people)
    return Findings(
        books=tuple(await audit(people)),
        keys=tuple(str(each["idempotency_key"]) for each in await rows(_KEYS, named)),
    )


async def left_open() -> tuple[str, ...]:
    """Transactions, locks and connections that nobody has let go of within a moment."""
    end = asyncio.get_running_loop().time() + LET_GO_SECONDS
    while True:
        found = [str(each["what"]) for each in await rows(_LEFT_OPEN)]
        if isinstance(DB.pool, asyncpg.Pool) and (busy := DB.pool.get_size() - DB.pool.get_idle_size()):
            found.append(f"{busy} connections of the pool")
        if not found or asyncio.get_running_loop().time() > end:
            return tuple(found)
        await asyncio.sleep(0.01)


def _is_lost(payment: asyncpg.Record) -> bool:
    return not payment["is_set_aside"] and (not payment["grants"] or payment["status"] != "paid")


def _columns(returned: Mapping[str, tuple[int, bool]]) -> tuple[list[str], list[int], list[bool]]:
    return list(returned), [cents for cents, _ in returned.values()], [held for _, held in returned.values()]


def paid_sessions(documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of checkout sessions as Stripe's API shows them: those that are paid, with the purchase they name."""
    return {
        str(each["id"]): str(each["client_reference_id"])
        for each in documents
        if each["payment_status"] == "paid"
    }
