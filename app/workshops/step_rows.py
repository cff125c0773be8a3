"""Decides that every workshop has a row for each step. Knows nothing of notes or access."""

from datetime import datetime

from app.database import row
from app.ids import new_id
from app.workshops.steps import FIRST_STEP, STEPS

_MAKE = """
INSERT INTO workshop_steps (id, workshop_id, slug, status, created_at, updated_at)
SELECT made.id, $1, made.slug, CASE made.slug WHEN $2 THEN 'in_progress' ELSE 'not_started' END, $3, $3
  FROM unnest($4::text[], $5::text[]) AS made (id, slug)
    ON CONFLICT (workshop_id, slug) DO NOTHING"""

_BEGIN = """
UPDATE workshop_steps
   SET status = 'in_progress', updated_at = $3
 WHERE workshop_id = $1
   AND slug = $2
   AND status = 'not_started'"""


async def make_steps(workshop_id: str, *, now: datetime, in_progress_slug: str | None) -> None:
    """Write the rows that the workshop lacks; `in_progress_slug` names the one that is worked on, if any.

    Repeat: changes nothing.
    """
    ids = [new_id("stp") for _ in STEPS]
    await row(_MAKE, workshop_id, in_progress_slug, now, ids, [step.slug for step in STEPS])


async def begin_first_step(workshop_id: str, *, now: datetime) -> None:
    """The first step is worked on. Repeat: changes nothing."""
    await row(_BEGIN, workshop_id, FIRST_STEP.slug, now)
