"""Which browser a session is in, and who changed what about access: noted once, and never rewritten."""

from app.migrate import WrittenInSql, describe, describe_added, written_in_sql
from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow

ID = "2026-11-28T00:00:00:000011"
DESCRIPTION = "billing: sessions by browser, audit trail"

ACCESS = (
    "ALTER TABLE sessions ADD COLUMN device text NOT NULL DEFAULT ''",  # such as Firefox on Linux; empty: unknown
    """
CREATE TABLE audit_trail (
  id            text PRIMARY KEY,
  noted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  act           text NOT NULL CHECK (act <> ''),
  clerk_user_id text,                                -- whose access it was; no reference: a note outlives everything
  actor         text NOT NULL CHECK (actor IN ('user', 'operator', 'system')),
  actor_id      text,
  object_id     text,
  detail        text NOT NULL DEFAULT '',
  reason        text NOT NULL DEFAULT '',
  request_id    text
)""",
    "CREATE INDEX audit_trail_of_user ON audit_trail (clerk_user_id, noted_at)",
    """
CREATE FUNCTION ledger_notes_stand() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
  RAISE EXCEPTION 'the audit trail is never rewritten';
END $guard$""",
    """
CREATE TRIGGER ledger_notes_stand BEFORE UPDATE OR DELETE ON audit_trail
  FOR EACH ROW EXECUTE FUNCTION ledger_notes_stand()""",
    """
CREATE TRIGGER ledger_notes_never_emptied BEFORE TRUNCATE ON audit_trail
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_notes_stand()""",
)


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    manager = written_in_sql(ID, DESCRIPTION, ACCESS)
    describe_added(manager, "Session", "sessions", device=Text(default=""))
    describe(
        manager,
        "AuditNote",
        "audit_trail",
        id=Text(primary_key=True, default=""),
        noted_at=Timestamptz(default=TimestamptzNow()),
        act=Text(default=""),
        clerk_user_id=Text(null=True, default=None),
        actor=Text(default=""),
        actor_id=Text(null=True, default=None),
        object_id=Text(null=True, default=None),
        detail=Text(default=""),
        reason=Text(default=""),
        request_id=Text(null=True, default=None),
    )
    return manager
