"""Compares a live database with the schema that the migrations lead to, and names every difference.

Auto-migration sees tables and columns; the proofs of the ledger are constraints, triggers, indexes and functions,
so those are compared too, with the record in `piccolo_migrations/schema.json` (kept true by a test).
"""

import json
from collections.abc import Mapping
from pathlib import Path

from app.database import rows

RECORD = Path(__file__).parents[2] / "piccolo_migrations" / "schema.json"
TABLES = [
    "users",
    "workshops",
    "workshop_steps",
    "purchases",
    "credit_transactions",
    "stripe_events",
    "identities",
    "sign_in_links",
    "sessions",
    "preferences",
    "reconcile_cursors",
    "rate_limits",
    "audit_trail",
    "spent_sign_ins",
    "drafts",
    "alerts",
    "returns_without_credits",
]
# What a host's own tables may call differently, or leave out.
OF_THE_HOST = frozenset(
    {
        "constraint users.users_pkey",
        "constraint users.users_clerk_user_id_key",
        "constraint workshops.workshops_pkey",
        "constraint workshops.workshops_clerk_user_id_fkey",
        "index users.users_pkey",
        "index users.users_clerk_user_id_key",
        "index workshops.workshops_pkey",
    }
)
HOST_COLUMNS = {
    "users": {"id", "clerk_user_id", "email", "created_at", "updated_at", "deleted_at"},
    "workshops": {"id", "clerk_user_id", "title", "status", "created_at", "updated_at", "deleted_at"},
}
CONTRACT = {
    "users": ["credit_balance", "onboarding_complete", "stripe_customer_id", "plan_tier"],
    "workshops": ["credit_consumed_at"],
    "credit_transactions": [
        "id",
        "clerk_user_id",
        "type",
        "status",
        "amount",
        "balance_after",
        "description",
        "workshop_id",
        "stripe_session_id",
        "created_at",
    ],
}

_COLUMNS = """
SELECT format('column %s.%s', table_name, column_name) AS name,
       concat_ws(' ', data_type, CASE is_nullable WHEN 'NO' THEN 'not null' ELSE 'null' END,
                 'default ' || column_default, 'generated ' || generation_expression) AS is
  FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ANY ($1)"""
_CONSTRAINTS = """
SELECT format('constraint %s.%s', conrelid::regclass, conname) AS name,
       pg_get_constraintdef(oid) || CASE WHEN convalidated THEN '' ELSE ' (not validated)' END AS is
  FROM pg_constraint                                     -- 'n' (not null) is listed by PostgreSQL 18 only
 WHERE contype <> 'n' AND connamespace = current_schema()::regnamespace AND conrelid::regclass::text = ANY ($1)"""
_TRIGGERS = """
SELECT format('trigger %s.%s', tgrelid::regclass, tgname) AS name,
       pg_get_triggerdef(oid) || CASE tgenabled WHEN 'O' THEN '' ELSE ' (disabled)' END AS is
  FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY ($1)"""
_INDEXES = """
SELECT format('index %s.%s', indrelid::regclass, indexrelid::regclass) AS name,
       pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' (invalid)' END AS is
  FROM pg_index WHERE indrelid::regclass::text = ANY ($1)"""
_FUNCTIONS = """
SELECT format('function %s', proname) AS name, regexp_replace(prosrc, '\\s+', ' ', 'g') AS is
  FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND (proname LIKE 'ledger\\_%' OR proname = 'erase_person')"""


async def live() -> dict[str, str]:
    """What this database has, by kind and name."""
    found: dict[str, str] = {}
    for query in (_COLUMNS, _CONSTRAINTS, _TRIGGERS, _INDEXES):
        found |= {each["name"]: each["is"] for each in await rows(query, TABLES)}
    return found | {each["name"]: each["is"] for each in await rows(_FUNCTIONS)}


def recorded_by_migration() -> dict[str, dict[str, str]]:
    """What each migration makes, oldest first; none of them changes what another made."""
    content: dict[str, dict[str, str]] = json.loads(RECORD.read_text())
    return content


def recorded() -> dict[str, str]:
    """What a database has after all migrations."""
    return {name: text for made in recorded_by_migration().values() for name, text in made.items()}


async def differences() -> list[str]:
    """What is missing or different here, one line each; what a host has beyond it is its own affair."""
    return compared(await live(), recorded())


def compared(here: Mapping[str, str], all_wanted: Mapping[str, str]) -> list[str]:
    """As `differences`, of what has been read already, for some or all of the schema."""
    found = []
    for name, wanted in all_wanted.items():
        if name in OF_THE_HOST:
            continue
        if name not in here:
            found.append(f"{name} is missing")
        elif _shape(name, here[name]) != _shape(name, wanted):
            found.append(f"{name} is {here[name]!r}, not {wanted!r}")
    return found


def _shape(name: str, text: str) -> str:
    """Of a host's own column only the kind counts: whether it may be NULL, and its default, are the host's."""
    table, _, column = name.removeprefix("column ").partition(".")
    if not name.startswith("column ") or column not in HOST_COLUMNS.get(table, ()):
        return text
    return "timestamp with time zone" if text.startswith("timestamp with time zone") else "text"


async def contract_columns() -> tuple[int, int]:
    """How many of the public billing columns are as promised, and how many there are."""
    here, wanted = await live(), recorded()
    names = [f"column {table}.{column}" for table, columns in CONTRACT.items() for column in columns]
    return sum(here.get(name) == wanted[name] for name in names), len(names)
