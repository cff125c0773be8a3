"""Disputes over the API. How they end is decided in `moves.disputing`."""

from app.sandbox.api.call import Call, Endpoint, filters, list_objects, reader
from app.sandbox.shapes import LIST, moment_range, text
from app.sandbox.store import Document, Wanted


def list_all(call: Call) -> Document:
    """Disputes, newest first."""
    equals = filters(call, "charge", "payment_intent")
    return list_objects(call, Wanted("dispute", equals, created=call.params.get("created", {})))


FILTERS = {**LIST, "charge": text, "payment_intent": text, "created": moment_range}
ENDPOINTS = (
    Endpoint("GET", "/v1/disputes", list_all, FILTERS),
    Endpoint("GET", "/v1/disputes/{id}", reader("dispute")),
)
