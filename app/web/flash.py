"""Decides how one sentence travels from an act to the next page. Knows no request and no cookie."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["done", "note", "problem"]
KINDS: tuple[Kind, ...] = ("done", "note", "problem")
LONGEST_TEXT = 600


@dataclass(frozen=True, slots=True)
class Link:
    """Where a sentence leads: a verb with its noun, and a path of ours."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Flash:
    """What changed and what is left, said once, first on the next page."""

    kind: Kind
    text: str
    link: Link | None = None


def packed(flash: Flash) -> str:
    """The flash as text that fits a cookie."""
    words = asdict(flash) | {"text": flash.text[:LONGEST_TEXT]}
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode().rstrip("=")


def unpacked(text: str) -> Flash | None:
    """The flash again, or None when the text is none."""
    try:
        words = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        link = words["link"]
        return Flash(words["kind"], words["text"], Link(**link) if link else None)
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
