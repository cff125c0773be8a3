"""Builds each object as Stripe shows it. Decides no transition and stores nothing.

Amounts are whole numbers of minor units, under Stripe's own names.
"""

from typing import Any

from app.sandbox.ids import new_id
from app.sandbox.store import Document


def _nulls(*names: str) -> Document:
    return dict.fromkeys(names)


def customer(params: Document, now: int) -> Document:
    """A person who pays."""
    return {
        "id": new_id("cus", 14),
        "object": "customer",
        "created": now,
        "email": params.get("email"),
        "name": params.get("name"),
        "description": params.get("description"),
        "phone": params.get("phone"),
        "metadata": params.get("metadata", {}),
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": _nulls("custom_fields", "default_payment_method", "footer", "rendering_options"),
        "livemode": False,
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        **_nulls("address", "currency", "default_source", "discount", "shipping", "test_clock"),
    }


def product(params: Document, now: int) -> Document:
    """A thing that is sold."""
    return {
        "id": params.get("id") or new_id("prod", 14),
        "object": "product",
        "active": params.get("active", True),
        "created": now,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": params.get("metadata", {}),
        "name": params["name"],
        "updated": now,
        **_nulls("default_price", "package_dimensions", "shippable", "statement_descriptor"),
        **_nulls("tax_code", "unit_label", "url"),
    }


def price(params: Document, product_id: str, now: int) -> Document:
    """What a thing costs, once; its amount never changes."""
    return {
        "id": new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": now,
        "currency": params["currency"],
        "livemode": False,
        "lookup_key": params.get("lookup_key"),
        "metadata": params.get("metadata", {}),
        "nickname": params.get("nickname"),
        "product": product_id,
        "tax_behavior": "unspecified",
        "type": "one_time",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
        **_nulls("custom_unit_amount", "recurring", "tiers_mode", "transform_quantity"),
    }


def line_item(session_currency: str, sold: Document, name: str, quantity: int) -> Document:
    """One line of a checkout session, with its price in full."""
    amount_cents = sold["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount_cents,
        "amount_tax": 0,
        "amount_total": amount_cents,
        "currency": session_currency,
        "description": name,
        "metadata": {},
        "price": sold,
        "quantity": quantity,
        "adjustable_quantity": None,
    }


def payment_intent(
    amount_cents: int, currency: str, customer_id: str | None, given: Document, now: int
) -> Document:
    """An attempt to move money; `given` are the `payment_intent_data` of a session or a call's own values."""
    intent_id = new_id("pi")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount_cents,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret"),
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": customer_id,
        "description": given.get("description"),
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "payment_method_options": {},
        "payment_method_types": given.get("payment_method_types", ["card"]),
        "receipt_email": given.get("receipt_email"),
        "setup_future_usage": given.get("setup_future_usage"),
        "shipping": given.get("shipping"),
        "status": "requires_payment_method",
        **_nulls("application", "application_fee_amount", "automatic_payment_methods", "canceled_at"),
        **_nulls("cancellation_reason", "last_payment_error", "latest_charge", "next_action", "on_behalf_of"),
        **_nulls("payment_method", "payment_method_configuration_details", "processing", "review"),
        **_nulls("statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"),
    }


def billing_details(email: str | None, name: str | None) -> Document:
    """Who pays, as a card's issuer would see it."""
    address = _nulls("city", "country", "line1", "line2", "postal_code", "state")
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def payment_method(kind: str, details: Document, billing: Document, now: int) -> Document:
    """A card or a bank account."""
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "created": now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: details,
    }


def charge(intent: Document, method: Document, receipt_url: str, now: int) -> Document:
    """Money that moved, or did not: `failed_charge` says the latter."""
    return {
        "id": (charge_id := new_id("ch")),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": True,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome("approved_by_network", "authorized", "Payment complete.", None),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _paid_with(method),
        "receipt_email": intent["receipt_email"],
        "receipt_url": f"{receipt_url}/{charge_id}",
        "refunded": False,
        "shipping": intent["shipping"],
        "status": "succeeded",
        **_nulls("application", "application_fee", "application_fee_amount", "balance_transaction"),
        **_nulls("failure_balance_transaction", "failure_code", "failure_message", "on_behalf_of"),
        **_nulls("receipt_number", "review", "source_transfer", "statement_descriptor"),
        **_nulls("statement_descriptor_suffix", "transfer_data", "transfer_group"),
    }


def _paid_with(method: Document) -> Document:
    kind = method["type"]
    network = {"network": "visa", "three_d_secure": None} if kind == "card" else {}
    return {"type": kind, kind: method[kind] | network}


def failed_charge(succeeded: Document, code: str, message: str, decline_code: str | None) -> Document:
    """The same charge as one that the bank refused."""
    return succeeded | {
        "amount_captured": 0,
        "captured": False,
        "failure_code": code,
        "failure_message": message,
        "outcome": _outcome("declined_by_network", "issuer_declined", message, decline_code or code),
        "paid": False,
        "receipt_url": None,
        "status": "failed",
    }


def _outcome(network_status: str, kind: str, message: str, reason: str | None) -> Document:
    return {
        "network_status": network_status,
        "reason": reason,
        "risk_level": "normal",
        "seller_message": message,
        "type": kind,
    }


def balance_transaction(kind: str, amount_cents: int, currency: str, source: str, now: int) -> Document:
    """One movement of the account's balance. Fees are not modelled, so net equals amount."""
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount_cents,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount_cents,
        "reporting_category": kind,
        "source": source,
        "status": "available",
        "type": kind,
    }


def webhook_endpoint(params: Document, api_version: str, now: int) -> Document:
    """A place that wants to hear of events; its secret is shown by the call that makes it, and never again."""
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version", api_version),
        "application": None,
        "created": now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "status": "enabled",
        "url": params["url"],
    }


def list_of(url: str, data: list[Any], *, has_more: bool = False) -> Document:
    """A list, as it stands inside an object or answers a call."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
