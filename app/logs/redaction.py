"""Takes out of a log line what must never stand in one, in case a library's own words brought it along. Pure."""

import re

_SECRETS = re.compile(
    r"""
    (?P<key>(?:sk|rk|pk)_(?:live|test)_|whsec_|Bearer\s+)[^\s"'\\,;)]+   # Stripe's keys, and whatever is carried as one
  | (?P<address>(?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.-]+)                  # an e-mail address; a long word is read once
  | (?P<card>\b\d(?:[ -]?\d){12,18}\b)                                   # as long as a card's number
  | (?P<detail>DETAIL:[^\n]*?(?=\\n|\n|$))                               # PostgreSQL quotes the row that was in the way
    """,
    re.VERBOSE,
)


def redacted(line: str) -> str:
    """The line with a word of what stood there instead of each secret and each person's address."""
    return _SECRETS.sub(lambda found: f"[{found.lastgroup}]", line)
