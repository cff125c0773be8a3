"""Webhook endpoints over the API: the secret is shown by the call that makes one, and never again."""

from app.sandbox import objects
from app.sandbox.api.call import Call, Endpoint, list_objects, merged_metadata, reader
from app.sandbox.change import API_VERSION
from app.sandbox.ids import new_id
from app.sandbox.shapes import LIST, address, clearable, flag, metadata, text
from app.sandbox.store import Document, Wanted

KIND = "webhook_endpoint"
FIELDS = {"url": address, "enabled_events": [text], "description": clearable, "metadata": metadata}


def create(call: Call) -> Document:
    """A new endpoint with a secret of its own."""
    endpoint = objects.webhook_endpoint(dict(call.params), API_VERSION, call.change.now)
    secret = new_id("whsec", 32)
    return call.change.add(endpoint, secret=secret) | {"secret": secret}


def update(call: Call) -> Document:
    """Change where an endpoint is, what it hears, or whether it is in use."""
    found = call.change.load(KIND, call.object_id)
    changed = {name: value for name, value in call.params.items() if name != "disabled"}
    if "disabled" in call.params:
        changed["status"] = "disabled" if call.params["disabled"] else "enabled"
    return call.change.save(found | changed | {"metadata": merged_metadata(found, call.params)})


def delete(call: Call) -> Document:
    """Take an endpoint away; what waits for it is given up."""
    found = call.change.load(KIND, call.object_id)
    call.change.store.delete(found["id"])
    return {"id": found["id"], "object": KIND, "deleted": True}


def list_all(call: Call) -> Document:
    """Endpoints, newest first."""
    return list_objects(call, Wanted(KIND))


ENDPOINTS = (
    Endpoint(
        "POST", "/v1/webhook_endpoints", create, {**FIELDS, "api_version": text}, ("url", "enabled_events")
    ),
    Endpoint("GET", "/v1/webhook_endpoints", list_all, LIST),
    Endpoint("GET", "/v1/webhook_endpoints/{id}", reader(KIND)),
    Endpoint("POST", "/v1/webhook_endpoints/{id}", update, {**FIELDS, "disabled": flag}),
    Endpoint("DELETE", "/v1/webhook_endpoints/{id}", delete),
)
