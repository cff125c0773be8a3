"""Payment intents over the API: shown, listed, and made or confirmed without a session. Who pays decides in `moves`."""

from collections.abc import Mapping
from typing import Any

from app.sandbox import objects
from app.sandbox.api.call import Call, Endpoint, filters, list_objects, reader
from app.sandbox.errors import ApiError, declined, refused, unusable
from app.sandbox.moves import charging
from app.sandbox.moves.disputing import dispute_at_once
from app.sandbox.moves.methods import named_method
from app.sandbox.shapes import (
    LIST,
    PAYMENT_METHOD_TYPE,
    SHIPPING,
    currency,
    flag,
    metadata,
    moment_range,
    one_of,
    positive,
    text,
)
from app.sandbox.store import Document, Wanted

KIND = "payment_intent"
CONFIRMABLE = ("requires_payment_method", "requires_confirmation")
MANDATE = {
    "customer_acceptance": {
        "type": one_of("online", "offline"),
        "online": {"ip_address": text, "user_agent": text},
    }
}
NEW_INTENT = {
    "amount": positive,
    "currency": currency,
    "confirm": flag,
    "customer": text,
    "description": text,
    "mandate_data": MANDATE,
    "metadata": metadata,
    "payment_method": text,
    "payment_method_types": [PAYMENT_METHOD_TYPE],
    "receipt_email": text,
    "shipping": SHIPPING,
}


def check_new(params: Mapping[str, Any]) -> None:
    """Raises: ApiError: it shall be confirmed, and nothing says with what."""
    if params.get("confirm") and "payment_method" not in params:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise unusable("payment_method", message, "parameter_missing")


def create(call: Call) -> Document | ApiError:
    """A new payment intent, confirmed at once if asked."""
    change, params = call.change, call.params
    customer_id = (
        change.named("customer", params["customer"], "customer")["id"] if "customer" in params else None
    )
    method = named_method(change, params["payment_method"]) if "payment_method" in params else None
    intent = objects.payment_intent(
        params["amount"], params["currency"], customer_id, dict(params), change.now
    )
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    change.add(intent)
    change.emit("payment_intent.created", intent)
    return _confirmed(call, intent, method) if method is not None and params.get("confirm") else intent


def confirm(call: Call) -> Document | ApiError:
    """Take the money. Raises: ApiError: it was taken, or nothing says from where."""
    intent = call.change.load(KIND, call.object_id)
    if intent["status"] not in CONFIRMABLE:
        message = f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}."
        raise refused(None, message, "payment_intent_unexpected_state")
    chosen = call.params.get("payment_method") or intent["payment_method"]
    if chosen is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise refused("payment_method", message, "payment_intent_unexpected_state")
    return _confirmed(call, intent, named_method(call.change, chosen))


def list_all(call: Call) -> Document:
    """Payment intents, newest first."""
    created = call.params.get("created", {})
    return list_objects(call, Wanted(KIND, filters(call, "customer"), created=created))


def _confirmed(call: Call, intent: Document, method: Document) -> Document | ApiError:
    if method["type"] not in intent["payment_method_types"]:
        message = f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent."
        raise refused("payment_method", message)
    if charging.attempt(call.change, intent, method) is not None:
        return declined(intent)
    if intent["status"] == "succeeded":
        dispute_at_once(call.change, intent)
    return intent


ENDPOINTS = (
    Endpoint("POST", "/v1/payment_intents", create, NEW_INTENT, ("amount", "currency"), check_new),
    Endpoint("GET", "/v1/payment_intents", list_all, {**LIST, "customer": text, "created": moment_range}),
    Endpoint("GET", "/v1/payment_intents/{id}", reader(KIND)),
    Endpoint(
        "POST", "/v1/payment_intents/{id}/confirm", confirm, {"payment_method": text, "mandate_data": MANDATE}
    ),
)
