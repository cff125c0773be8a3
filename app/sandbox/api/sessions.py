"""Checkout sessions over the API: made, shown, listed, expired. What a buyer does is decided in `moves.payment`."""

from collections.abc import Mapping
from typing import Any

from app.sandbox import objects
from app.sandbox.api.call import Call, Endpoint, filters, list_objects, merged_metadata, reader
from app.sandbox.errors import refused, unusable
from app.sandbox.moves import payment
from app.sandbox.session_object import LIFE_SECONDS, checkout_session
from app.sandbox.shapes import (
    LIST,
    PAYMENT_METHOD_TYPE,
    SHIPPING,
    address,
    metadata,
    missing_param,
    moment_range,
    off,
    one_of,
    positive,
    text,
    whole,
)
from app.sandbox.store import Document, Wanted

SHORTEST_LIFE_SECONDS = 30 * 60
NEW_SESSION = {
    "mode": one_of("payment"),
    "line_items": [{"price": text, "quantity": positive}],
    "success_url": address,
    "cancel_url": address,
    "client_reference_id": text,
    "customer": text,
    "customer_email": text,
    "customer_creation": one_of("always", "if_required"),
    "metadata": metadata,
    "payment_intent_data": {
        "metadata": metadata,
        "description": text,
        "receipt_email": text,
        "setup_future_usage": one_of("off_session", "on_session"),
        "shipping": SHIPPING,
    },
    "payment_method_types": [PAYMENT_METHOD_TYPE],
    "expires_at": whole,
    "locale": text,
    "submit_type": one_of("auto", "book", "donate", "pay"),
    "adaptive_pricing": {"enabled": off},
    "allow_promotion_codes": off,
    "automatic_tax": {"enabled": off},
    "invoice_creation": {"enabled": off},
}


def check_new(params: Mapping[str, Any]) -> None:
    """What can be said of a new session before anything is looked up. Raises: ApiError: it makes no sense."""
    if not params["line_items"]:
        raise missing_param("line_items")
    for index, item in enumerate(params["line_items"]):
        for name in ("price", "quantity"):
            if name not in item:
                raise missing_param(f"line_items[{index}][{name}]")
    if "customer" in params and "customer_email" in params:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise unusable("customer_email", message)


def create(call: Call) -> Document:
    """A new open session. Raises: ApiError: a price or the customer is unknown, or the expiry out of bounds."""
    _check_expiry(call)
    if "customer" in call.params:
        call.change.named("customer", call.params["customer"], "customer")
    lines = [_line(call, index, item) for index, item in enumerate(call.params["line_items"])]
    currency = lines[0]["currency"]
    if any(line["currency"] != currency for line in lines):
        raise refused("line_items", "All prices of a Checkout Session must have the same currency.")
    amount_cents = sum(line["amount_total"] for line in lines)
    session = checkout_session(
        dict(call.params), amount_cents, currency, call.change.public_url, call.change.now
    )
    call.change.add(session, line_items=lines, payment_intent_data=call.params.get("payment_intent_data", {}))
    call.change.at(session["expires_at"], "session.expire", session["id"])
    return session


def update(call: Call) -> Document:
    """Change a session's metadata."""
    found = call.change.load("checkout.session", call.object_id)
    return call.change.save(found | {"metadata": merged_metadata(found, call.params)})


def expire(call: Call) -> Document:
    """Close a session that nobody paid. Raises: ApiError: it is not open any more."""
    return payment.expire(call.change, call.change.load("checkout.session", call.object_id))


def list_all(call: Call) -> Document:
    """Sessions, newest first."""
    equals = filters(call, "status", "customer", "payment_intent")
    if "email" in call.params.get("customer_details", {}):
        equals["customer_details.email"] = call.params["customer_details"]["email"]
    return list_objects(call, Wanted("checkout.session", equals, created=call.params.get("created", {})))


def line_items(call: Call) -> Document:
    """What a session sells; all of it, since sessions here are short."""
    call.change.load("checkout.session", call.object_id)
    return objects.list_of(call.path, call.change.store.private(call.object_id)["line_items"])


def _check_expiry(call: Call) -> None:
    expires_at = call.params.get("expires_at")
    if expires_at is None:
        return
    lives_seconds = expires_at - call.change.now
    if not SHORTEST_LIFE_SECONDS - 60 <= lives_seconds <= LIFE_SECONDS:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
        raise unusable("expires_at", message)


def _line(call: Call, index: int, item: Mapping[str, Any]) -> Document:
    name = f"line_items[{index}][price]"
    sold = call.change.named("price", item["price"], name)
    if not sold["active"]:
        raise refused(name, "The price specified is inactive. This field only accepts active prices.")
    product = call.change.load("product", sold["product"])
    return objects.line_item(sold["currency"], sold, product["name"], item["quantity"])


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/checkout/sessions",
        create,
        NEW_SESSION,
        ("mode", "line_items", "success_url"),
        check_new,
    ),
    Endpoint(
        "GET",
        "/v1/checkout/sessions",
        list_all,
        {
            **LIST,
            "created": moment_range,
            "status": one_of("open", "complete", "expired"),
            "customer": text,
            "payment_intent": text,
            "customer_details": {"email": text},
        },
    ),
    Endpoint("GET", "/v1/checkout/sessions/{id}", reader("checkout.session")),
    Endpoint("POST", "/v1/checkout/sessions/{id}", update, {"metadata": metadata}),
    Endpoint("POST", "/v1/checkout/sessions/{id}/expire", expire),
    Endpoint("GET", "/v1/checkout/sessions/{id}/line_items", line_items, LIST),
)
