"""How Stripe's objects are read: whole ones, newer ones, and those of a stand-in that leaves things out."""

from typing import Any

import pytest

from app.payments import objects
from app.payments.gateway import CheckoutSession

INTENT = {
    "id": "pi_1",
    "status": "succeeded",
    "latest_charge": {
        "id": "ch_1",
        "receipt_url": "https://pay.example/receipt",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
    },
}


def test_a_bare_session_is_read_with_everything_else_absent() -> None:
    """M46."""
    assert objects.checkout_session({"id": "cs_1"}) == CheckoutSession("cs_1")


@pytest.mark.parametrize("payment", ["pi_1", {"id": "pi_1"}, {"id": "pi_1", "latest_charge": "ch_1"}])
def test_an_id_in_the_place_of_an_object_is_taken(payment: Any) -> None:
    """M46: expansion was ignored."""
    found = objects.checkout_session({"id": "cs_1", "payment_intent": payment, "customer": {"id": "cus_1"}})
    assert (found.payment_intent_id, found.payment_intent_status, found.customer_id) == (
        "pi_1",
        None,
        "cus_1",
    )


def test_a_whole_session_is_read_whatever_else_it_holds() -> None:
    found = objects.checkout_session(
        {
            "id": "cs_1",
            "status": "complete",
            "amount_total": 7900,
            "metadata": {"purchase_id": "pur_1", "items": "not a method"},
            "payment_intent": INTENT,
            "something_new": [{"deep": None}],
        }
    )
    assert (found.purchase_id, found.payment_method, found.receipt_url) == (
        "pur_1",
        "Visa ending 4242",
        "https://pay.example/receipt",
    )


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"type": "card", "card": {"brand": "mastercard", "last4": "4444"}}, "Mastercard ending 4444"),
        ({"type": "card", "card": {"brand": "amex", "last4": "0005"}}, "American Express ending 0005"),
        ({"type": "card", "card": {"brand": None}}, "Card"),
        ({"type": "sepa_debit", "sepa_debit": {"last4": "3201"}}, "SEPA debit ending 3201"),
        ({"type": "us_bank_account", "us_bank_account": {"last4": "6789"}}, "Bank account ending 6789"),
        ({"type": "some_new_way"}, "Some new way"),
        ({}, None),
    ],
)
def test_a_way_of_paying_is_named_as_on_a_receipt(details: dict[str, Any], words: str | None) -> None:
    assert objects.payment_method(details) == words
