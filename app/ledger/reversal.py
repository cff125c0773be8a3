"""Undoes an unlock: the credit comes back as a movement of its own, and the workshop is closed again."""

from datetime import datetime

import asyncpg

from app.database import row
from app.errors import NotFound, NotReversible
from app.ledger import rules
from app.ledger.posting import Actor, Movement, Posted, post
from app.ledger.rules import Kind


async def reverse(
    transaction_id: str,
    *,
    description: str,
    actor: Actor,
    reason: str | None = None,
    request_id: str | None = None,
    at: datetime | None = None,
) -> Posted:
    """Give back what a consumption took and close its workshop again.

    Inside: the caller's tx.
    Repeat: the first reversal; a newer unlock of the same workshop stands.
    Raises: NotFound. NotReversible: it is not a consumption.
    """
    undone = await row("SELECT * FROM credit_transactions WHERE id = $1", transaction_id)
    if undone is None:
        raise NotFound("movement")
    if undone["type"] != Kind.CONSUMPTION:
        raise NotReversible(transaction_id=transaction_id, why=f"it is a {undone['type']}")
    movement = _reversal_of(undone, description, actor, reason, request_id)
    posted = await post(movement, at=at)
    if not posted.repeated and undone["workshop_id"] is not None:
        await row("UPDATE workshops SET credit_consumed_at = NULL WHERE id = $1", undone["workshop_id"])
    return posted


def _reversal_of(
    undone: asyncpg.Record, description: str, actor: Actor, reason: str | None, request_id: str | None
) -> Movement:
    return Movement(
        undone["clerk_user_id"],
        Kind.REVERSAL,
        -undone["amount"],
        description,
        rules.reversal_key(undone["id"]),
        actor,
        workshop_id=undone["workshop_id"],
        workshop_title=undone["workshop_title"],
        purchase_id=undone["purchase_id"],
        reverses_id=undone["id"],
        reason=reason,
        request_id=request_id,
    )
