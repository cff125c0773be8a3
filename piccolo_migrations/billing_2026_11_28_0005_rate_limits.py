"""How often something was tried, by whom or from where.

Only adds: a small table, UNLOGGED because a crash may forget it: the limits then begin anew, and no try costs a flush.
"""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import Boolean, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000005"
DESCRIPTION = "billing: limits on tries"

LIMITS = (
    """
CREATE UNLOGGED TABLE rate_limits (
  key        text PRIMARY KEY CHECK (key <> ''),   -- what is limited, and the hash of a person, a client or a mailbox
  empty_at   timestamptz NOT NULL,                 -- when all that was poured in will have leaked out
  is_refused boolean NOT NULL                      -- whether the newest try was one too many
)""",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, LIMITS)
    describe(
        manager,
        "RateLimit",
        "rate_limits",
        key=Text(primary_key=True, default=""),
        empty_at=Timestamptz(default=TimestamptzNow()),
        is_refused=Boolean(default=False),
    )
    return manager
