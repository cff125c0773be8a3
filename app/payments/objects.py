"""Reads Stripe's objects into our values. Pure; tolerates what a stand-in leaves out, and ids where objects were asked.

Knows Stripe's JSON and not its library.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.payments.gateway import Change, CheckoutSession, Dispute, PriceRef, Refund

Json = Mapping[str, Any]

BRANDS = {"amex": "American Express", "jcb": "JCB", "unionpay": "UnionPay", "diners": "Diners Club"}
ACCOUNTS = {"sepa_debit": "SEPA debit", "us_bank_account": "Bank account", "bacs_debit": "Bacs debit"}


def checkout_session(found: Json) -> CheckoutSession:
    """Raises: KeyError: it has no id."""
    intent = _object(found.get("payment_intent"))
    charge = _object(intent.get("latest_charge"))
    return CheckoutSession(
        id=found["id"],
        url=found.get("url"),
        status=found.get("status"),
        payment_status=found.get("payment_status"),
        mode=found.get("mode"),
        amount_total_cents=found.get("amount_total"),
        currency=found.get("currency"),
        livemode=found.get("livemode"),
        client_reference_id=found.get("client_reference_id"),
        purchase_id=purchase_id(found),
        customer_id=object_id(found.get("customer")),
        payment_intent_id=object_id(found.get("payment_intent")),
        payment_intent_status=intent.get("status"),
        payment_method=payment_method(_object(charge.get("payment_method_details"))),
        receipt_url=charge.get("receipt_url"),
        created_at=_moment(found.get("created")),
    )


def refund(found: Json) -> Refund:
    """Raises: KeyError: it has no id or no amount."""
    return Refund(
        id=found["id"],
        amount_cents=found["amount"],
        currency=found.get("currency"),
        status=found.get("status"),
        payment_intent_id=object_id(found.get("payment_intent")),
        charge_id=object_id(found.get("charge")),
        created_at=_moment(found.get("created")),
    )


def dispute(found: Json) -> Dispute:
    """Raises: KeyError: it has no id."""
    return Dispute(
        id=found["id"],
        status=found.get("status"),
        payment_intent_id=object_id(found.get("payment_intent")),
        charge_id=object_id(found.get("charge")),
        created_at=_moment(found.get("created")),
    )


def change(found: Json) -> Change:
    """One of Stripe's events. Raises: KeyError: it, or what it is about, has no id."""
    about = _object(_object(found.get("data")).get("object"))
    known: Refund | Dispute | None = None
    if about.get("object") == "refund":
        known = refund(about)
    elif about.get("object") == "dispute":
        known = dispute(about)
    return Change(found["id"], known, _moment(found.get("created")))


def purchase_id(found: Json) -> str | None:
    """Which purchase of ours an object's metadata names."""
    named = _object(found.get("metadata")).get("purchase_id")
    return named if isinstance(named, str) else None


def price(found: Json) -> PriceRef:
    """Raises: KeyError: it has no id."""
    return PriceRef(
        id=found["id"],
        amount_cents=found.get("unit_amount"),
        currency=str(found.get("currency", "")).lower(),
        active=bool(found.get("active", True)),
        is_one_time=found.get("recurring") is None,
    )


def receipt_url(payment_intent: Json) -> str | None:
    """The link in the payment's latest charge."""
    return _object(payment_intent.get("latest_charge")).get("receipt_url")


def object_id(value: Any) -> str | None:
    """The id of what may have come as an id, an object or nothing."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else None


def payment_method(details: Json) -> str | None:
    """How a receipt names the way of paying: "Visa ending 4242", "SEPA debit ending 3201"."""
    kind = details.get("type")
    if not isinstance(kind, str):
        return None
    particulars = _object(details.get(kind))
    name = _brand(particulars.get("brand")) if kind == "card" else ACCOUNTS.get(kind, _words(kind))
    last4 = particulars.get("last4")
    return f"{name} ending {last4}" if last4 else name


def _brand(brand: Any) -> str:
    return BRANDS.get(brand, _words(brand)) if isinstance(brand, str) else "Card"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def _object(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}
