"""Which hints a person has put away. Only adds columns with a constant default: no table is rewritten."""

from app.migrate import WrittenInSql, describe_added, written_in_sql
from piccolo.columns import Boolean

ID = "2026-11-28T00:00:00:000007"
DESCRIPTION = "billing: hints"

HINTS = """
ALTER TABLE users
  ADD COLUMN gate_hint_seen    boolean NOT NULL DEFAULT false,
  ADD COLUMN history_hint_seen boolean NOT NULL DEFAULT false"""


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, (HINTS,))
    describe_added(
        manager,
        "User",
        "users",
        gate_hint_seen=Boolean(default=False),
        history_hint_seen=Boolean(default=False),
    )
    return manager
