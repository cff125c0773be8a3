"""Decides what an unlock does: one credit opens one workshop for good. Knows nothing of HTTP or Stripe."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import asyncpg
import structlog

from app.catalog.packs import UNLOCK_PRICE_CREDITS
from app.database import repeated_if_undone, row, tx
from app.errors import NotEnoughCredits, NotFound, TryLater
from app.ids import new_id
from app.ledger.posting import Actor, consume
from app.workshops.access import AccessKind, PaywallRules, WorkshopFacts, decide
from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP


class UnlockOutcome(StrEnum):
    """How an unlock ended. Only `UNLOCKED` took a credit."""

    UNLOCKED = "unlocked"
    ALREADY = "already"
    GRANDFATHERED = "grandfathered"
    DISABLED = "disabled"
    DELETED = "deleted"
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """An open workshop: how it came to be open, where it stands, and what is left of the balance."""

    outcome: UnlockOutcome
    title: str
    current_slug: str
    balance_credits: int


log = structlog.get_logger("app.workshops")
_BUSY: Final = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, TimeoutError)
_WITHOUT_CREDIT: Final = {
    AccessKind.UNLOCKED: UnlockOutcome.ALREADY,
    AccessKind.GRANDFATHERED: UnlockOutcome.GRANDFATHERED,
    AccessKind.DISABLED: UnlockOutcome.DISABLED,
}

_STANDING = """
SELECT workshops.title, workshops.current_step, workshops.created_at, workshops.credit_consumed_at,
       users.credit_balance
  FROM workshops
  JOIN users USING (clerk_user_id)
 WHERE workshops.id = $1
   AND workshops.clerk_user_id = $2
   AND workshops.deleted_at IS NULL"""

_THROUGH_THE_GATE = """
WITH passed AS (
  UPDATE workshops
     SET current_step = $3, updated_at = $4
   WHERE id = $1
     AND current_step = $2                                  -- whoever stands elsewhere stays there
  RETURNING id)
INSERT INTO workshop_steps (id, workshop_id, slug, status, created_at, updated_at)
SELECT made.id, passed.id, made.slug, made.status, $4, $4
  FROM passed, (VALUES ($5, $2, 'completed'), ($6, $3, 'in_progress')) AS made (id, slug, status)
    ON CONFLICT (workshop_id, slug) DO UPDATE               -- the rows are there, save in workshops older than billing
   SET status = excluded.status, updated_at = excluded.updated_at"""


@repeated_if_undone
async def unlock(
    user_id: str,
    workshop_id: str,
    *,
    rules: PaywallRules,
    now: datetime,
    actor: Actor,
    request_id: str | None = None,
) -> Unlocked:
    """Open the paid steps of a workshop for one credit, and pass the gate if the workshop stands at it.

    Inside: a tx of its own.
    Repeat: `already`; one credit is taken however many calls run at once.
    Raises: NotFound: deleted, or not theirs. NotEnoughCredits. TryLater: busy; no credit was taken.
    """
    try:
        async with tx():
            outcome = await unlock_within(
                user_id, workshop_id, rules=rules, now=now, actor=actor, request_id=request_id
            )
    except asyncpg.UniqueViolationError as twin:  # it was faster by a moment, and has committed
        outcome = await _outcome_beside(twin, user_id, workshop_id)
    except _BUSY as error:
        raise TryLater("unlock") from error
    if outcome is UnlockOutcome.UNLOCKED:  # what a backup from before it will not have
        log.info("workshop_unlocked", user_id=user_id, workshop_id=workshop_id)
    return _refused_or_open(outcome, await _standing(user_id, workshop_id))


async def unlock_within(
    user_id: str,
    workshop_id: str,
    *,
    rules: PaywallRules,
    now: datetime,
    actor: Actor,
    request_id: str | None = None,
) -> UnlockOutcome:
    """As `unlock`, as a part of something larger; what stands in the way is the answer, never an exception.

    Inside: the caller's tx. A caller that has locked the person's row meets no twin.
    """
    workshop = await _standing(user_id, workshop_id)
    closed = _closed_outcome(workshop, rules)
    if workshop is None or closed is not None:
        return closed or UnlockOutcome.DELETED
    posted = await consume(
        user_id,
        workshop_id,
        price_credits=UNLOCK_PRICE_CREDITS,
        description=f"Unlock of {workshop['title']}",
        workshop_title=workshop["title"],
        actor=actor,
        request_id=request_id,
    )
    if posted is None:  # short of credits, or changed since it was read above
        return _closed_outcome(await _standing(user_id, workshop_id), rules) or UnlockOutcome.NOT_ENOUGH
    made = new_id("stp"), new_id("stp")
    await row(_THROUGH_THE_GATE, workshop_id, LAST_FREE_STEP.slug, FIRST_PAID_SLUG, now, *made)
    return UnlockOutcome.UNLOCKED


async def _standing(user_id: str, workshop_id: str) -> asyncpg.Record | None:
    return await row(_STANDING, workshop_id, user_id)


def _closed_outcome(workshop: asyncpg.Record | None, rules: PaywallRules) -> UnlockOutcome | None:
    """How it ends without any credit; None where one has to be taken."""
    if workshop is None:
        return UnlockOutcome.DELETED
    facts = WorkshopFacts(workshop["created_at"], workshop["credit_consumed_at"])
    access = decide(facts, FIRST_PAID_SLUG, workshop["credit_balance"], rules)
    return _WITHOUT_CREDIT.get(access.kind)


async def _outcome_beside(
    twin: asyncpg.UniqueViolationError, user_id: str, workshop_id: str
) -> UnlockOutcome:
    workshop = await _standing(user_id, workshop_id)
    if workshop is not None and workshop["credit_consumed_at"] is None:
        raise twin  # no twin after all: "already" is never said of a locked workshop
    return UnlockOutcome.ALREADY


def _refused_or_open(outcome: UnlockOutcome, workshop: asyncpg.Record | None) -> Unlocked:
    if workshop is None or outcome is UnlockOutcome.DELETED:
        raise NotFound("workshop")
    if outcome is UnlockOutcome.NOT_ENOUGH:
        raise NotEnoughCredits(price_credits=UNLOCK_PRICE_CREDITS, balance_credits=workshop["credit_balance"])
    return Unlocked(outcome, workshop["title"], workshop["current_step"], workshop["credit_balance"])
