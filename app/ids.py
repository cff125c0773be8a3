"""Makes our own ids: a prefix that says what it names, then a UUIDv7, so that ids sort by age."""

from typing import Literal

from typeid import TypeID

Prefix = Literal["usr", "ws", "ctx", "pur", "evt", "stp", "idn", "lnk", "ses"]


def new_id(prefix: Prefix) -> str:
    """A fresh id such as `pur_01k…`: 74 random bits, made before anything is stored under it."""
    return str(TypeID(prefix=prefix))
