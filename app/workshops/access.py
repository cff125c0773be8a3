"""Decides who may open a step, from values it is given. Knows nothing of HTTP, SQL or Stripe.

The only copy of the rule: every door of a workshop asks `decide`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.catalog.packs import UNLOCK_PRICE_CREDITS
from app.workshops.steps import is_paid


@dataclass(frozen=True, slots=True)
class PaywallRules:
    """The switches of the paywall. `cutoff`: workshops created strictly before it stay open."""

    enabled: bool = True
    cutoff: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkshopFacts:
    """What the decision needs to know of a workshop. `credit_consumed_at` is set once it is unlocked."""

    created_at: datetime
    credit_consumed_at: datetime | None


class AccessKind(StrEnum):
    """Why a step is open, or that it is not."""

    OPEN = "open"
    UNLOCKED = "unlocked"
    GRANDFATHERED = "grandfathered"
    DISABLED = "disabled"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Access:
    """The answer. The figures are zero unless it is locked; debt counts as missing."""

    kind: AccessKind
    price_credits: int = 0
    balance_credits: int = 0
    missing_credits: int = 0

    @property
    def is_open(self) -> bool:
        """True when the step may be shown, changed and exported."""
        return self.kind is not AccessKind.LOCKED


def decide(workshop: WorkshopFacts, slug: str, balance_credits: int, rules: PaywallRules) -> Access:
    """Whether this step of this workshop is open to its owner, and what it would take if not.

    An unknown slug counts as paid.
    """
    if not is_paid(slug):
        return Access(AccessKind.OPEN)
    if workshop.credit_consumed_at is not None:
        return Access(AccessKind.UNLOCKED)
    if not rules.enabled:
        return Access(AccessKind.DISABLED)
    if rules.cutoff is not None and workshop.created_at < rules.cutoff:
        return Access(AccessKind.GRANDFATHERED)
    missing_credits = max(0, UNLOCK_PRICE_CREDITS - balance_credits)
    return Access(AccessKind.LOCKED, UNLOCK_PRICE_CREDITS, balance_credits, missing_credits)
