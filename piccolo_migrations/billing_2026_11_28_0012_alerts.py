"""What is wrong just now, so that of all processes one says it, once. Only adds: a small table and a small index."""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000012"
DESCRIPTION = "billing: alerts"

ALERTS = (
    """
CREATE TABLE alerts (
  about    text PRIMARY KEY CHECK (about <> ''),
  began_at timestamptz NOT NULL,
  said_at  timestamptz NOT NULL
)""",
    """
CREATE INDEX events_set_aside ON stripe_events (purchase_id)   -- few: what is none of ours names no purchase
 WHERE state = 'ignored' AND purchase_id IS NOT NULL""",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, ALERTS)
    describe(
        manager,
        "Alert",
        "alerts",
        about=Text(primary_key=True, default=""),
        began_at=Timestamptz(default=TimestamptzNow()),
        said_at=Timestamptz(default=TimestamptzNow()),
    )
    return manager
