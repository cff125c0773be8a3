"""Builds a checkout session as Stripe shows it. Decides no transition and stores nothing."""

from app.sandbox.ids import new_id
from app.sandbox.store import Document

LIFE_SECONDS = 24 * 3600
DYNAMIC_METHODS = ("card", "sepa_debit", "us_bank_account")


def checkout_session(
    params: Document, amount_cents: int, currency: str, public_url: str, now: int
) -> Document:
    """An open session; the payment intent comes into being only when the buyer confirms."""
    session_id = new_id("cs_test", 58)
    return {
        "id": session_id,
        "object": "checkout.session",
        "amount_subtotal": amount_cents,
        "amount_total": amount_cents,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": currency,
        "customer": params.get("customer"),
        "customer_creation": None
        if params.get("customer")
        else params.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "expires_at": params.get("expires_at", now + LIFE_SECONDS),
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": None,
        "payment_method_types": params.get("payment_method_types", list(DYNAMIC_METHODS)),
        "payment_status": "unpaid",
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{public_url}/c/pay/{session_id}",
        **_switched_off(params),
        **dict.fromkeys(UNUSED),
    }


UNUSED = (
    "after_expiration",
    "billing_address_collection",
    "client_secret",
    "consent",
    "consent_collection",
    "currency_conversion",
    "invoice",
    "payment_link",
    "payment_method_configuration_details",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
)


def _switched_off(params: Document) -> Document:
    return {
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "discounts": [],
        "invoice_creation": {"enabled": False, "invoice_data": _invoice_data()},
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
    }


def _invoice_data() -> Document:
    empty = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    return dict.fromkeys(empty) | {"metadata": {}}


def customer_details(email: str | None, name: str | None) -> Document:
    """Who paid, as the session shows it once confirmed."""
    return {
        "address": None,
        "email": email,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }
