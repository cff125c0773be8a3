"""Decides what deleting a workshop leaves: the row with its stamp, and every movement of the ledger."""

from datetime import datetime

from app.database import repeated_if_undone, row, tx
from app.errors import NotFound
from app.ledger.posting import lock_user

_DELETE = """
UPDATE workshops
   SET deleted_at = $3, updated_at = $3
 WHERE id = $1
   AND clerk_user_id = $2
   AND deleted_at IS NULL
RETURNING title"""


@repeated_if_undone
async def delete_workshop(user_id: str, workshop_id: str, *, now: datetime) -> str:
    """Put the workshop away for good and say which it was.

    Inside: a tx of its own. It waits for whoever moves the person's credits: a payment that is being counted finds
        its workshop there or gone, never going.
    Raises: NotFound: unknown, another person's, or deleted before.
    """
    async with tx():
        await lock_user(user_id)
        found = await row(_DELETE, workshop_id, user_id, now)
    if found is None:
        raise NotFound("workshop")
    title: str = found["title"]
    return title
