"""Decides what is said after an unlock. Pure; each outcome has its own words."""

from collections.abc import Mapping
from typing import assert_never

from app.catalog.packs import UNLOCK_PRICE_CREDITS
from app.web.filters import balance_text, credits, figure
from app.web.words import marked, said
from app.workshops.steps import FREE_STEPS, PAID_RANGE, step
from app.workshops.undo import Undone
from app.workshops.undo_window import UNDO_MINUTES, Barrier
from app.workshops.unlock import Unlocked, UnlockOutcome

_BARRIERS: Mapping[Barrier, str] = {
    Barrier.NOT_UNLOCKED: marked("This workshop is not unlocked, so there is nothing to undo."),
    Barrier.COMPLETED: marked("The workshop is completed and has its Build Pack."),
    Barrier.NOTES_SAVED: marked("Something was saved on steps %(steps)s since it was unlocked."),
    Barrier.TOO_LATE: marked("An unlock can be undone for %(minutes)s minutes, and those are over."),
}


def unlocked_text(unlocked: Unlocked) -> str:
    """What changed and what is left, in a sentence or two.

    Raises: ValueError: the workshop did not open.
    """
    title = unlocked.title
    match unlocked.outcome:
        case UnlockOutcome.UNLOCKED:
            told = said("“%(title)s” is unlocked.", title=title)
            return f"{told} {used_text(unlocked.balance_credits)}{_next(unlocked)}"
        case UnlockOutcome.ALREADY:
            return said("“%(title)s” was unlocked already. No credit was used.", title=title)
        case UnlockOutcome.GRANDFATHERED:
            told = marked(
                "“%(title)s” is from the time before the paywall, so it is open. No credit was used."
            )
            return said(told, title=title)
        case UnlockOutcome.DISABLED:
            return said("All steps of “%(title)s” are open at present. No credit was used.", title=title)
        case UnlockOutcome.DELETED | UnlockOutcome.NOT_ENOUGH:
            raise ValueError(f"{unlocked.outcome} opens nothing")
        case _:
            assert_never(unlocked.outcome)


def used_text(balance_credits: int) -> str:
    """What it took and what is left: "1 credit used — 2 remaining."."""
    return said(
        "%(credits)s used — %(number)s remaining.",
        credits=credits(UNLOCK_PRICE_CREDITS),
        number=figure(balance_credits),
    )


def undone_text(undone: Undone) -> str:
    """What came back, and what there is now."""
    values = {"title": undone.title, "balance": balance_text(undone.balance_credits)}
    if undone.is_repeat:
        told = marked(
            "The unlock of “%(title)s” is undone already, and its credit came back once — %(balance)s now."
        )
        return said(told, **values)
    told = marked(
        "The unlock of “%(title)s” is undone. %(credits)s came back — %(balance)s now. Your notes are kept."
    )
    return said(told, credits=credits(UNLOCK_PRICE_CREDITS), **values)


def stays_text(barrier: Barrier) -> str:
    """Why an unlock cannot be undone."""
    return said(_BARRIERS[barrier], steps=PAID_RANGE, minutes=UNDO_MINUTES)


def _next(unlocked: Unlocked) -> str:
    """Which step comes first, for a workshop that does not stand at the gate."""
    current = step(unlocked.current_slug)
    if current not in FREE_STEPS:
        return ""
    told = marked("Steps %(steps)s are open now; step %(number)s, %(name)s, comes first.")
    return " " + said(told, steps=PAID_RANGE, number=current.number, name=said(current.name))
