"""Decides what undoing an unlock does: credit, stamp and step go back together. Knows nothing of HTTP or Stripe."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.database import repeated_if_undone, row, rows, tx
from app.errors import NotFound
from app.ledger.posting import Actor, lock_user
from app.ledger.reversal import reverse
from app.workshops.errors import UnlockStays
from app.workshops.reading import WorkshopRecord, workshop_of
from app.workshops.steps import LAST_FREE_STEP, PAID_STEPS
from app.workshops.undo_window import Barrier, barrier_of


@dataclass(frozen=True, slots=True)
class Undone:
    """An unlock that is undone, and what there is now. `is_repeat`: it was undone before; nothing was written."""

    title: str
    balance_credits: int
    is_repeat: bool


_HOLD = """
SELECT id
  FROM workshops
 WHERE id = $1
   AND clerk_user_id = $2
   AND deleted_at IS NULL
   FOR NO KEY UPDATE                                   -- whoever saves notes waits, or is waited for"""

_UNLOCKS = """
SELECT taken.id, given.id IS NOT NULL AS is_undone
  FROM credit_transactions taken
  LEFT JOIN credit_transactions given ON given.reverses_id = taken.id
 WHERE taken.workshop_id = $1
   AND taken.clerk_user_id = $2
   AND taken.type = 'consumption'
 ORDER BY taken.seq DESC"""

_BACK_TO_THE_GATE = """
WITH back AS (
  UPDATE workshops
     SET current_step = $2, updated_at = $4
   WHERE id = $1
     AND current_step = ANY ($3)                       -- whoever stands before the gate stays there
  RETURNING id)
UPDATE workshop_steps
   SET status = CASE slug WHEN $2 THEN 'in_progress' ELSE 'not_started' END, updated_at = $4
  FROM back
 WHERE workshop_id = back.id
   AND (slug = $2 OR slug = ANY ($3))"""


async def standing_unlock(user_id: str, workshop_id: str) -> str | None:
    """The movement that unlocked this workshop, unless it was undone."""
    newest = _chosen(await rows(_UNLOCKS, workshop_id, user_id), None)
    return None if newest is None or newest["is_undone"] else newest["id"]


@repeated_if_undone
async def undo_unlock(
    user_id: str,
    workshop_id: str,
    unlock_id: str | None,
    *,
    now: datetime,
    actor: Actor,
    request_id: str | None = None,
) -> Undone:
    """Give the credit of an unlock back, close the paid steps and stand at the gate again.

    Shape: `unlock_id` names the movement to be undone, so that a late press leaves a newer unlock alone; without it,
        the newest.
    Inside: a tx of its own; the person's row first, then the workshop's.
    Repeat: the same, as a repeat; one credit comes back however often it is pressed.
    Raises: NotFound: deleted, or not theirs. UnlockStays: too late, and why; nothing was changed.
    """
    async with tx():
        holder = await lock_user(user_id)
        workshop = await _held(user_id, workshop_id, now)
        unlock = _chosen(await rows(_UNLOCKS, workshop_id, user_id), unlock_id)
        if unlock is not None and unlock["is_undone"]:
            return Undone(workshop.title, holder.balance_credits, is_repeat=True)
        barrier = barrier_of(workshop.undo_facts, now)
        if unlock is None or barrier is not None:
            raise UnlockStays(barrier or Barrier.NOT_UNLOCKED, title=workshop.title)
        words = f"Unlock of {workshop.title} undone"
        given = await reverse(unlock["id"], description=words, actor=actor, request_id=request_id)
        await row(
            _BACK_TO_THE_GATE, workshop_id, LAST_FREE_STEP.slug, [each.slug for each in PAID_STEPS], now
        )
        return Undone(workshop.title, given.balance_after_credits, is_repeat=False)


async def _held(user_id: str, workshop_id: str, now: datetime) -> WorkshopRecord:
    if await row(_HOLD, workshop_id, user_id) is None:
        raise NotFound("workshop")
    return await workshop_of(user_id, workshop_id, now=now)


def _chosen(unlocks: list[asyncpg.Record], unlock_id: str | None) -> asyncpg.Record | None:
    return next((each for each in unlocks if unlock_id in (None, each["id"])), None)
