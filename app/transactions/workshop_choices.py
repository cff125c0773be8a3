"""Reads which workshops the history can be narrowed to. Knows no page."""

from dataclasses import dataclass

from app.database import rows

MOST_CHOICES = 50
NEWEST_ROWS = 500  # where they are looked for

LATEST = f"""
SELECT n.workshop_id, coalesce(w.title, n.workshop_title) AS title, (w.deleted_at IS NOT NULL) AS is_deleted
  FROM (SELECT * FROM (
        SELECT DISTINCT ON (r.workshop_id) r.workshop_id, r.workshop_title, r.seq
          FROM (SELECT workshop_id, workshop_title, seq FROM credit_transactions
                 WHERE clerk_user_id = $1 AND seq IS NOT NULL ORDER BY seq DESC LIMIT {NEWEST_ROWS}) r
         WHERE r.workshop_id IS NOT NULL
         ORDER BY r.workshop_id, r.seq DESC) each
         ORDER BY seq DESC LIMIT {MOST_CHOICES}) n
  LEFT JOIN LATERAL (SELECT * FROM workshops WHERE id = n.workshop_id AND clerk_user_id = $1 OFFSET 0) w ON true
 ORDER BY n.seq DESC"""

ONE = """
SELECT t.workshop_id, coalesce(w.title, t.workshop_title) AS title, (w.deleted_at IS NOT NULL) AS is_deleted
  FROM credit_transactions t LEFT JOIN workshops w ON w.id = t.workshop_id AND w.clerk_user_id = $1
 WHERE t.clerk_user_id = $1 AND t.workshop_id = $2
 ORDER BY t.seq DESC
 LIMIT 1"""


@dataclass(frozen=True, slots=True)
class NamedWorkshop:
    """A workshop that the history can be narrowed to."""

    workshop_id: str
    title: str
    is_deleted: bool


async def workshop_choices(user_id: str, *, chosen: str | None) -> tuple[NamedWorkshop, ...]:
    """The workshops that the person's newest rows are about, the latest first; then the chosen one, if it is older."""
    found = await _named(LATEST, user_id)
    is_listed = chosen is None or any(each.workshop_id == chosen for each in found)
    return found if is_listed else (*found, *await _named(ONE, user_id, chosen))


async def chosen_workshop(user_id: str, chosen: str | None) -> tuple[NamedWorkshop, ...]:
    """The one that was chosen, if any of the person's rows is about it."""
    return () if chosen is None else await _named(ONE, user_id, chosen)


async def _named(sql: str, *values: str | None) -> tuple[NamedWorkshop, ...]:
    found = await rows(sql, *values)
    return tuple(
        NamedWorkshop(each["workshop_id"], each["title"] or "", each["is_deleted"]) for each in found
    )
