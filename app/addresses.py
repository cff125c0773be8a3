"""Decides what an e-mail address and a name look like before we keep them. Pure."""

import re
from collections.abc import Mapping
from typing import Any

LONGEST_ADDRESS = 254
LONGEST_NAME = 100

# No quotes, blanks or letters beyond ASCII: look-alikes could otherwise be folded into somebody else's address.
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def is_address(text: str) -> bool:
    """True for a plain address in lower case."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def vouched_address(claims: Mapping[str, Any]) -> str | None:
    """The address that a provider says is the person's; None where it does not say so, or is no plain address."""
    email, verified = claims.get("email"), claims.get("email_verified")
    if not isinstance(email, str) or not (verified is True or verified == "true"):  # some send it as a text
        return None
    return email.lower() if is_address(email.lower()) else None


def told_name(claims: Mapping[str, Any], otherwise: str) -> str:
    """What a provider calls the person, on one line, without what no page can show."""
    for each in (claims.get("name"), claims.get("given_name"), otherwise):
        if isinstance(each, str):
            shown = "".join(letter if letter.isprintable() else " " for letter in each[: 4 * LONGEST_NAME])
            if name := " ".join(shown.split())[:LONGEST_NAME]:
                return name
    return ""
