"""Notes that were typed when the sign-in had ended: kept for a day. Only adds: a small table."""

from app.migrate import WrittenInSql, describe, written_in_sql
from piccolo.columns import Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000009"
DESCRIPTION = "billing: drafts"

DRAFTS = (
    """
CREATE TABLE drafts (
  id          text PRIMARY KEY,
  workshop_id text NOT NULL REFERENCES workshops (id) ON DELETE CASCADE,
  slug        text NOT NULL CHECK (slug <> ''),
  key_hash    bytea NOT NULL CHECK (octet_length(key_hash) = 32),  -- of the browser that typed it
  notes       text NOT NULL CHECK (length(notes) <= 20000),
  version     integer,                                             -- of the notes that it was typed over
  kept_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT one_draft_per_step UNIQUE (workshop_id, slug)         -- so that they can never grow in number
)""",
    "CREATE INDEX drafts_by_age ON drafts (kept_at)",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, DRAFTS)
    describe(
        manager,
        "Draft",
        "drafts",
        id=Text(primary_key=True, default=""),
        workshop_id=Text(default=""),
        slug=Text(default=""),
        key_hash=Bytea(default=b""),
        notes=Text(default=""),
        version=Integer(null=True, default=None),
        kept_at=Timestamptz(default=TimestamptzNow()),
    )
    return manager
