"""Ways back from a sign-in provider that were used up: each counts once, however often it comes.

Only adds a small table. A row is of no use once the way back has expired, so they are swept out as others come.
"""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import Bytea, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000008"
DESCRIPTION = "billing: sign-in by a provider"

SPENT = (
    """
CREATE TABLE spent_sign_ins (
  state_hash bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
  spent_at   timestamptz NOT NULL DEFAULT clock_timestamp()
)""",
    "CREATE INDEX spent_sign_ins_by_age ON spent_sign_ins (spent_at)",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, SPENT)
    describe(
        manager,
        "SpentSignIn",
        "spent_sign_ins",
        state_hash=Bytea(primary_key=True, default=b""),
        spent_at=Timestamptz(default=TimestamptzNow()),
    )
    return manager
