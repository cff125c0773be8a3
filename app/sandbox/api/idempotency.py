"""Remembers the answer to each Idempotency-Key, so that a repeated call does nothing twice."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.sandbox.errors import ApiError
from app.sandbox.store import Store

LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    """A status and the bytes that go with it."""

    status: int
    body: str
    replayed: bool = False


def claim(store: Store, key: str, method: str, path: str, params: Mapping[str, Any]) -> Answer | None:
    """Take a key before the work begins; the kept answer if the work was done before.

    Raises: ApiError: the first call is still under way (409), or it had other parameters (400).
    """
    if len(key) > LONGEST_KEY:
        raise ApiError(400, f"Idempotency keys have at most {LONGEST_KEY} characters.", kept=False)
    fingerprint = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
    new = store.run(
        "INSERT INTO idempotency (key, method, path, fingerprint) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        key,
        method,
        path,
        fingerprint,
    )
    return None if new else _kept(store, key, (method, path, fingerprint))


def keep(store: Store, key: str, answer: Answer) -> None:
    """Store the answer that every repetition will get."""
    store.run("UPDATE idempotency SET status = ?, answer = ? WHERE key = ?", answer.status, answer.body, key)


def release(store: Store, key: str) -> None:
    """Give a key back: nothing was carried out under it."""
    store.run("DELETE FROM idempotency WHERE key = ? AND status IS NULL", key)


def _kept(store: Store, key: str, asked: tuple[str, str, str]) -> Answer:
    row = store.row("SELECT * FROM idempotency WHERE key = ?", key)
    if row is None or (row["method"], row["path"], row["fingerprint"]) != asked:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise ApiError(400, message, type="idempotency_error", kept=False)
    if row["status"] is None:
        message = "There is currently another in-progress request using this Idempotency Key."
        raise ApiError(409, message, code="idempotency_key_in_use", type="idempotency_error", kept=False)
    return Answer(row["status"], row["answer"], replayed=True)
