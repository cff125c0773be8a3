"""Recomputes the books from the movements alone and names whatever disagrees. Changes nothing."""

from collections.abc import Collection

from app.database import rows

_BALANCES = """
SELECT u.clerk_user_id AS who,
       format('balance %s, %s movements posted of %s, their sum %s, the last balance %s',
              u.credit_balance, l.posted, coalesce(u.ledger_seq, 0), l.total, l.last) AS finding
  FROM users u CROSS JOIN LATERAL (
    SELECT count(*) AS posted, coalesce(max(seq), 0) AS top, coalesce(sum(amount), 0) AS total,
           coalesce((array_agg(balance_after ORDER BY seq DESC))[1], 0) AS last
      FROM credit_transactions t WHERE t.clerk_user_id = u.clerk_user_id AND t.status = 'completed') l
 WHERE (u.credit_balance, coalesce(u.ledger_seq, 0), l.posted) IS DISTINCT FROM (l.total, l.top, l.top)
    OR l.last <> u.credit_balance"""

_CHAIN = """
SELECT clerk_user_id AS who, format('movement %s does not follow from the one before it', id) AS finding
  FROM (SELECT *, lag(seq, 1, 0::bigint) OVER chain AS previous_seq, lag(balance_after, 1, 0) OVER chain AS previous_balance,
               lag(posted_at) OVER chain AS previous_at
          FROM credit_transactions WHERE status = 'completed'
        WINDOW chain AS (PARTITION BY clerk_user_id ORDER BY seq)) t
 WHERE seq <> previous_seq + 1 OR balance_before <> previous_balance OR balance_after <> balance_before + amount
    OR posted_at < previous_at OR (balance_after < 0 AND amount < 0 AND type <> 'refund')"""

_UNCOUNTED = """
SELECT clerk_user_id AS who, format('movement %s is %s and yet has a place in the chain', id, status) AS finding
  FROM credit_transactions WHERE status <> 'completed' AND (seq IS NOT NULL OR posted_at IS NOT NULL)"""

_UNLOCKS = """
SELECT w.clerk_user_id AS who,
       format('workshop %s: %s unlocks stand in the ledger, stamp %s', w.id, l.standing, w.credit_consumed_at) AS finding
  FROM workshops w CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE type = 'consumption') - count(*) FILTER (WHERE type = 'reversal') AS standing
      FROM credit_transactions t WHERE t.workshop_id = w.id AND t.status = 'completed') l
 WHERE l.standing <> CASE WHEN w.credit_consumed_at IS NULL THEN 0 ELSE 1 END"""

_PURCHASES = """
SELECT p.clerk_user_id AS who,
       format('purchase %s is %s: %s of %s credits posted, %s taken back', p.id, p.status, l.given, p.credits, l.taken) AS finding
  FROM purchases p CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE type = 'purchase'), 0) AS given,
           -coalesce(sum(amount) FILTER (WHERE type IN ('refund', 'reversal')), 0) AS taken
      FROM credit_transactions t WHERE t.purchase_id = p.id AND t.status = 'completed') l
 WHERE l.given <> CASE WHEN p.status = 'paid' THEN p.credits ELSE 0 END OR l.taken NOT BETWEEN 0 AND l.given"""

CHECKS = (_BALANCES, _CHAIN, _UNCOUNTED, _UNLOCKS, _PURCHASES)


async def audit(people: Collection[str] | None = None) -> list[str]:
    """Every disagreement between balances, movements, unlocks and purchases, one line each; none is the norm.

    Of these people alone, if any are named.
    """
    named = () if people is None else (list(people),)
    asked = "SELECT * FROM ({}) found" + (" WHERE who = ANY ($1)" if named else "")
    found = [line for check in CHECKS for line in await rows(asked.format(check), *named)]
    return [f"{line['who']}: {line['finding']}" for line in found]
