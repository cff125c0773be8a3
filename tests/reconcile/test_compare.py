"""How a payment page and a purchase stand to each other, in every pairing that matters. RECN-03."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.payments.gateway import CheckoutSession
from app.reconcile.compare import Need, compare
from app.reconcile.ours import Ours
from app.reconcile.report import Difference

AT = datetime(2026, 11, 24, tzinfo=UTC)
CREDITED = Ours(
    id="pur_1",
    status="paid",
    credits=3,
    amount_cents=7900,
    currency="usd",
    session_id="cs_1",
    payment_intent_id="pi_1",
    created_at=AT,
    refunded_cents=0,
    dispute_status=None,
    returns_seen="",
    credited_credits=3,
    taken_credits=0,
    told_by="stripe",
)
PAID = CheckoutSession(
    "cs_1",
    status="complete",
    payment_status="paid",
    amount_total_cents=7900,
    currency="usd",
    purchase_id="pur_1",
)
SETTLING = replace(PAID, payment_status="unpaid")
OPEN = replace(SETTLING, status="open")
EXPIRED = replace(SETTLING, status="expired")
FREE = replace(PAID, payment_status="no_payment_required")


def ours(status: str, **changes: object) -> Ours:
    return replace(CREDITED, status=status, credited_credits=0, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("session", "purchase", "need"),
    [
        (PAID, CREDITED, Need.NOTHING),
        (replace(PAID, currency="USD"), CREDITED, Need.NOTHING),
        (replace(PAID, amount_total_cents=None, currency=None), CREDITED, Need.NOTHING),
        (replace(PAID, amount_total_cents=7901), CREDITED, Difference.WRONG_SUM),
        (replace(PAID, currency="eur"), CREDITED, Difference.WRONG_SUM),
        (PAID, replace(CREDITED, credited_credits=2), Difference.WRONG_CREDITS),
        (SETTLING, CREDITED, Difference.NOT_PAID),
        (OPEN, CREDITED, Difference.NOT_PAID),
        (EXPIRED, CREDITED, Difference.NOT_PAID),
        *((PAID, ours(status), Need.LOOK) for status in ("started", "open", "failed", "expired")),
        *((PAID, ours(status), Need.NOTHING) for status in ("settling", "refused")),  # each is read anyway
        *((SETTLING, ours(status), Need.LOOK) for status in ("started", "open", "expired")),
        *((SETTLING, ours(status), Need.NOTHING) for status in ("settling", "failed", "refused")),
        (FREE, ours("open"), Need.LOOK),
        *((EXPIRED, ours(status), Need.LOOK) for status in ("started", "open")),
        *((EXPIRED, ours(status), Need.NOTHING) for status in ("failed", "expired")),
        *((OPEN, ours(status), Need.NOTHING) for status in ("started", "open", "failed", "expired")),
        (PAID, ours("started", session_id=None), Need.LOOK),
        (PAID, replace(CREDITED, session_id="cs_2"), Difference.SECOND_PAYMENT),
        (SETTLING, replace(CREDITED, session_id="cs_2"), Need.NOTHING),
        (PAID, None, Difference.UNKNOWN_PURCHASE),
        (OPEN, None, Need.NOTHING),
        (replace(PAID, purchase_id=None), None, Need.NOTHING),
        (replace(PAID, purchase_id=None, client_reference_id="pur_2"), None, Difference.UNKNOWN_PURCHASE),
    ],
)
def test_a_page_and_a_purchase(
    session: CheckoutSession, purchase: Ours | None, need: Need | Difference
) -> None:
    assert compare(session, purchase) is need
