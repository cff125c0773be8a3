"""Decides what is said after an unlock. Pure; each outcome has its own words."""

from collections.abc import Mapping
from typing import assert_never

from app.catalog.packs import UNLOCK_PRICE_CREDITS
from app.web.filters import balance_text, credits
from app.workshops.steps import FREE_STEPS, PAID_RANGE, step
from app.workshops.undo import Undone
from app.workshops.undo_window import UNDO_MINUTES, Barrier
from app.workshops.unlock import Unlocked, UnlockOutcome

_BARRIERS: Mapping[Barrier, str] = {
    Barrier.NOT_UNLOCKED: "This workshop is not unlocked, so there is nothing to undo.",
    Barrier.COMPLETED: "The workshop is completed and has its Build Pack.",
    Barrier.NOTES_SAVED: f"Something was saved on steps {PAID_RANGE} since it was unlocked.",
    Barrier.TOO_LATE: f"An unlock can be undone for {UNDO_MINUTES} minutes, and those are over.",
}


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


def undone_text(undone: Undone) -> str:
    """What came back, and what there is now."""
    now = f"{balance_text(undone.balance_credits)} now"
    if undone.is_repeat:
        return f"The unlock of “{undone.title}” is undone already, and its credit came back once — {now}."
    back = f"{credits(UNLOCK_PRICE_CREDITS)} came back — {now}"
    return f"The unlock of “{undone.title}” is undone. {back}. Your notes are kept."


def stays_text(barrier: Barrier) -> str:
    """Why an unlock cannot be undone."""
    return _BARRIERS[barrier]


def _next(unlocked: Unlocked) -> str:
    """Which step comes first, for a workshop that does not stand at the gate."""
    current = step(unlocked.current_slug)
    if current not in FREE_STEPS:
        return ""
    return f" Steps {PAID_RANGE} are open now; step {current.number}, {current.name}, comes first."
