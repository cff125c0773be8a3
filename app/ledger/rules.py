"""The arithmetic of the ledger, from values alone. Knows nothing of SQL, HTTP or Stripe."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Link:
    """One posted movement as the chain sees it. All figures are credits."""

    seq: int
    kind: Kind
    change_credits: int
    balance_before_credits: int
    balance_after_credits: int


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


def may_consume(*, balance_credits: int, price_credits: int) -> bool:
    """Whether the balance covers the price. A debt covers nothing."""
    return balance_credits >= price_credits


def debt_of(balance_credits: int) -> int:
    """Credits owed, as a positive number; 0 when nothing is owed."""
    return max(0, -balance_credits)


def sign_is_right(kind: Kind, change_credits: int) -> bool:
    """Whether a movement of this kind may have this sign."""
    if kind in (Kind.CONSUMPTION, Kind.REFUND):
        return change_credits < 0
    if kind is Kind.ADJUSTMENT:
        return change_credits != 0
    return change_credits > 0


def chain_problems(links: Sequence[Link], *, balance_credits: int) -> list[str]:
    """What is wrong with a person's posted movements, in the order of `seq`; nothing for a whole chain."""
    problems: list[str] = []
    expected_seq, running_credits = 1, 0
    for link in links:
        problems += _link_problems(link, expected_seq, running_credits)
        expected_seq, running_credits = link.seq + 1, link.balance_after_credits
    if running_credits != balance_credits:
        problems.append(f"the balance says {balance_credits}, the last movement {running_credits}")
    return problems


def _link_problems(link: Link, expected_seq: int, running_credits: int) -> list[str]:
    problems = []
    if link.seq != expected_seq:
        problems.append(f"movement {link.seq} stands where {expected_seq} belongs")
    if link.balance_before_credits != running_credits:
        problems.append(f"movement {link.seq} starts at {link.balance_before_credits}, not {running_credits}")
    if link.balance_after_credits != link.balance_before_credits + link.change_credits:
        problems.append(f"movement {link.seq} does not add up")
    if not sign_is_right(link.kind, link.change_credits):
        problems.append(f"movement {link.seq} is a {link.kind} of {link.change_credits}")
    if link.balance_after_credits < 0 and link.change_credits < 0 and link.kind is not Kind.REFUND:
        problems.append(f"movement {link.seq} overdraws the balance")
    return problems
