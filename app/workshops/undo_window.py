"""Decides whether an unlock can still be undone, from values it is given. Knows nothing of HTTP or SQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNDO_MINUTES = 10
_WINDOW = timedelta(minutes=UNDO_MINUTES)


class Barrier(StrEnum):
    """Why an unlock stays."""

    NOT_UNLOCKED = "not_unlocked"
    COMPLETED = "completed"
    NOTES_SAVED = "notes_saved"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class UndoFacts:
    """What the decision needs to know. `is_written`: on a step behind the gate something was saved or completed."""

    unlocked_at: datetime | None
    is_completed: bool
    is_written: bool


def barrier_of(facts: UndoFacts, now: datetime) -> Barrier | None:
    """What stands in the way of undoing; None while the credit can come back."""
    if facts.unlocked_at is None:
        return Barrier.NOT_UNLOCKED
    if facts.is_completed:
        return Barrier.COMPLETED
    if facts.is_written:
        return Barrier.NOTES_SAVED
    return Barrier.TOO_LATE if now >= open_until(facts.unlocked_at) else None


def open_until(unlocked_at: datetime) -> datetime:
    """The moment from which it is too late."""
    return unlocked_at + _WINDOW
