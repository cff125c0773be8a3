"""Reads of the ledger that every feature needs. Writes nothing."""

from dataclasses import dataclass

from app.database import row

_BALANCE = """
SELECT u.credit_balance, coalesce(u.ledger_seq, 0) AS ledger_seq,
       coalesce((SELECT sum(t.amount) FROM credit_transactions t
                  WHERE t.clerk_user_id = u.clerk_user_id AND t.seq IS NULL AND t.status = 'pending'), 0) AS pending
  FROM users u WHERE u.clerk_user_id = $1"""


@dataclass(frozen=True)
class Balance:
    """A person's posted credits, and those whose money is settling. `ledger_seq` orders two answers."""

    balance_credits: int
    pending_credits: int
    ledger_seq: int


async def balance_of(user_id: str) -> Balance:
    """The balance now; nothing for someone we do not know."""
    found = await row(_BALANCE, user_id)
    if found is None:
        return Balance(0, 0, 0)
    return Balance(found["credit_balance"], int(found["pending"]), found["ledger_seq"])
