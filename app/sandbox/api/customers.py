"""Customers: made, shown, changed and deleted. Knows nothing of what they buy."""

from app.sandbox import objects
from app.sandbox.api.call import Call, Endpoint, filters, list_objects, merged_metadata
from app.sandbox.shapes import LIST, clearable, metadata, moment_range, text
from app.sandbox.store import Document, Wanted

DELETED = "deleted customer"
FIELDS = {
    "email": clearable,
    "name": clearable,
    "description": clearable,
    "phone": clearable,
    "metadata": metadata,
}


def create(call: Call) -> Document:
    """A new customer."""
    return call.change.add(objects.customer(dict(call.params), call.change.now))


def show(call: Call) -> Document:
    """A customer; of a deleted one only that it is deleted."""
    gone = call.change.store.get(DELETED, call.object_id)
    return gone or call.change.load("customer", call.object_id)


def update(call: Call) -> Document:
    """Change what is given, leave the rest."""
    found = call.change.load("customer", call.object_id)
    return call.change.save(found | dict(call.params) | {"metadata": merged_metadata(found, call.params)})


def delete(call: Call) -> Document:
    """Take a customer away for good; payments keep the id."""
    found = call.change.load("customer", call.object_id)
    tombstone = {"id": found["id"], "object": "customer", "deleted": True}
    call.change.store.reclassify(found["id"], DELETED)
    return call.change.save(tombstone)


def list_all(call: Call) -> Document:
    """Customers, newest first; deleted ones are left out."""
    wanted = Wanted("customer", filters(call, "email"), created=call.params.get("created", {}))
    return list_objects(call, wanted)


ENDPOINTS = (
    Endpoint("POST", "/v1/customers", create, FIELDS),
    Endpoint("GET", "/v1/customers", list_all, {**LIST, "email": text, "created": moment_range}),
    Endpoint("GET", "/v1/customers/{id}", show),
    Endpoint("POST", "/v1/customers/{id}", update, FIELDS),
    Endpoint("DELETE", "/v1/customers/{id}", delete),
)
