"""Decides how a payment stands in a word, for receipts and stories alike. Pure; knows no page and no table."""

from collections.abc import Mapping

# Any other state of a dispute, unknown ones too, holds the credits.
NOT_HELD = frozenset({"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"})
UNPAID: Mapping[str, str] = {
    "started": "Not paid",
    "open": "Not paid",
    "settling": "Settling",
    "failed": "Failed",
    "expired": "Expired",
    "refused": "In review",
}
FAILED = "The payment did not go through. Nothing was charged."
IN_REVIEW = (
    "We received a payment that does not match this order. No credits were added, and we are looking at it."
)
DISPUTED = "A dispute is open on this payment. Its credits are held until it is decided."


def payment_state(
    status: str, *, amount_cents: int, amount_refunded_cents: int, dispute_status: str | None
) -> str:
    """How a purchase stands: one word, at most two; derived, never stored."""
    if status != "paid":
        return UNPAID[status]
    if is_held(dispute_status):
        return "Disputed"
    if amount_refunded_cents >= amount_cents:
        return "Refunded"
    return "Partly refunded" if amount_refunded_cents else "Paid"


def is_held(dispute_status: str | None) -> bool:
    """True while a dispute holds the credits, and after it was lost."""
    return dispute_status is not None and dispute_status not in NOT_HELD
