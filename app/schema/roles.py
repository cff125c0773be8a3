"""Decides what the application's role may do to the tables, and sees where it could undo the ledger's proofs."""

from urllib.parse import urlsplit

from app.database import DB, row, rows

LEDGER_COLUMNS_TO_SETTLE = "status, seq, balance_before, balance_after, posted_at"
APPLICATION_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT INSERT, UPDATE ON users, workshops, workshop_steps, purchases, stripe_events, identities,"
    " sign_in_links, sessions, reconcile_cursors, preferences TO {role}",
    "GRANT INSERT ON spent_sign_ins TO {role}",
    "GRANT DELETE ON identities, sign_in_links, sessions, spent_sign_ins TO {role}",
    "GRANT INSERT, UPDATE, DELETE ON rate_limits, drafts, alerts TO {role}",
    "GRANT INSERT ON audit_trail, returns_without_credits TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON audit_trail, returns_without_credits FROM {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON credit_transactions FROM {role}",
    "GRANT INSERT ON credit_transactions TO {role}",
    f"GRANT UPDATE ({LEDGER_COLUMNS_TO_SETTLE}) ON credit_transactions TO {{role}}",
)
_WEAKNESSES = """
SELECT pg_get_userbyid(c.relowner) = current_user AS owns,
       has_table_privilege('credit_transactions', 'DELETE') AS deletes,
       has_column_privilege('credit_transactions', 'amount', 'UPDATE') AS rewrites,
       current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super
  FROM pg_class c WHERE c.oid = 'credit_transactions'::regclass"""


def role_of(dsn: str) -> str:
    """The database role that a connection with this address gets."""
    return urlsplit(dsn).username or "postgres"


async def grant(role: str) -> None:
    """Let this role do what the application needs, and no more. Inside: a tx of the owner's. Repeat: changes nothing."""
    [owner] = await rows("SELECT current_user AS name")
    if role == owner["name"]:
        return  # one role for everything: `billing check` says what is weaker then
    for statement in APPLICATION_GRANTS:
        await DB.run_ddl(statement.format(role='"' + role.replace('"', '""') + '"'))


async def weaknesses() -> list[str]:
    """Where the database would let the application's own role, or a power cut, undo the ledger's proofs."""
    found = await row(_WEAKNESSES)
    if found is None:
        return []
    lines = []
    if found["super"] or found["owns"]:
        lines.append(
            "the application connects as the owner of the ledger: append-only then rests on triggers that this "
            "role can disable; give it a role of its own (DATABASE_URL beside MIGRATION_DATABASE_URL)"
        )
    elif found["deletes"] or found["rewrites"]:
        lines.append("the application's role may rewrite the ledger; `billing migrate` sets the grants right")
    if found["fsync"] != "on" or found["commits"] == "off":
        lines.append("fsync or synchronous_commit is off: a power cut can lose credits that were confirmed")
    return lines
