"""Decides what becomes of notes that came when the sign-in had ended: kept for a day, for the browser that typed them.

Only who owns the workshop sees its pages, and only that browser holds the key, so nobody else ever reads a draft.
"""

from datetime import datetime, timedelta

from app.accounts.sessions.session import digest
from app.database import row
from app.ids import new_id
from app.workshops.saving import LONGEST_NOTES, Draft

KEPT_FOR = timedelta(days=1)

_SWEEP = "DELETE FROM drafts WHERE kept_at < $1"

_KEEP = """
INSERT INTO drafts (id, workshop_id, slug, key_hash, notes, version, kept_at)
SELECT $1, workshops.id, $3, $4, $5, $6, $7
  FROM workshops
 WHERE workshops.id = $2
   AND workshops.deleted_at IS NULL
    ON CONFLICT (workshop_id, slug) DO UPDATE
   SET key_hash = excluded.key_hash, notes = excluded.notes, version = excluded.version, kept_at = excluded.kept_at"""

_KEPT = """
SELECT notes, version
  FROM drafts
 WHERE workshop_id = $1
   AND slug = $2
   AND key_hash = $3
   AND kept_at >= $4"""

_DROP = "DELETE FROM drafts WHERE workshop_id = $1 AND slug = $2 AND key_hash = $3"


async def keep_draft(workshop_id: str, slug: str, draft: Draft, *, key: str, now: datetime) -> None:
    """Keep what was typed, in place of what was kept for this step before.

    Repeat: the same. Of a workshop that is not there, and of more than notes can hold, nothing is kept.
    """
    await row(_SWEEP, now - KEPT_FOR)
    if len(draft.notes) <= LONGEST_NOTES:
        await row(_KEEP, new_id("dft"), workshop_id, slug, digest(key), draft.notes, draft.version, now)


async def kept_draft(workshop_id: str, slug: str, *, key: str, now: datetime) -> Draft | None:
    """What this browser typed on a step before its sign-in ended. Inside: the workshop is known to be theirs."""
    found = await row(_KEPT, workshop_id, slug, digest(key), now - KEPT_FOR)
    return Draft(found["notes"], found["version"], moves_on=False) if found else None


async def drop_draft(workshop_id: str, slug: str, *, key: str) -> None:
    """Forget it: the notes are saved. Repeat: changes nothing."""
    await row(_DROP, workshop_id, slug, digest(key))
