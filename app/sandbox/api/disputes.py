"""Disputes over the API. How they end is decided in `moves.disputing`."""

from app.sandbox.api.call import Call, Endpoint, filters, list_objects, merged_metadata, reader
from app.sandbox.moves import disputing
from app.sandbox.reversal_objects import EVIDENCE_FIELDS
from app.sandbox.shapes import LIST, clearable, flag, metadata, moment_range, text
from app.sandbox.store import Document, Wanted


def update(call: Call) -> Document:
    """Add evidence or metadata, and hand the evidence in unless `submit` is false."""
    found = call.change.load("dispute", call.object_id)
    merged = {"metadata": merged_metadata(found, call.params)}
    return disputing.answer(call.change, found, dict(call.params) | merged)


def close(call: Call) -> Document:
    """Accept a dispute: it is lost."""
    return disputing.lose(call.change, call.change.load("dispute", call.object_id))


def list_all(call: Call) -> Document:
    """Disputes, newest first."""
    equals = filters(call, "charge", "payment_intent")
    return list_objects(call, Wanted("dispute", equals, created=call.params.get("created", {})))


FILTERS = {**LIST, "charge": text, "payment_intent": text, "created": moment_range}
ANSWER = {"evidence": dict.fromkeys(EVIDENCE_FIELDS, clearable), "submit": flag, "metadata": metadata}
ENDPOINTS = (
    Endpoint("GET", "/v1/disputes", list_all, FILTERS),
    Endpoint("GET", "/v1/disputes/{id}", reader("dispute")),
    Endpoint("POST", "/v1/disputes/{id}", update, ANSWER),
    Endpoint("POST", "/v1/disputes/{id}/close", close),
)
