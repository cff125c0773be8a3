"""Decides how a workshop comes to be: free, unlocked at once, or waiting for its payment. Knows nothing of HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import asyncpg

from app.accounts.owned import owned
from app.catalog.packs import UNLOCK_PRICE_CREDITS, Catalog
from app.database import repeated_if_undone, row, tx
from app.errors import BadInput, IdempotencyConflict, NotEnoughCredits
from app.ids import new_id
from app.ledger.posting import Actor, lock_user
from app.web.words import said
from app.workshops.access import PaywallRules, WorkshopFacts, decide
from app.workshops.step_rows import begin_first_step, make_steps
from app.workshops.steps import FIRST_PAID_SLUG, FIRST_STEP
from app.workshops.tables import Workshop
from app.workshops.unlock import UnlockOutcome, unlock_within

LONGEST_TITLE = 100
UNTITLED = "New workshop"

Way: TypeAlias = Literal["free", "unlock", "buy"]


@dataclass(frozen=True, slots=True)
class Start:
    """How a workshop is to begin; `pack_slug` names what is bought, and only then."""

    way: Way
    pack_slug: str | None = None


FREE = Start("free")


@dataclass(frozen=True, slots=True)
class NewWorkshop:
    """What the form said. `form_key`: the same form makes one workshop, however often it comes."""

    title: str
    start: Start
    form_key: str | None


@dataclass(frozen=True, slots=True)
class Created:
    """The workshop, how its unlock ended where one was asked for, and the balance after it.

    `is_open`: its paid part is open already; a form that comes a second time may meet that.
    """

    workshop_id: str
    is_open: bool
    outcome: UnlockOutcome | None
    balance_credits: int


_INSERT = """
INSERT INTO workshops (id, clerk_user_id, title, status, current_step, form_key, created_at, updated_at)
VALUES ($1, $2, $3, 'active', $4, $5, $6, $6)
    ON CONFLICT (clerk_user_id, form_key) DO NOTHING      -- waits for a twin that is under way
RETURNING id, title, deleted_at, credit_consumed_at"""

_EARLIER = """
SELECT id, title, deleted_at, credit_consumed_at
  FROM workshops
 WHERE clerk_user_id = $1
   AND form_key = $2"""


def title_of(text: str) -> str:
    """The title as it is stored; one that nobody could see, or press as a link, counts as none.

    Raises: BadInput: it is too long.
    """
    if len(text) > LONGEST_TITLE:
        raise BadInput(
            title=said(
                "A title has up to %(most)s characters; this one has %(number)s.",
                most=LONGEST_TITLE,
                number=len(text),
            )
        )
    return text if any(character.isprintable() for character in text) else UNTITLED


def start_of(text: str, catalog: Catalog) -> Start:
    """What the chosen way means: `free`, `unlock`, or `buy:<pack>`.

    Raises: BadInput: it is none of them.
    """
    way, _, pack_slug = text.partition(":")
    if text in ("", "free"):
        return FREE
    if text == "unlock":
        return Start("unlock")
    if way == "buy" and catalog.pack(pack_slug) is not None:
        return Start("buy", pack_slug)
    raise BadInput(start=said("This cannot be chosen. Please choose one of the ways below."))


def is_choice_needed(rules: PaywallRules, *, now: datetime) -> bool:
    """Whether a workshop made now would have a locked part; if not, there is nothing to choose."""
    return not decide(WorkshopFacts(now, None), FIRST_PAID_SLUG, 0, rules).is_open


@repeated_if_undone
async def create_workshop(
    user_id: str,
    new: NewWorkshop,
    *,
    rules: PaywallRules,
    now: datetime,
    actor: Actor,
    request_id: str | None = None,
) -> Created:
    """Make the workshop with its step rows and, where asked for, unlock it: both or neither.

    One that waits for its payment has no step begun, so that it never passes for a free start.
    Inside: a tx of its own.
    Repeat: the same form is the same workshop; choosing another way the second time takes that way with it.
    Raises: NotEnoughCredits: nothing was created. IdempotencyConflict: the form was used under another title,
        or its workshop is deleted.
    """
    async with tx():
        holder = await lock_user(user_id)  # the person first, as everywhere
        made = await _made(user_id, new, now)
        waits = Created(made["id"], made["credit_consumed_at"] is not None, None, holder.balance_credits)
        if new.start.way == "buy":
            return waits
        await begin_first_step(made["id"], now=now)
        if new.start.way == "free":
            return waits
        outcome = await unlock_within(
            user_id, made["id"], rules=rules, now=now, actor=actor, request_id=request_id
        )
        if outcome is UnlockOutcome.NOT_ENOUGH:
            raise NotEnoughCredits(price_credits=UNLOCK_PRICE_CREDITS, balance_credits=holder.balance_credits)
        used_credits = UNLOCK_PRICE_CREDITS if outcome is UnlockOutcome.UNLOCKED else 0
        left_credits = holder.balance_credits - used_credits
        return Created(made["id"], is_open=True, outcome=outcome, balance_credits=left_credits)


@repeated_if_undone
async def start_free(user_id: str, workshop_id: str, *, now: datetime) -> None:
    """Begin the free steps of a workshop that waited for its payment.

    Inside: a tx of its own. Repeat: changes nothing. Raises: NotFound.
    """
    async with tx():
        await owned(Workshop, user_id, workshop_id)
        await begin_first_step(workshop_id, now=now)


async def _made(user_id: str, new: NewWorkshop, now: datetime) -> asyncpg.Record:
    """The row of the new workshop, or the one that this form made before."""
    values = (new_id("ws"), user_id, new.title, FIRST_STEP.slug, new.form_key, now)
    made = await row(_INSERT, *values)
    if made is not None:
        await make_steps(made["id"], now=now, in_progress_slug=None)
        return made
    earlier = await row(_EARLIER, user_id, new.form_key)
    if earlier is None or earlier["deleted_at"] is not None or earlier["title"] != new.title:
        raise IdempotencyConflict(str(new.form_key))
    return earlier
