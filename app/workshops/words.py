"""Decides what is said after an unlock. Pure; each outcome has its own words."""

from typing import assert_never

from app.catalog.packs import UNLOCK_PRICE_CREDITS
from app.web.filters import credits
from app.workshops.steps import FREE_STEPS, PAID_RANGE, step
from app.workshops.unlock import Unlocked, UnlockOutcome


def unlocked_text(unlocked: Unlocked) -> str:
    """What changed and what is left, in a sentence or two.

    Raises: ValueError: the workshop did not open.
    """
    title = f"“{unlocked.title}”"
    match unlocked.outcome:
        case UnlockOutcome.UNLOCKED:
            return f"{title} is unlocked. {used_text(unlocked.balance_credits)}{_next(unlocked)}"
        case UnlockOutcome.ALREADY:
            return f"{title} was unlocked already. No credit was used."
        case UnlockOutcome.GRANDFATHERED:
            return f"{title} is from the time before the paywall, so it is open. No credit was used."
        case UnlockOutcome.DISABLED:
            return f"All steps of {title} are open at present. No credit was used."
        case UnlockOutcome.DELETED | UnlockOutcome.NOT_ENOUGH:
            raise ValueError(f"{unlocked.outcome} opens nothing")
        case _:
            assert_never(unlocked.outcome)


def used_text(balance_credits: int) -> str:
    """What it took and what is left: "1 credit used — 2 remaining."."""
    return f"{credits(UNLOCK_PRICE_CREDITS)} used — {balance_credits} remaining."


def _next(unlocked: Unlocked) -> str:
    """Which step comes first, for a workshop that does not stand at the gate."""
    current = step(unlocked.current_slug)
    if current not in FREE_STEPS:
        return ""
    return f" Steps {PAID_RANGE} are open now; step {current.number}, {current.name}, comes first."
