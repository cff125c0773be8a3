"""Workshops as the tests need them, made through the product's own verbs, and a look at what became of them."""

from dataclasses import dataclass

from app.clock import utc_now
from app.database import row, rows
from app.ledger.audit import audit
from app.ledger.posting import Actor
from app.workshops.access import PaywallRules
from app.workshops.creating import FREE, NewWorkshop, Start, create_workshop
from app.workshops.saving import Draft, Saved, save_notes
from app.workshops.steps import FREE_STEPS, LAST_FREE_STEP, STEPS
from app.workshops.unlock import Unlocked, unlock

RULES = PaywallRules()
UNLOCK = Start("unlock")


@dataclass(frozen=True)
class Stored:
    """What the database says of a workshop."""

    current_step: str
    status: str
    is_unlocked: bool
    statuses: dict[str, str]
    notes: dict[str, str]


async def new_workshop(user_id: str, *, title: str = "Launch plan", start: Start = FREE) -> str:
    new = NewWorkshop(title, start, None)
    created = await create_workshop(user_id, new, rules=RULES, now=utc_now(), actor=Actor("user", user_id))
    return created.workshop_id


async def write(
    user_id: str,
    workshop_id: str,
    slug: str,
    notes: str = "Notes",
    *,
    version: int | None = None,
    moves_on: bool = True,
    rules: PaywallRules = RULES,
) -> Saved:
    """Save the notes of a step as its page would."""
    draft = Draft(notes, version, moves_on)
    return await save_notes(user_id, workshop_id, slug, draft, balance_credits=0, rules=rules, now=utc_now())


async def at_step(user_id: str, slug: str, *, title: str = "Launch plan", start: Start = FREE) -> str:
    """A workshop that has been worked through as far as this step."""
    workshop_id = await new_workshop(user_id, title=title, start=start)
    for step in STEPS:
        if step.slug == slug:
            return workshop_id
        await write(user_id, workshop_id, step.slug, f"Notes on {step.name}")
    raise AssertionError(slug)


async def at_gate(user_id: str, *, title: str = "Launch plan") -> str:
    """A workshop at the last free step, with notes on it: one press from the wall."""
    workshop_id = await at_step(user_id, LAST_FREE_STEP.slug, title=title)
    await write(user_id, workshop_id, LAST_FREE_STEP.slug, "Where it hurts", moves_on=False)
    return workshop_id


async def completed(user_id: str) -> str:
    """An unlocked workshop with all steps done."""
    workshop_id = await new_workshop(user_id, start=UNLOCK)
    for step in STEPS:
        await write(user_id, workshop_id, step.slug, f"Notes on {step.name}")
    return workshop_id


async def unlocked(user_id: str, workshop_id: str, *, rules: PaywallRules = RULES) -> Unlocked:
    return await unlock(
        user_id, workshop_id, rules=rules, now=utc_now(), actor=Actor("user", user_id), request_id="req"
    )


async def stored(workshop_id: str) -> Stored:
    workshop = await row("SELECT * FROM workshops WHERE id = $1", workshop_id)
    assert workshop is not None
    steps = await rows("SELECT slug, status, notes FROM workshop_steps WHERE workshop_id = $1", workshop_id)
    return Stored(
        current_step=workshop["current_step"],
        status=workshop["status"],
        is_unlocked=workshop["credit_consumed_at"] is not None,
        statuses={each["slug"]: each["status"] for each in steps},
        notes={each["slug"]: each["notes"] for each in steps},
    )


async def balance_of(user_id: str) -> int:
    found = await row("SELECT credit_balance FROM users WHERE clerk_user_id = $1", user_id)
    assert found is not None
    return int(found["credit_balance"])


async def consumptions_of(user_id: str) -> list[str | None]:
    """The workshops that were paid for, in the order of the ledger."""
    found = await rows(
        "SELECT workshop_id FROM credit_transactions"
        " WHERE clerk_user_id = $1 AND type = 'consumption' ORDER BY seq",
        user_id,
    )
    return [each["workshop_id"] for each in found]


FREE_SLUGS = [step.slug for step in FREE_STEPS]


async def findings_of(user_id: str) -> list[str]:
    """What the audit of the books has to say about one person."""
    return [finding for finding in await audit() if finding.startswith(user_id)]
