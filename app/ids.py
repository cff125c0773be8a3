"""Makes our own ids: a prefix that says what it names, then a UUIDv7, so that ids sort by age; and knows what is none."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from typeid import TypeID

LONGEST_ID = 255

Prefix = Literal["usr", "ws", "ctx", "pur", "evt", "stp", "idn", "lnk", "ses", "dft", "aud", "ret"]


def new_id(prefix: Prefix) -> str:
    """A fresh id such as `pur_01k…`: 74 random bits, made before anything is stored under it."""
    return str(TypeID(prefix=prefix))


def lowest_id(prefix: Prefix, at: datetime) -> str:
    """What sorts before every id that is made from this moment on, and after all older ones."""
    number = UUID(int=int(at.timestamp() * 1000) << 80)
    return str(TypeID.from_uuid(number, prefix))  # type: ignore[arg-type]  # it asks for the number alone


def is_id(text: str) -> bool:
    """True for what can be an id of ours or of Stripe's: they are opaque, but printable and short.

    PostgreSQL refuses NUL and lone surrogates with an error; what holds them is just not there.
    """
    return 0 < len(text) <= LONGEST_ID and text.isascii() and text.isprintable()
