"""Decides where a page of the history begins. Pure; what it writes into an address is for nobody else to read."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)
LAST_SEQ = 2**63 - 1
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list: first the rows that do not count, by age, then the counted ones by `seq`.

    A page holds the uncounted rows before (`at`, `row_id`) and the counted ones before `seq`.
    """

    at: datetime
    row_id: str
    seq: int

    def __str__(self) -> str:
        plain = f"{self.at.isoformat()} {self.row_id} {self.seq}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


NEWEST = Cursor(END, "~", LAST_SEQ)


def after_uncounted(at: datetime, row_id: str) -> Cursor:
    """The place below a row that does not count: all counted rows are still to come."""
    return Cursor(at, row_id, LAST_SEQ)


def after_counted(seq: int) -> Cursor:
    """The place below a counted row: no uncounted row is left."""
    return Cursor(BEGINNING, "~", seq)


def cursor(text: str) -> Cursor | None:
    """The place that a cursor names, or None when it cannot be read."""
    try:
        at, row_id, seq = (
            base64.urlsafe_b64decode(text[:LONGEST] + "=" * (-len(text) % 4)).decode("ascii").split(" ")
        )
        place = Cursor(datetime.fromisoformat(at).astimezone(UTC), row_id, int(seq))
    except (ValueError, OverflowError, binascii.Error):  # a UnicodeDecodeError is a ValueError
        return None
    is_whole = str(place) == text and place.row_id.isprintable() and 0 < place.seq <= LAST_SEQ
    return place if is_whole else None
