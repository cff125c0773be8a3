"""Reads a person's workshop. What lies behind the gate is read only with the decision that it is open in hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import asyncpg

from app.database import row, rows
from app.errors import NotFound
from app.workshops.access import Access, WorkshopFacts
from app.workshops.errors import StepLocked
from app.workshops.step_rows import make_steps
from app.workshops.steps import PAID_STEPS, STEPS, Step, step
from app.workshops.undo_window import UndoFacts

StepStatus: TypeAlias = Literal["not_started", "in_progress", "completed"]


@dataclass(frozen=True, slots=True)
class StepMark:
    """How far one step has come; its notes are not here. `is_written` stays when they are emptied again."""

    step: Step
    status: StepStatus
    has_notes: bool
    is_written: bool


@dataclass(frozen=True, slots=True)
class WorkshopRecord:
    """A workshop as its owner stands in it. Nothing of it comes from a request."""

    id: str
    title: str
    is_completed: bool
    current: Step
    facts: WorkshopFacts
    marks: tuple[StepMark, ...]

    @property
    def completed_count(self) -> int:
        """How many steps are done."""
        return sum(mark.status == "completed" for mark in self.marks)

    @property
    def undo_facts(self) -> UndoFacts:
        """What decides whether its unlock can be undone."""
        is_written = any(mark.is_written for mark in self.marks if mark.step in PAID_STEPS)
        return UndoFacts(self.facts.credit_consumed_at, self.is_completed, is_written)

    def mark(self, slug: str) -> StepMark:
        """The mark of one step."""
        return self.marks[step(slug).number - 1]


@dataclass(frozen=True, slots=True)
class Notes:
    """What a person wrote on one step; `version` moves with every change of it."""

    step: Step
    text: str
    version: int


@dataclass(frozen=True, slots=True)
class UnlockPayment:
    """The purchase that is meant to unlock a workshop and has not been paid (yet)."""

    purchase_id: str
    pack_slug: str
    status: Literal["started", "open", "settling", "failed", "expired"]

    @property
    def is_settling(self) -> bool:
        """True while the money is on its way: nothing more is sold meanwhile."""
        return self.status == "settling"


_WORKSHOP = """
SELECT workshops.id, workshops.title, workshops.status, workshops.current_step, workshops.created_at,
       workshops.credit_consumed_at,
       workshop_steps.slug, workshop_steps.status AS step_status, workshop_steps.notes <> '' AS has_notes,
       workshop_steps.version > 1 OR workshop_steps.status = 'completed' AS is_changed
  FROM workshops
  LEFT JOIN workshop_steps ON workshop_steps.workshop_id = workshops.id
 WHERE workshops.id = $1
   AND workshops.clerk_user_id = $2
   AND workshops.deleted_at IS NULL"""

_NOTES = """
SELECT slug, notes, version
  FROM workshop_steps
 WHERE workshop_id = $1
   AND slug = ANY ($2::text[])"""

_PAYMENT = """
SELECT id, pack, status
  FROM purchases
 WHERE unlock_workshop_id = $1
   AND clerk_user_id = $2
   AND status IN ('started', 'open', 'settling', 'failed', 'expired')
 ORDER BY status = 'settling' DESC, created_at DESC, id DESC      -- money on its way counts before newer attempts
 LIMIT 1"""

_DEBT_CAUSE = """
SELECT id
  FROM credit_transactions
 WHERE clerk_user_id = $1
   AND type = 'refund'
   AND seq IS NOT NULL
   AND balance_after < 0
 ORDER BY seq DESC
 LIMIT 1"""


async def workshop_of(user_id: str, workshop_id: str, *, now: datetime) -> WorkshopRecord:
    """The person's workshop with the marks of all its steps, in order; rows it lacks are made.

    Raises: NotFound: unknown, deleted, or another person's.
    """
    found = await rows(_WORKSHOP, workshop_id, user_id)
    if not found:
        raise NotFound("workshop")
    if len({each["slug"] for each in found if each["slug"]} & {each.slug for each in STEPS}) < len(STEPS):
        await make_steps(workshop_id, now=now, in_progress_slug=found[0]["current_step"])
    return _record(found)


async def notes_of(workshop: WorkshopRecord, access: Access, *steps: Step) -> tuple[Notes, ...]:
    """The notes of these steps, in the order asked for.

    Raises: StepLocked: the decision was that they are closed; nothing was read.
    """
    if not access.is_open:
        raise StepLocked(access)
    found = {each["slug"]: each for each in await rows(_NOTES, workshop.id, [each.slug for each in steps])}
    return tuple(_notes(each, found.get(each.slug)) for each in steps)


async def unlock_payment(user_id: str, workshop_id: str) -> UnlockPayment | None:
    """The latest unpaid purchase that is to unlock this workshop, one whose money is on its way first.

    A reader of the purchases table: its verbs are the checkout's, which workshops may not know.
    """
    found = await row(_PAYMENT, workshop_id, user_id)
    return UnlockPayment(found["id"], found["pack"], found["status"]) if found else None


async def debt_cause(user_id: str) -> str | None:
    """The id of the movement that led into the debt, so that an offer can point at it."""
    found = await row(_DEBT_CAUSE, user_id)
    return found["id"] if found else None


def _record(found: list[asyncpg.Record]) -> WorkshopRecord:
    first, by_slug = found[0], {each["slug"]: each for each in found}
    return WorkshopRecord(
        id=first["id"],
        title=first["title"],
        is_completed=first["status"] == "completed",
        current=step(first["current_step"]),
        facts=WorkshopFacts(first["created_at"], first["credit_consumed_at"]),
        marks=tuple(_mark(each, by_slug.get(each.slug)) for each in STEPS),
    )


def _mark(each: Step, found: asyncpg.Record | None) -> StepMark:
    if found is None:
        return StepMark(each, "not_started", has_notes=False, is_written=False)
    has_notes: bool = found["has_notes"]
    return StepMark(each, found["step_status"], has_notes, is_written=has_notes or found["is_changed"])


def _notes(each: Step, found: asyncpg.Record | None) -> Notes:
    return Notes(each, found["notes"], found["version"]) if found else Notes(each, "", 1)
