"""One transaction of the sandbox: objects, the events that tell of them and their deliveries, stored together."""

import json
from dataclasses import dataclass

from app.sandbox.clock import Clock
from app.sandbox.errors import missing
from app.sandbox.ids import new_id
from app.sandbox.store import Document, Store, Wanted

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Cause:
    """What set a change off: an API call has a request id and perhaps a key, a buyer or a timer has none."""

    request_id: str | None = None
    idempotency_key: str | None = None


class Change:
    """What a use case may read and write while its transaction is open."""

    def __init__(self, store: Store, clock: Clock, public_url: str, cause: Cause) -> None:
        self.store = store
        self.clock = clock
        self.public_url = public_url
        self.cause = cause
        self.now = int(clock.now())
        self._before: dict[str, Document] = {}

    def load(self, kind: str, object_id: str) -> Document:
        """An object that is named in an address. Raises: ApiError: there is none, 404."""
        found = self.store.get(kind, object_id)
        if found is None:
            raise missing(kind, object_id)
        return found

    def named(self, kind: str, object_id: str, param: str) -> Document:
        """An object that is named by a parameter. Raises: ApiError: there is none, 400."""
        found = self.store.get(kind, object_id)
        if found is None:
            raise missing(kind, object_id, param=param, status=400)
        return found

    def add(self, body: Document, **private: object) -> Document:
        """Keep a new object."""
        self.store.insert(body["object"], body, private)
        return body

    def save(self, body: Document) -> Document:
        """Keep the new state of an object."""
        before = self.store.get(body["object"], body["id"])
        if before is not None:
            self._before.setdefault(body["id"], before)
        self.store.update(body)
        return body

    def remember(self, object_id: str, **private: object) -> None:
        """Know more of an object than it shows."""
        self.store.update_private(object_id, self.store.private(object_id) | private)

    def emit(self, kind: str, subject: Document) -> str:
        """Write an event with a snapshot of its object, and a delivery for every endpoint that wants it."""
        endpoints = [found["id"] for found in self._listeners(kind)]
        data = {"object": json.loads(json.dumps(subject))}
        if kind.endswith(".updated"):
            data["previous_attributes"] = _former_values(self._before.get(subject["id"], subject), subject)
        event = _event(kind, data, len(endpoints), self.now, self.cause)
        self.add(event)
        for endpoint_id in endpoints:
            self.deliver(event["id"], endpoint_id)
        return str(event["id"])

    def deliver(self, event_id: str, endpoint_id: str) -> None:
        """Put an event in the outbox, due at once."""
        self.store.run(
            "INSERT INTO deliveries (event_id, endpoint_id, state, due_at) VALUES (?, ?, 'waiting', ?)",
            event_id,
            endpoint_id,
            self.clock.now(),
        )

    def at(self, due_at: float, move: str, object_id: str) -> None:
        """Let a move happen by itself, not before the moment given."""
        self.store.run(
            "INSERT INTO timers (due_at, move, object_id) VALUES (?, ?, ?)", due_at, move, object_id
        )

    def _listeners(self, kind: str) -> list[Document]:
        endpoints = self.store.newest(Wanted("webhook_endpoint", {"status": "enabled"}))
        return [found for found in endpoints[::-1] if {"*", kind} & set(found["enabled_events"])]


def _former_values(before: Document, after: Document) -> Document:
    """What was otherwise before, by name; inside an object only the names that changed."""
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    return {
        name: _former_values(before[name], after[name])
        if isinstance(before.get(name), dict) and isinstance(after.get(name), dict)
        else before.get(name)
        for name in changed
    }


def _event(kind: str, data: Document, listeners: int, now: int, cause: Cause) -> Document:
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": data,
        "livemode": False,
        "pending_webhooks": listeners,
        "request": {"id": cause.request_id, "idempotency_key": cause.idempotency_key},
        "type": kind,
    }
