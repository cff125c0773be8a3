"""Refunds over the API. What they do to a charge is decided in `moves.refunding`."""

from app.sandbox.api.call import Call, Endpoint, filters, list_objects, merged_metadata, reader
from app.sandbox.moves import refunding
from app.sandbox.shapes import LIST, metadata, moment_range, one_of, positive, text
from app.sandbox.store import Document, Wanted


def create(call: Call) -> Document:
    """Give back a charge or a part of it."""
    params = dict(call.params)
    return refunding.refund(call.change, refunding.charge_of(call.change, params), params)


def update(call: Call) -> Document:
    """Change a refund's metadata."""
    found = call.change.load("refund", call.object_id)
    return refunding.update(call.change, found, merged_metadata(found, call.params))


def cancel(call: Call) -> Document:
    """Call a pending refund back."""
    return refunding.cancel(call.change, call.change.load("refund", call.object_id))


def list_all(call: Call) -> Document:
    """Refunds, newest first."""
    equals = filters(call, "charge", "payment_intent")
    return list_objects(call, Wanted("refund", equals, created=call.params.get("created", {})))


NEW_REFUND = {
    "payment_intent": text,
    "charge": text,
    "amount": positive,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": metadata,
}
FILTERS = {**LIST, "charge": text, "payment_intent": text, "created": moment_range}
ENDPOINTS = (
    Endpoint("POST", "/v1/refunds", create, NEW_REFUND),
    Endpoint("GET", "/v1/refunds", list_all, FILTERS),
    Endpoint("GET", "/v1/refunds/{id}", reader("refund")),
    Endpoint("POST", "/v1/refunds/{id}", update, {"metadata": metadata}),
    Endpoint("POST", "/v1/refunds/{id}/cancel", cancel),
)
