"""Decides which hints there are, and puts each away for good. Knows no page and no words."""

from enum import StrEnum

from app.database import row
from app.errors import BadInput


class Hint(StrEnum):
    """A note on a place that a person meets for the first time."""

    GATE = "gate"
    HISTORY = "history"


_PUT_AWAY = {
    Hint.GATE: "UPDATE users SET gate_hint_seen = true WHERE clerk_user_id = $1 AND NOT gate_hint_seen",
    Hint.HISTORY: "UPDATE users SET history_hint_seen = true WHERE clerk_user_id = $1 AND NOT history_hint_seen",
}


def hint_of(name: str) -> Hint:
    """The hint of that name. Raises: BadInput: there is none."""
    try:
        return Hint(name)
    except ValueError as error:
        raise BadInput(hint="There is no such hint.") from error


async def put_away(user_id: str, hint: Hint) -> None:
    """Remember that the person has read a hint. Repeat: changes nothing."""
    await row(_PUT_AWAY[hint], user_id)
