"""Money that goes back: what Stripe said last of it, the part each movement stands for, and how far we compared.

Only adds: columns that are NULL or have a constant default (no table is rewritten), an index and a small table.
"""

from app.migrate import WrittenInSql, describe, describe_added, written_in_sql
from piccolo.columns import Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-24T00:00:00:000003"
DESCRIPTION = "billing: refunds and disputes, reconciliation"

LEDGER = (
    """
ALTER TABLE credit_transactions
  ADD COLUMN returned_cents integer,             -- money that went back since the row before: minor units, signed
  ADD CONSTRAINT money_goes_back CHECK (returned_cents IS NULL
    OR (type IN ('refund', 'reversal') AND purchase_id IS NOT NULL))""",
)

PURCHASES = (
    """
ALTER TABLE purchases
  ADD COLUMN refund_pending_cents integer NOT NULL DEFAULT 0,  -- on its way back; counts for nothing yet
  ADD COLUMN disputed_at          timestamptz,                 -- when the dispute in `dispute_status` was opened
  ADD COLUMN returns_seen         text NOT NULL DEFAULT '',    -- Stripe's refunds and disputes as last applied
  ADD CONSTRAINT pending_from_zero CHECK (refund_pending_cents >= 0)""",
    """
CREATE INDEX purchases_unsettled ON purchases (id)             -- Stripe may still change its mind about these
 WHERE origin = 'stripe'
   AND (status IN ('started', 'open', 'settling') OR refund_pending_cents > 0
        OR dispute_status NOT IN ('won', 'lost', 'prevented', 'warning_closed'))""",
)

RECONCILIATION = (
    """
CREATE TABLE reconcile_cursors (
  name       text PRIMARY KEY CHECK (name <> ''),
  reached_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
)""",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, (*LEDGER, *PURCHASES, *RECONCILIATION))
    describe_added(
        manager, "CreditTransaction", "credit_transactions", returned_cents=Integer(null=True, default=None)
    )
    describe_added(
        manager,
        "Purchase",
        "purchases",
        refund_pending_cents=Integer(default=0),
        disputed_at=Timestamptz(null=True, default=None),
        returns_seen=Text(default=""),
    )
    describe(
        manager,
        "ReconcileCursor",
        "reconcile_cursors",
        name=Text(primary_key=True, default=""),
        reached_at=Timestamptz(default=TimestamptzNow()),
        updated_at=Timestamptz(default=TimestamptzNow()),
    )
    return manager
