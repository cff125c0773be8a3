"""Keeps every object, delivery and timer in one SQLite file. Knows nothing of what the objects mean.

All calls are synchronous and happen on one event loop, so a transaction is never interleaved with another:
nobody may await inside `write()`.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SCHEMA = Path(__file__).with_name("schema.sql")
TABLES = ("attempts", "deliveries", "timers", "idempotency", "objects")
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 2000")


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: the newest `limit` objects, before or after one that is known."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What the objects of a list have in common."""

    kind: str
    equals: Mapping[str, Any] = field(default_factory=dict)
    one_of: Mapping[str, list[str]] = field(default_factory=dict)
    created: Mapping[str, int] = field(default_factory=dict)
    delivered: bool | None = None


UNDELIVERED = """
    SELECT 1 FROM deliveries AS pending
     WHERE pending.event_id = objects.id
       AND NOT EXISTS (SELECT 1 FROM deliveries AS done
                        WHERE done.event_id = pending.event_id AND done.endpoint_id = pending.endpoint_id
                          AND done.state = 'delivered')
"""
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Store:
    """One SQLite database, opened for as long as the sandbox lives."""

    def __init__(self, database: str) -> None:
        # A worker thread may build the application; after that only the event loop's thread comes here.
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA.read_text())

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """Everything inside is stored together, or nothing is."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows that a statement gives."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row that a statement gives."""
        found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return found

    def run(self, sql: str, *values: Any) -> int:
        """Carry out a statement; says how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def get(self, kind: str, object_id: str) -> Document | None:
        """One object, as a copy that may be changed."""
        row = self.row("SELECT body FROM objects WHERE id = ? AND kind = ?", object_id, kind)
        return None if row is None else dict(json.loads(row["body"]))

    def private(self, object_id: str) -> Document:
        """What is known of an object and never shown."""
        row = self.row("SELECT private FROM objects WHERE id = ?", object_id)
        return {} if row is None else dict(json.loads(row["private"]))

    def insert(self, kind: str, body: Document, private: Document) -> None:
        """Keep a new object. Inside: the caller's write()."""
        self.run(
            "INSERT INTO objects (id, kind, created, body, private) VALUES (?, ?, ?, ?, ?)",
            body["id"],
            kind,
            body.get("created", 0),
            json.dumps(body),
            json.dumps(private),
        )

    def update(self, body: Document) -> None:
        """Keep the new state of an object. Inside: the caller's write()."""
        self.run("UPDATE objects SET body = ? WHERE id = ?", json.dumps(body), body["id"])

    def update_private(self, object_id: str, private: Document) -> None:
        """Keep what is newly known of an object. Inside: the caller's write()."""
        self.run("UPDATE objects SET private = ? WHERE id = ?", json.dumps(private), object_id)

    def reclassify(self, object_id: str, kind: str) -> None:
        """Move an object out of its list. Inside: the caller's write()."""
        self.run("UPDATE objects SET kind = ? WHERE id = ?", kind, object_id)

    def delete(self, object_id: str) -> None:
        """Forget an object. Inside: the caller's write()."""
        self.run("DELETE FROM objects WHERE id = ?", object_id)

    def find(self, wanted: Wanted, page: Page) -> tuple[list[Document], bool]:
        """A part of a list, newest first, and whether it goes on in the direction asked for."""
        where, values = _conditions(wanted)
        backwards = page.ending_before is not None
        for cursor, sign in ((page.starting_after, "<"), (page.ending_before, ">")):
            if cursor is not None:
                where.append(f"seq {sign} (SELECT seq FROM objects WHERE id = ?)")
                values.append(cursor)
        order = "ASC" if backwards else "DESC"
        sql = f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"
        found = [json.loads(row["body"]) for row in self.rows(sql, *values, page.limit + 1)]
        part = found[: page.limit]
        return (part[::-1] if backwards else part), len(found) > page.limit

    def newest(self, wanted: Wanted, limit: int = 100) -> list[Document]:
        """The newest objects of a kind."""
        return self.find(wanted, Page(limit=limit))[0]

    def forget_everything(self) -> None:
        """Empty every table. Inside: the caller's write()."""
        for table in TABLES:
            self.run(f"DELETE FROM {table}")


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    where: list[str] = ["kind = ?"]
    values: list[Any] = [wanted.kind]
    for name, value in wanted.equals.items():
        where.append(f"{_column(name)} = ?")
        values.append(value)
    for name, choices in wanted.one_of.items():
        where.append(f"{_column(name)} IN ({', '.join('?' * len(choices))})")
        values.extend(choices)
    for comparison, moment in wanted.created.items():
        where.append(f"created {COMPARISONS[comparison]} ?")
        values.append(moment)
    if wanted.delivered is not None:
        where.append(f"{'NOT ' if wanted.delivered else ''}EXISTS ({UNDELIVERED})")
    return where, values


def _column(name: str) -> str:
    return name if name in ("payment_intent", "id") else f"json_extract(body, '$.{name}')"
