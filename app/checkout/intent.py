"""Carries out what a purchase shall do once it is paid: nothing, or unlock a workshop."""

from datetime import datetime

from app.checkout.purchases import Purchase, note_intent
from app.ledger.posting import Actor
from app.workshops.access import PaywallRules
from app.workshops.unlock import UnlockOutcome, unlock_within

OUTCOMES = {
    UnlockOutcome.UNLOCKED: "unlocked",
    UnlockOutcome.ALREADY: "already_open",
    UnlockOutcome.GRANDFATHERED: "already_open",
    UnlockOutcome.DISABLED: "already_open",
    UnlockOutcome.DELETED: "deleted",
    UnlockOutcome.NOT_ENOUGH: "not_enough",
}
RETURNED = "returned"


async def carry_out_intent(
    purchase: Purchase,
    *,
    rules: PaywallRules,
    now: datetime,
    actor: Actor,
    request_id: str | None,
    is_returned: bool,
) -> str | None:
    """Unlock the workshop that was bought for, and note how that ended; the credits stay in any case.

    With all of its money back (`is_returned`) a purchase wants nothing any more, whatever else the person has.
    Inside: the caller's tx, which holds the person's row and has counted the purchase.
    """
    if purchase.unlock_workshop_id is None:
        return None
    if is_returned:
        await note_intent(purchase.id, RETURNED)
        return RETURNED
    ended = await unlock_within(
        purchase.user_id,
        purchase.unlock_workshop_id,
        rules=rules,
        now=now,
        actor=actor,
        request_id=request_id,
    )
    await note_intent(purchase.id, OUTCOMES[ended])
    return OUTCOMES[ended]
