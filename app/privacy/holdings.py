"""Decides what belongs to a person's own data: every table that holds something of theirs, whole, save the secrets.

`tests/privacy/` compares the list with the schema, so that a new table cannot be forgotten. Knows no page.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.database import rows

PART_ROWS = 200


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows of one table that are about a person, as JSON, in parts.

    Shape: `sql` takes the person, the key of the last row so far, and a limit; it answers `key` and `row`, by key.
    """

    name: str
    sql: str
    first_key: str | int = ""


def _plain(table: str, *secrets: str, where: str = "t.clerk_user_id = $1") -> str:
    """All columns but the secret ones, by id."""
    shown = " - ".join(("to_jsonb(t)", *(f"'{column}'" for column in secrets)))
    return f"SELECT t.id AS key, {shown} AS row FROM {table} t WHERE {where} AND t.id > $2 ORDER BY t.id LIMIT $3"


_OF_THE_PERSON = """
SELECT t.clerk_user_id AS key, to_jsonb(t) AS row FROM {} t
 WHERE t.clerk_user_id = $1 AND t.clerk_user_id > $2 LIMIT $3"""

_WORKSHOPS = """
SELECT t.id AS key,
       to_jsonb(t) || jsonb_build_object('steps',
         (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.id), '[]') FROM workshop_steps s
           WHERE s.workshop_id = t.id)) AS row
  FROM workshops t WHERE t.clerk_user_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3 / 10  -- notes are long
"""

# By the index of the chain: sorted by id, a long ledger would be read whole for each part.
_COUNTED = """
SELECT t.seq AS key, to_jsonb(t) AS row FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq > $2 ORDER BY t.seq LIMIT $3"""

_EVENTS = """
SELECT t.id AS key, to_jsonb(t) || jsonb_build_object('payload', encode(t.payload, 'escape')) AS row
  FROM stripe_events t
 WHERE t.purchase_id IN (SELECT id FROM purchases WHERE clerk_user_id = $1) AND t.id > $2 ORDER BY t.id LIMIT $3"""

# An address may be somebody else's too; links are only of who has signed in with it.
_MAILED_TO = "t.email IN (SELECT subject FROM identities WHERE clerk_user_id = $1 AND provider = 'email')"

_OF_THEIR_WORKSHOPS = "t.workshop_id IN (SELECT id FROM workshops WHERE clerk_user_id = $1)"

HOLDINGS = (
    Holding("users", _OF_THE_PERSON.format("users")),
    Holding("preferences", _OF_THE_PERSON.format("preferences")),
    Holding("identities", _plain("identities")),
    Holding("sessions", _plain("sessions", "token_hash")),
    Holding("audit_trail", _plain("audit_trail")),
    Holding("sign_in_links", _plain("sign_in_links", "token_hash", "browser_hash", where=_MAILED_TO)),
    Holding("workshops", _WORKSHOPS),
    Holding("drafts", _plain("drafts", "key_hash", where=_OF_THEIR_WORKSHOPS)),
    Holding("purchases", _plain("purchases")),
    Holding("credit_transactions", _COUNTED, first_key=0),
    Holding(
        "uncounted_credit_transactions",
        _plain("credit_transactions", where="t.clerk_user_id = $1 AND t.seq IS NULL"),
    ),
    Holding("returns_without_credits", _plain("returns_without_credits")),
    Holding("stripe_events", _EVENTS),
)


async def held_about(user_id: str, *, part_rows: int = PART_ROWS) -> AsyncIterator[str]:
    """Everything that is held about this person, as the text of one JSON object, piece by piece.

    Inside: no tx; each part is a statement of its own, so that a slow reader holds no connection.
    """
    yield "{"
    for number, holding in enumerate(HOLDINGS):
        yield f'{"," if number else ""}\n"{holding.name}": ['
        async for piece in _rows_of(holding, user_id, part_rows):
            yield piece
        yield "]"
    yield "\n}\n"


async def _rows_of(holding: Holding, user_id: str, part_rows: int) -> AsyncIterator[str]:
    key: str | int = holding.first_key
    is_first = True
    while part := await rows(holding.sql, user_id, key, part_rows):
        written = ",\n".join(each["row"] for each in part)
        yield f"\n{written}" if is_first else f",\n{written}"
        key, is_first = part[-1]["key"], False
