"""Decides when and where an open page looks again by itself, and when it has looked for long enough. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Poll:
    """The next look of an open page."""

    href: str
    delay_seconds: int


def tries_in(query: Mapping[str, str]) -> int | None:
    """How many looks the address of this one says were made before; None for a page that is opened."""
    tries = query.get("try", "")
    return int(tries) if tries.isascii() and tries.isdecimal() and len(tries) < 4 else None


def next_look(href: str, tries: int, delays_seconds: Sequence[int]) -> Poll | None:
    """The look that follows so many looks at an address; None after the last delay."""
    if tries >= len(delays_seconds):
        return None
    return Poll(f"{href}{'&' if '?' in href else '?'}try={tries + 1}", delays_seconds[tries])
