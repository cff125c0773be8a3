"""Payment methods over the API: made from a token, a test number or a test account, and shown."""

from collections.abc import Mapping
from typing import Any

from app.sandbox import objects
from app.sandbox.api.call import Call, Endpoint, reader
from app.sandbox.cards import CARD_TOKENS, bank_outcome
from app.sandbox.errors import unusable
from app.sandbox.moves.methods import add_account, add_card
from app.sandbox.shapes import ADDRESS, PAYMENT_METHOD_TYPE, missing_param, text
from app.sandbox.store import Document

NEW_METHOD = {
    "type": PAYMENT_METHOD_TYPE,
    "card": {"token": text, "number": text, "exp_month": text, "exp_year": text, "cvc": text},
    "sepa_debit": {"iban": text},
    "us_bank_account": {"account_number": text, "routing_number": text, "account_holder_type": text},
    "billing_details": {"email": text, "name": text, "phone": text, "address": ADDRESS},
}
NUMBERS = {"sepa_debit": "iban", "us_bank_account": "account_number"}


def check_new(params: Mapping[str, Any]) -> None:
    """Raises: ApiError: what the type needs is missing, or its token is unknown."""
    kind = params["type"]
    given = params.get(kind, {})
    if kind == "card" and given.get("token", "tok_visa") not in CARD_TOKENS:
        raise unusable("card[token]", f"No such token: '{given['token']}'", "resource_missing")
    needed = ("token", "number") if kind == "card" else (NUMBERS[kind],)
    if not any(name in given for name in needed):
        raise missing_param(f"{kind}[{needed[0]}]")


def create(call: Call) -> Document:
    """A new payment method. Raises: ApiError: it is no test card."""
    kind = call.params["type"]
    given, billing = call.params[kind], _billing(call.params.get("billing_details", {}))
    if kind == "card":
        number = CARD_TOKENS[given["token"]] if "token" in given else given["number"]
        return add_card(call.change, number, billing)
    account = given[NUMBERS[kind]]
    return add_account(call.change, kind, account, bank_outcome(account), billing)


def _billing(given: Document) -> Document:
    found = objects.billing_details(given.get("email"), given.get("name"))
    return found | {"phone": given.get("phone"), "address": found["address"] | given.get("address", {})}


ENDPOINTS = (
    Endpoint("POST", "/v1/payment_methods", create, NEW_METHOD, ("type",), check_new),
    Endpoint("GET", "/v1/payment_methods/{id}", reader("payment_method")),
)
