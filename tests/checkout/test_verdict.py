"""What a session means for a purchase: the whole table, without a database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.checkout.purchases import Purchase
from app.checkout.verdict import Meaning, judge
from app.payments.gateway import CheckoutSession

PURCHASE = Purchase(
    id="pur_1",
    user_id="usr_1",
    pack="single-flight",
    pack_name="Single Flight",
    credits=1,
    amount_cents=7900,
    currency="usd",
    stripe_price_id="price_1",
    base_url="http://testserver",
    status="open",
    request_no=0,
    stripe_customer_id="cus_1",
    stripe_session_id="cs_1",
    unlock_workshop_id=None,
    intent_outcome=None,
    refused_reason=None,
    attempt_key=None,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    paid_at=None,
)
PAID = CheckoutSession(
    id="cs_1",
    status="complete",
    payment_status="paid",
    mode="payment",
    amount_total_cents=7900,
    currency="usd",
    livemode=False,
    client_reference_id="pur_1",
    purchase_id="pur_1",
    customer_id="cus_1",
    payment_intent_id="pi_1",
    payment_intent_status="succeeded",
)


def meaning(*, live: bool = False, event_type: str | None = None, **changes: Any) -> str:
    return judge(replace(PAID, **changes), PURCHASE, live=live, event_type=event_type).meaning


@pytest.mark.parametrize(
    ("status", "payment_status", "intent", "expected"),
    [
        ("complete", "paid", "succeeded", Meaning.PAID),
        ("expired", "paid", "succeeded", Meaning.PAID),
        ("open", "paid", "succeeded", Meaning.PAID),
        ("complete", "unpaid", "processing", Meaning.SETTLING),
        ("complete", "unpaid", "requires_action", Meaning.SETTLING),
        ("complete", "unpaid", None, Meaning.SETTLING),
        ("complete", "unpaid", "requires_payment_method", Meaning.FAILED),
        ("complete", "unpaid", "canceled", Meaning.FAILED),
        ("open", "unpaid", None, Meaning.OPEN),
        ("open", "unpaid", "requires_payment_method", Meaning.OPEN),
        (None, None, None, Meaning.OPEN),
        ("expired", "unpaid", None, Meaning.EXPIRED),
        ("complete", "no_payment_required", None, Meaning.REFUSED),
        ("expired", "unpaid", "requires_payment_method", Meaning.EXPIRED),
    ],
)
def test_every_state_of_a_session_has_a_meaning(
    status: str | None, payment_status: str | None, intent: str | None, expected: Meaning
) -> None:
    found = meaning(status=status, payment_status=payment_status, payment_intent_status=intent)
    assert found == expected


ABSENT = ["amount_total_cents", "currency", "mode", "livemode"]


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_left_out_is_refused_only_where_real_money_moves(name: str) -> None:
    """A stand-in may leave it out, Stripe may not."""
    left_out: dict[str, Any] = {name: None}
    in_live_mode: dict[str, Any] = {"live": True, "livemode": True} | left_out
    assert meaning(**left_out) == Meaning.PAID
    assert meaning(**in_live_mode) == Meaning.REFUSED


def test_a_live_payment_that_matches_is_taken() -> None:
    assert meaning(live=True, livemode=True) == Meaning.PAID


def test_a_session_that_names_nothing_is_taken_by_its_own_id_outside_live_mode() -> None:
    assert meaning(client_reference_id=None, purchase_id=None) == Meaning.PAID
    assert meaning(live=True, livemode=True, client_reference_id=None, purchase_id=None) == Meaning.REFUSED


def test_upper_case_currency_is_the_same_currency() -> None:
    assert meaning(currency="USD") == Meaning.PAID


def test_a_wrong_sum_matters_only_once_money_moves() -> None:
    """An open page can be closed, whatever it asks for."""
    assert meaning(amount_total_cents=1, status="expired", payment_status="unpaid") == Meaning.EXPIRED
    assert meaning(amount_total_cents=1, payment_status="unpaid") == Meaning.REFUSED


def test_another_session_never_touches_the_purchase() -> None:
    found = judge(replace(PAID, id="cs_2"), PURCHASE, live=False)
    assert (found.meaning, found.touches_purchase) == (Meaning.REFUSED, False)


def test_a_stranger_that_moved_no_money_does_not_touch_the_purchase() -> None:
    """Else anybody who can name a purchase could block it."""
    found = judge(replace(PAID, livemode=True, status="open", payment_status="unpaid"), PURCHASE, live=False)
    assert (found.meaning, found.touches_purchase) == (Meaning.REFUSED, False)
