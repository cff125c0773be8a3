"""Events over the API: shown with what is still pending of their deliveries, listed, and sent again."""

from typing import Any

from app.sandbox.api.call import Call, Endpoint, list_objects
from app.sandbox.shapes import LIST, flag, moment_range, text
from app.sandbox.store import Document, Wanted

PENDING = """
    SELECT count(DISTINCT endpoint_id) FROM deliveries AS pending
     WHERE event_id = ?
       AND NOT EXISTS (SELECT 1 FROM deliveries AS done
                        WHERE done.event_id = pending.event_id AND done.endpoint_id = pending.endpoint_id
                          AND done.state = 'delivered')
"""


def show(call: Call) -> Document:
    """An event, with the number of endpoints that have not taken it yet."""
    return _with_pending(call, call.change.load("event", call.object_id))


def list_all(call: Call) -> Document:
    """Events, newest first; by type, several types, moment, and whether everybody took them."""
    types = [call.params["type"]] if "type" in call.params else call.params.get("types")
    chosen = {} if types is None else {"type": types}
    wanted = Wanted("event", {}, chosen, call.params.get("created", {}), call.params.get("delivery_success"))
    found = list_objects(call, wanted)
    return found | {"data": [_with_pending(call, event) for event in found["data"]]}


def send_again(call: Call) -> Document:
    """Put an event back into the outbox, for one endpoint or for all that it went to."""
    event = call.change.load("event", call.object_id)
    for endpoint_id in _receivers(call):
        call.change.deliver(event["id"], endpoint_id)
    return _with_pending(call, event)


def _receivers(call: Call) -> list[Any]:
    if "webhook_endpoint" in call.params:
        named = call.params["webhook_endpoint"]
        return [call.change.named("webhook_endpoint", named, "webhook_endpoint")["id"]]
    sql = "SELECT DISTINCT endpoint_id FROM deliveries WHERE event_id = ?"
    return [row["endpoint_id"] for row in call.change.store.rows(sql, call.object_id)]


def _with_pending(call: Call, event: Document) -> Document:
    return event | {"pending_webhooks": call.change.store.rows(PENDING, event["id"])[0][0]}


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/events",
        list_all,
        {**LIST, "type": text, "types": [text], "created": moment_range, "delivery_success": flag},
    ),
    Endpoint("GET", "/v1/events/{id}", show),
    Endpoint("POST", "/v1/events/{id}/retry", send_again, {"webhook_endpoint": text}),
)
