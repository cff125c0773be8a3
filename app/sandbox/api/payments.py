"""Charges and balance movements as the API shows them; the moves write them."""

from app.sandbox.api.call import Call, Endpoint, filters, list_objects, reader
from app.sandbox.shapes import LIST, moment_range, text
from app.sandbox.store import Document, Wanted


def list_charges(call: Call) -> Document:
    """Charges, newest first, failed ones included."""
    equals = filters(call, "customer", "payment_intent")
    return list_objects(call, Wanted("charge", equals, created=call.params.get("created", {})))


def list_balance(call: Call) -> Document:
    """Movements of the balance, newest first."""
    equals = filters(call, "type", "source", "currency")
    return list_objects(call, Wanted("balance_transaction", equals, created=call.params.get("created", {})))


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/charges",
        list_charges,
        {**LIST, "customer": text, "payment_intent": text, "created": moment_range},
    ),
    Endpoint("GET", "/v1/charges/{id}", reader("charge")),
    Endpoint(
        "GET",
        "/v1/balance_transactions",
        list_balance,
        {**LIST, "type": text, "source": text, "currency": text, "created": moment_range},
    ),
    Endpoint("GET", "/v1/balance_transactions/{id}", reader("balance_transaction")),
)
