"""An event's failures are counted apart from its deliveries; and two indexes for what a comparison reads each time.

Only adds: a column with a constant default (no table is rewritten) and indexes.
"""

from app.migrate import WrittenInSql, describe_added, written_in_sql
from piccolo.columns import Integer

ID = "2026-11-28T00:00:00:000006"
DESCRIPTION = "billing: failures of events, indexes for reconciliation"

INBOX = (
    """
ALTER TABLE stripe_events
  ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0)  -- of `attempts`, for a reason of our own""",
)

PURCHASES = (
    "CREATE INDEX purchases_since ON purchases (created_at) WHERE origin = 'stripe'",
    "CREATE INDEX purchases_refused ON purchases (id) WHERE origin = 'stripe' AND status = 'refused'",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, (*INBOX, *PURCHASES))
    describe_added(manager, "StripeEvent", "stripe_events", failures=Integer(default=0))
    return manager
