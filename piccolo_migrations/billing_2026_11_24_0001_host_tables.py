"""People and workshops as they were before billing: made if absent, else compared and accepted.

A product that adds billing to itself has these two tables already; they keep their rows, their extra columns
and their own checks. What billing needs of them is compared by name and kind, and every difference is named.
"""

from app.migrate import WrittenInSql, written_in_sql

ID = "2026-11-24T00:00:00:000001"
DESCRIPTION = "people and workshops, made if absent, else accepted"

USERS = """
CREATE TABLE IF NOT EXISTS users (
  id            text PRIMARY KEY,
  clerk_user_id text NOT NULL UNIQUE,
  email         text NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at    timestamptz
)"""

WORKSHOPS = """
CREATE TABLE IF NOT EXISTS workshops (
  id            text PRIMARY KEY,
  clerk_user_id text NOT NULL REFERENCES users (clerk_user_id),
  title         text NOT NULL,
  status        text NOT NULL DEFAULT 'active',
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at    timestamptz
)"""

# Each expected column with the kinds that will do; `text` and `varchar` compare and reference alike.
COMPARE = """
DO $compare$
DECLARE differences text;
BEGIN
  SELECT string_agg(format('%s.%s: wanted %s, found %s', e.t, e.c, e.kind, coalesce(c.data_type, 'no such column')), '; ')
    INTO differences
    FROM (VALUES
      ('users', 'id', 'text'), ('users', 'clerk_user_id', 'text'), ('users', 'email', 'text'),
      ('users', 'created_at', 'timestamptz'), ('users', 'updated_at', 'timestamptz'), ('users', 'deleted_at', 'timestamptz'),
      ('workshops', 'id', 'text'), ('workshops', 'clerk_user_id', 'text'), ('workshops', 'title', 'text'),
      ('workshops', 'status', 'text'), ('workshops', 'created_at', 'timestamptz'),
      ('workshops', 'updated_at', 'timestamptz'), ('workshops', 'deleted_at', 'timestamptz')
    ) AS e (t, c, kind)
    LEFT JOIN information_schema.columns c
      ON c.table_schema = current_schema() AND c.table_name = e.t AND c.column_name = e.c
   WHERE c.data_type IS NULL
      OR e.kind = 'timestamptz' AND c.data_type <> 'timestamp with time zone'
      OR e.kind = 'text' AND c.data_type NOT IN ('text', 'character varying');
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'users and workshops exist but differ: %', differences;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = 'users'::regclass AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL
       AND a.attname = 'clerk_user_id'
  ) THEN
    RAISE EXCEPTION 'users exists but differs: clerk_user_id is not unique';
  END IF;
END $compare$"""


async def forwards() -> WrittenInSql:
    """Statements only; the tables are described to Piccolo in the next migration, whole."""
    return written_in_sql(ID, DESCRIPTION, (USERS, WORKSHOPS, COMPARE))
