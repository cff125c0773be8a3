"""Refunds over the API. What they do to a charge is decided in `moves.refunding`."""

from app.sandbox.api.call import Call, Endpoint, filters, list_objects, reader
from app.sandbox.shapes import LIST, moment_range, text
from app.sandbox.store import Document, Wanted


def list_all(call: Call) -> Document:
    """Refunds, newest first."""
    equals = filters(call, "charge", "payment_intent")
    return list_objects(call, Wanted("refund", equals, created=call.params.get("created", {})))


FILTERS = {**LIST, "charge": text, "payment_intent": text, "created": moment_range}
ENDPOINTS = (
    Endpoint("GET", "/v1/refunds", list_all, FILTERS),
    Endpoint("GET", "/v1/refunds/{id}", reader("refund")),
)
