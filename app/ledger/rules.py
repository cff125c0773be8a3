"""The kinds, states and keys of movements, from values alone. Knows nothing of SQL, HTTP or Stripe."""

from enum import StrEnum


class Kind(StrEnum):
    """What a movement is; the sign of its credits follows from it."""

    PURCHASE = "purchase"
    CONSUMPTION = "consumption"
    REFUND = "refund"  # credits taken back because money went back, or a dispute holds it
    GRANT = "grant"
    REVERSAL = "reversal"  # a consumption or a refund undone
    ADJUSTMENT = "adjustment"


class Status(StrEnum):
    """Only completed movements count; pending ones wait for money, failed ones got none."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


def purchase_key(purchase_id: str) -> str:
    """One counted movement per purchase, ever."""
    return f"purchase:{purchase_id}"


def unlock_key(workshop_id: str, reversals: int) -> str:
    """One consumption per workshop, and one more after each time it was undone."""
    return f"unlock:{workshop_id}:{reversals}"


def refund_key(purchase_id: str, moves: int) -> str:
    """`moves` counts the take-backs and give-backs of the purchase, since the same sum can come round again."""
    return f"refund:{purchase_id}:{moves}"


def give_back_key(purchase_id: str, moves: int) -> str:
    """As `refund_key`, for credits that return."""
    return f"giveback:{purchase_id}:{moves}"


def reversal_key(transaction_id: str) -> str:
    """A movement is undone once."""
    return f"reversal:{transaction_id}"


def debt_of(balance_credits: int) -> int:
    """Credits owed, as a positive number; 0 when nothing is owed."""
    return max(0, -balance_credits)
