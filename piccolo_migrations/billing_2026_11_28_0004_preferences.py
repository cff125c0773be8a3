"""How a person wants pages to look: one small table, whose rows are made when somebody chooses."""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000004"
DESCRIPTION = "billing: preferences"

PREFERENCES = """
CREATE TABLE preferences (
  clerk_user_id text PRIMARY KEY REFERENCES users (clerk_user_id),
  theme         text NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
  time_zone     text NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) BETWEEN 1 AND 64),  -- IANA name
  locale        text NOT NULL DEFAULT 'en' CHECK (length(locale) BETWEEN 1 AND 16),      -- of figures and dates
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp()
)"""


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, (PREFERENCES,))
    describe(
        manager,
        "Preferences",
        "preferences",
        clerk_user_id=Text(primary_key=True, default=""),
        theme=Text(default="system"),
        time_zone=Text(default="UTC"),
        locale=Text(default="en"),
        updated_at=Timestamptz(default=TimestamptzNow()),
    )
    return manager
