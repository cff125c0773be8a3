"""Decides which rows of a ledger the filters let through, as conditions of a statement. Knows no page and no order.

Only what is asked for stands in a condition: with every filter in it, each able to be NULL, the planner expects one
row, and sorts a whole ledger to show a page of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ledger.rules import Status
from app.transactions.asking import Filters

FAILED_FOR = timedelta(days=30)  # how long a failed payment stands in the list unasked

AT = "coalesce(t.posted_at, t.created_at)"
FAILED_LATELY = """(t.status <> 'failed'
        OR coalesce((SELECT closed_at FROM purchases WHERE id = t.purchase_id), t.created_at) >= {})"""

# What is searched, from the cheap to the dear. Our own ids are in lower case.
SAID = ("lower(t.description) LIKE {0}", "lower(t.workshop_title) LIKE {0}")
REFERENCES = (
    "t.id LIKE {0}",
    "t.purchase_id LIKE {0}",
    "lower(t.stripe_session_id) LIKE {0}",
    "t.purchase_id IN (SELECT id FROM purchases WHERE clerk_user_id = $1 AND lower(payment_intent) LIKE {0})",
)
TITLED = """t.workshop_title IS NULL AND t.workshop_id IS NOT NULL  -- else it is the title of that day
   AND t.workshop_id IN (SELECT id FROM workshops WHERE clerk_user_id = $1 AND lower(title) LIKE {0})"""
PATTERN = "(SELECT lower({0}::text))"  # once, not once a row
NONE = "false"


@dataclass(frozen=True, slots=True)
class Matching:
    """Conditions on a row `t` of the person `$1`: of one that counts, and of one that does not.

    `values` are those of the parameters that follow the statement's own.
    """

    counted: str
    uncounted: str
    values: tuple[object, ...]


def matching(filters: Filters, *, now: datetime, after: int) -> Matching:
    """What the filters ask of a row, in a statement that has `after` parameters of its own.

    Failed payments of more than 30 days ago match only where the status asks for them.
    """
    shared, values = [], []
    for clause, content in _asked(filters):
        values.append(content)
        shared.append(clause.format(f"${after + len(values)}"))
    only_uncounted = []
    if filters.status in (Status.PENDING, Status.FAILED):
        values.append(filters.status)
        only_uncounted.append(f"t.status = ${after + len(values)}")
    elif filters.status is None:
        values.append(now - FAILED_FOR)
        only_uncounted.append(FAILED_LATELY.format(f"${after + len(values)}"))
    return Matching(
        counted=_all(shared) if filters.status in (None, Status.COMPLETED) else NONE,
        uncounted=_all(shared + only_uncounted) if filters.status != Status.COMPLETED else NONE,
        values=tuple(values),
    )


def _asked(filters: Filters) -> Iterator[tuple[str, object]]:
    if filters.kind is not None:
        yield "t.type = {}", filters.kind
    if filters.workshop_id is not None:
        yield "t.workshop_id = {}", filters.workshop_id
    if filters.first_at is not None:
        yield f"{AT} >= {{}}", filters.first_at
    if filters.last_at is not None:
        yield f"{AT} <= {{}}", filters.last_at
    if filters.text is not None:
        yield _holds(filters.text), literally(filters.text)


def _holds(text: str) -> str:
    """The condition that a row says this text; no reference of ours or of Stripe's holds a blank or an accent."""
    is_reference = text.isascii() and " " not in text
    ways = (*SAID, TITLED, *(REFERENCES if is_reference else ()))
    return f"({' OR '.join(ways)})".format(PATTERN)


def literally(text: str) -> str:
    """The pattern of LIKE that stands for this text somewhere, whatever characters are in it."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


def _all(conditions: list[str]) -> str:
    return " AND ".join(conditions) or "true"
