"""Takes a way in away from a person, with everything that came by it. Knows no request and no page."""

from dataclasses import dataclass

from app.accounts.errors import WayStays
from app.accounts.sessions.session import digest
from app.accounts.sign_in.ways import WAYS, Way, removable, way_told
from app.database import repeated_if_undone, row, rows, tx
from app.errors import NotFound
from app.settings import Settings
from app.trail import note

END_SESSIONS = "DELETE FROM sessions WHERE clerk_user_id = $1 AND provider = $2 RETURNING token_hash"
END_LINKS = "DELETE FROM sign_in_links WHERE email = $1"


@dataclass(frozen=True, slots=True)
class Removed:
    """The way that is gone, and whether the browser that asked is signed out by that."""

    way: Way
    is_signed_out: bool


async def way_to_remove(user_id: str, way_id: str, settings: Settings, *, locked: bool = False) -> Way:
    """A way in of this person's that may go.

    Raises: NotFound: it is none of theirs. WayStays: nobody could come in without it, or it leads here by itself.
    """
    found = await rows(f"{WAYS} FOR UPDATE" if locked else WAYS, user_id)
    asked = [each for each in found if each["id"] == way_id]
    if not asked:
        raise NotFound("way in")
    if way_id not in removable(user_id, found, settings):
        raise WayStays
    return way_told(asked[0], settings, can_go=True)


@repeated_if_undone
async def remove_way(user_id: str, way_id: str, settings: Settings, *, token: str) -> Removed:
    """Remove a way in, and sign out every browser that came by a way of its kind. `token`: of who asks.

    Inside: a tx of its own; of two that remove the last two ways at once, one finds that its way has to stay.
    Raises: as `way_to_remove`; nothing was changed.
    """
    async with tx():
        way = await way_to_remove(user_id, way_id, settings, locked=True)
        await row("DELETE FROM identities WHERE id = $1", way_id)
        ended = await rows(END_SESSIONS, user_id, way.provider)
        if way.provider == "email":
            await row(END_LINKS, way.whose)
        told = f"by {way.provider}, {len(ended)} browsers signed out"
        who = {"whose": user_id, "actor_id": user_id, "object_id": way_id}
        await note("way_in_removed", actor="user", detail=told, **who)
        return Removed(way, digest(token) in [each["token_hash"] for each in ended])
