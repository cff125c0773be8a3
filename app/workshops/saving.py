"""Decides what saving a step's notes does, and when a workshop moves on. Knows nothing of HTTP.

The paywall is asked before the order of the steps, and both before anything is written.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.database import repeated_if_undone, row, tx
from app.errors import BadInput, NotFound
from app.web.filters import figure
from app.web.words import said
from app.workshops.access import PaywallRules, WorkshopFacts, decide
from app.workshops.errors import StaleNotes, StepLocked, StepNotReached
from app.workshops.step_rows import make_steps
from app.workshops.steps import Step, is_reached, step_after

LONGEST_NOTES = 20_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form brought. `version` is that of the notes it was made from; None when it names none."""

    notes: str
    version: int | None
    moves_on: bool


class SaveOutcome(StrEnum):
    """What happened beside the saving."""

    SAVED = "saved"
    MOVED_ON = "moved_on"
    AT_GATE = "at_gate"  # the next step is locked: the notes are saved, nothing else changed
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Saved:
    """The notes are stored, now as `version`; `slug` is the step to show next."""

    outcome: SaveOutcome
    slug: str
    version: int


_HOLD = """
SELECT current_step, created_at, credit_consumed_at
  FROM workshops
 WHERE id = $1
   AND clerk_user_id = $2
   AND deleted_at IS NULL
   FOR NO KEY UPDATE"""

_STORE = """
UPDATE workshop_steps
   SET notes = $3,
       version = version + (notes <> $3)::int,
       status = CASE status WHEN 'not_started' THEN 'in_progress' ELSE status END,
       updated_at = $5
 WHERE workshop_id = $1
   AND slug = $2
   AND (version = $4 OR $4 IS NULL OR notes = $3)     -- the same text again is no conflict: a second click, a reload
RETURNING version"""

_STORED = "SELECT notes, version FROM workshop_steps WHERE workshop_id = $1 AND slug = $2"

_COMPLETE_STEP = """
UPDATE workshop_steps
   SET status = 'completed', updated_at = $3
 WHERE workshop_id = $1
   AND slug = $2
   AND status <> 'completed'"""

_OPEN_NEXT = """
WITH moved AS (
  UPDATE workshops
     SET current_step = $3, updated_at = $4
   WHERE id = $1
     AND current_step = $2                            -- an earlier step, saved again, moves nobody
  RETURNING id)
UPDATE workshop_steps
   SET status = 'in_progress', updated_at = $4
  FROM moved
 WHERE workshop_id = moved.id
   AND slug = $3
   AND workshop_steps.status = 'not_started'"""

_COMPLETE = (
    "UPDATE workshops SET status = 'completed', updated_at = $2 WHERE id = $1 AND status <> 'completed'"
)


@repeated_if_undone
async def save_notes(
    user_id: str,
    workshop_id: str,
    slug: str,
    draft: Draft,
    *,
    balance_credits: int,
    rules: PaywallRules,
    now: datetime,
) -> Saved:
    """Store the notes of a step, and complete it and open the next if the draft moves on.

    Inside: a tx of its own.
    Repeat: the same text again is the same outcome.
    Raises: NotFound. StepLocked, StepNotReached, StaleNotes, BadInput: nothing was written.
    """
    following = step_after(slug)
    async with tx():
        facts, current_slug = await _held(user_id, workshop_id)
        access = decide(facts, slug, balance_credits, rules)
        if not access.is_open:
            raise StepLocked(access)
        _require_turn(slug, current_slug, draft)
        version = await _store(workshop_id, slug, draft, now)
        if not draft.moves_on:
            return Saved(SaveOutcome.SAVED, slug, version)
        if following and not decide(facts, following.slug, balance_credits, rules).is_open:
            return Saved(SaveOutcome.AT_GATE, slug, version)
        outcome = await _move_on(workshop_id, slug, following, now)
        return Saved(outcome, following.slug if following else slug, version)


async def _held(user_id: str, workshop_id: str) -> tuple[WorkshopFacts, str]:
    """The workshop, locked until the transaction ends: an unlock or another save waits."""
    found = await row(_HOLD, workshop_id, user_id)
    if found is None:
        raise NotFound("workshop")
    return WorkshopFacts(found["created_at"], found["credit_consumed_at"]), found["current_step"]


def _require_turn(slug: str, current_slug: str, draft: Draft) -> None:
    if not is_reached(slug, current_slug):
        raise StepNotReached(current_slug=current_slug)
    if len(draft.notes) > LONGEST_NOTES:
        over = len(draft.notes) - LONGEST_NOTES
        raise BadInput(
            notes=said(
                "Notes hold up to %(most)s characters; these are %(over)s too many.",
                most=figure(LONGEST_NOTES),
                over=figure(over),
            )
        )


async def _move_on(workshop_id: str, slug: str, following: Step | None, now: datetime) -> SaveOutcome:
    await row(_COMPLETE_STEP, workshop_id, slug, now)
    if following is None:
        await row(_COMPLETE, workshop_id, now)
        return SaveOutcome.COMPLETED
    await row(_OPEN_NEXT, workshop_id, slug, following.slug, now)
    return SaveOutcome.MOVED_ON


async def _store(workshop_id: str, slug: str, draft: Draft, now: datetime) -> int:
    await make_steps(workshop_id, now=now, in_progress_slug=None)
    stored = await row(_STORE, workshop_id, slug, draft.notes, draft.version, now)
    if stored is not None:
        version: int = stored["version"]
        return version
    there = await row(_STORED, workshop_id, slug)
    if there is None:
        raise NotFound("step")
    raise StaleNotes(stored_notes=there["notes"], version=there["version"])
