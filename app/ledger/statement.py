"""Reads of the ledger that every feature needs. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database import row, rows
from app.errors import NotFound

_BALANCE = """
SELECT u.credit_balance, coalesce(u.ledger_seq, 0) AS ledger_seq,
       coalesce((SELECT sum(t.amount) FROM credit_transactions t
                  WHERE t.clerk_user_id = u.clerk_user_id AND t.seq IS NULL AND t.status = 'pending'), 0) AS pending
  FROM users u WHERE u.clerk_user_id = $1"""

# Posting moments never run backwards along `seq`, so the last row before a moment is found by halving: some twenty
# look-ups in a ledger of a million rows, and no index on moments that every posting would have to keep. OFFSET 0 has
# them looked up: a plan for people with few rows reads all of them at each step.
_BEFORE = """
WITH RECURSIVE halving (at, low, high) AS (
SELECT m.at, 0::bigint, coalesce(u.ledger_seq, 0)
  FROM users u, unnest($2::timestamptz[]) m (at) WHERE u.clerk_user_id = $1
UNION ALL
SELECT h.at,
       CASE WHEN t.posted_at < h.at THEN t.seq ELSE h.low END,
       CASE WHEN t.posted_at < h.at THEN h.high ELSE t.seq - 1 END
  FROM halving h
  JOIN LATERAL (
       SELECT seq, posted_at FROM credit_transactions
        WHERE clerk_user_id = $1 AND seq = (h.low + h.high + 1) / 2 OFFSET 0) t ON true
 WHERE h.low < h.high
)
SELECT h.low AS seq, coalesce(t.balance_after, 0) AS balance_after
  FROM halving h
  LEFT JOIN LATERAL (
       SELECT balance_after FROM credit_transactions WHERE clerk_user_id = $1 AND seq = h.low OFFSET 0) t ON true
 WHERE h.low = h.high
 ORDER BY h.at"""

# The same for one moment inside another statement, as a number: of the last row whose `posted_at` stands so to it, or 0.
LAST_SEQ = """(
WITH RECURSIVE halving (low, high) AS (
SELECT 0::bigint, coalesce(u.ledger_seq, 0) FROM users u WHERE u.clerk_user_id = $1
UNION ALL
SELECT CASE WHEN t.posted_at {so_to} THEN t.seq ELSE h.low END,
       CASE WHEN t.posted_at {so_to} THEN h.high ELSE t.seq - 1 END
  FROM halving h
  JOIN LATERAL (
       SELECT seq, posted_at FROM credit_transactions
        WHERE clerk_user_id = $1 AND seq = (h.low + h.high + 1) / 2 OFFSET 0) t ON true
 WHERE h.low < h.high
)
SELECT low FROM halving WHERE low = high)"""


@dataclass(frozen=True)
class Balance:
    """A person's posted credits, and those whose money is settling. `ledger_seq` orders two answers."""

    balance_credits: int
    pending_credits: int
    ledger_seq: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A balance at some moment, and the number of the row that made it; 0 before the first."""

    balance_credits: int
    ledger_seq: int


async def balance_of(user_id: str) -> Balance:
    """The balance now; nothing for someone we do not know."""
    found = await row(_BALANCE, user_id)
    if found is None:
        return Balance(0, 0, 0)
    return Balance(found["credit_balance"], int(found["pending"]), found["ledger_seq"])


async def balances_before(user_id: str, moments: Sequence[datetime]) -> list[Standing]:
    """How the balance stood just before each of these moments, which are given in their order.

    Raises: NotFound: there is no such person.
    """
    found = await rows(_BEFORE, user_id, list(moments))
    if moments and not found:
        raise NotFound("person")
    return [Standing(each["balance_after"], each["seq"]) for each in found]
