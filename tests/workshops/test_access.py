"""Who may open a step."""

from datetime import UTC, datetime, timedelta

import pytest

from app.workshops.access import AccessKind, PaywallRules, WorkshopFacts, decide
from app.workshops.steps import FREE_STEPS, PAID_STEPS

CUTOFF = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ON, OFF = PaywallRules(), PaywallRules(enabled=False)
SINCE = PaywallRules(cutoff=CUTOFF)


def workshop(*, created_at: datetime = CUTOFF, unlocked: bool = False) -> WorkshopFacts:
    return WorkshopFacts(created_at, CUTOFF if unlocked else None)


@pytest.mark.parametrize("step", FREE_STEPS)
@pytest.mark.parametrize("balance_credits", [-1, 0, 3])
def test_free_steps_are_open_to_everyone(step: object, balance_credits: int) -> None:
    """PAYW-01"""
    assert decide(workshop(), step.slug, balance_credits, ON).kind is AccessKind.OPEN  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("facts", "rules", "kind"),
    [
        (workshop(), ON, AccessKind.LOCKED),
        (workshop(unlocked=True), ON, AccessKind.UNLOCKED),
        (workshop(unlocked=True), OFF, AccessKind.UNLOCKED),
        (workshop(), OFF, AccessKind.DISABLED),
        (workshop(created_at=CUTOFF - TICK), SINCE, AccessKind.GRANDFATHERED),
        (workshop(created_at=CUTOFF - TICK, unlocked=True), SINCE, AccessKind.UNLOCKED),
        (workshop(created_at=CUTOFF), SINCE, AccessKind.LOCKED),
        (workshop(created_at=CUTOFF + TICK), SINCE, AccessKind.LOCKED),
    ],
)
def test_paid_steps_follow_the_table(facts: WorkshopFacts, rules: PaywallRules, kind: AccessKind) -> None:
    """PAYW-06: created 1 µs before the cutoff is open, at the cutoff it is locked."""
    decided = {decide(facts, step.slug, 5, rules).kind for step in PAID_STEPS}
    assert decided == {kind}
    assert decide(facts, PAID_STEPS[0].slug, 5, rules).is_open is (kind is not AccessKind.LOCKED)


@pytest.mark.parametrize(("balance_credits", "missing_credits"), [(-2, 3), (-1, 2), (0, 1), (1, 0), (25, 0)])
def test_a_locked_step_says_what_is_missing_and_debt_counts_in(
    balance_credits: int, missing_credits: int
) -> None:
    access = decide(workshop(), "reframe", balance_credits, ON)
    assert (access.price_credits, access.balance_credits, access.missing_credits) == (
        1,
        balance_credits,
        missing_credits,
    )


def test_a_step_that_is_unknown_is_closed() -> None:
    """PAYW-05"""
    assert decide(workshop(), "step-11", 5, ON).kind is AccessKind.LOCKED


def test_a_cutoff_without_zone_opens_nothing() -> None:
    """PAYW-05: errors mean closed."""
    with pytest.raises(TypeError):
        decide(workshop(), "reframe", 0, PaywallRules(cutoff=datetime(2026, 1, 1)))  # noqa: DTZ001
