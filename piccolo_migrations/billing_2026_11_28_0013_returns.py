"""Money that went back, or came back, and moved no credit: noted with its moment, once, and never rewritten.

Only adds: a small table. Money of before that no movement tells is noted with the moment of this migration: until now
it stood in the month that is not over, and the months that are over must not change.
"""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000013"
DESCRIPTION = "billing: returns without credits"

RETURNS = (
    """
CREATE TABLE returns_without_credits (
  id             text PRIMARY KEY,
  purchase_id    text NOT NULL,
  clerk_user_id  text NOT NULL,
  returned_cents integer NOT NULL CHECK (returned_cents <> 0),   -- minor units of the purchase; negative: it came back
  recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT return_of_same_user FOREIGN KEY (clerk_user_id, purchase_id) REFERENCES purchases (clerk_user_id, id)
)""",
    "CREATE INDEX returns_of_user ON returns_without_credits (clerk_user_id, recorded_at)",
    """
CREATE FUNCTION ledger_returns_stand() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
  RAISE EXCEPTION 'returns_without_credits is append-only: this % is refused', lower(TG_OP)
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_returns_stand';
END $guard$""",
    """
CREATE TRIGGER ledger_returns_stand BEFORE UPDATE OR DELETE ON returns_without_credits
  FOR EACH ROW EXECUTE FUNCTION ledger_returns_stand()""",
    """
CREATE TRIGGER ledger_returns_never_emptied BEFORE TRUNCATE ON returns_without_credits
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_returns_stand()""",
)

# The reference above holds writers of purchases off, so that what is read here is settled.
UNTOLD = """
INSERT INTO returns_without_credits (id, purchase_id, clerk_user_id, returned_cents, recorded_at)
SELECT 'ret_' || p.id, p.id, p.clerk_user_id, p.amount_refunded_cents - told.cents,
       greatest(u.last_posted_at, clock_timestamp())
  FROM purchases p
  JOIN users u ON u.clerk_user_id = p.clerk_user_id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(t.returned_cents), 0) AS cents FROM credit_transactions t WHERE t.purchase_id = p.id) told
 WHERE p.status = 'paid' AND p.amount_refunded_cents <> told.cents"""


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, (*RETURNS, UNTOLD))
    describe(
        manager,
        "ReturnWithoutCredits",
        "returns_without_credits",
        id=Text(primary_key=True, default=""),
        purchase_id=Text(default=""),
        clerk_user_id=Text(default=""),
        returned_cents=Integer(default=0),
        recorded_at=Timestamptz(default=TimestamptzNow()),
    )
    return manager
