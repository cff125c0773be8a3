"""Decides which rows of a ledger the filters let through, as conditions of a statement. Knows no page and no order.

Only what is asked for stands in a condition: with every filter in it, each able to be NULL, the planner expects one
row, and sorts a whole ledger to show a page of it.
"""

import re
from collections.abc import Iterable, Iterator
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


@dataclass(frozen=True, slots=True)
class Condition:
    """What is asked of a row `t` of the person `$1`, and the values of the parameters in it."""

    sql: str
    values: tuple[object, ...] = ()


NONE = Condition("false")


@dataclass(frozen=True, slots=True)
class Matching:
    """What the filters ask of a row that counts, and of one that does not.

    In one statement with both of them `values` are those of all parameters.
    """

    counted: Condition
    uncounted: Condition
    values: tuple[object, ...]


def matching(filters: Filters, *, now: datetime, after: int) -> Matching:
    """What the filters ask of a row, in a statement that has `after` parameters of its own.

    Failed payments of more than 30 days ago match only where the status asks for them.
    """
    both = _numbered(_asked(filters), after)
    own = _numbered(_asked_of_uncounted(filters, now), after + len(both.values))
    every = Condition(f"{both.sql} AND {own.sql}", both.values + own.values)
    return Matching(
        counted=both if filters.status in (None, Status.COMPLETED) else NONE,
        uncounted=every if filters.status != Status.COMPLETED else NONE,
        values=both.values if filters.status == Status.COMPLETED else every.values,
    )


def _numbered(clauses: Iterable[tuple[str, object]], after: int) -> Condition:
    asked = list(clauses)
    numbered = [clause.format(f"${number}") for number, (clause, _) in enumerate(asked, start=after + 1)]
    return Condition(" AND ".join(numbered) or "true", tuple(content for _, content in asked))


def _asked_of_uncounted(filters: Filters, now: datetime) -> Iterator[tuple[str, object]]:
    if filters.status is None:
        yield FAILED_LATELY, now - FAILED_FOR
    elif filters.status != Status.COMPLETED:
        yield "t.status = {}", filters.status


def _asked(filters: Filters) -> Iterator[tuple[str, object]]:
    if filters.kind is not None:
        yield "t.type = {}", filters.kind
    if filters.workshop_id is not None:
        yield "t.workshop_id = {}", filters.workshop_id
    if filters.first_at is not None:
        yield f"{AT} >= {{}}", filters.first_at
    if filters.last_at is not None:
        yield f"{AT} <= {{}}", filters.last_at
    if filters.month is not None:
        yield f"{AT} >= {{}}", filters.month.start_at
        yield f"{AT} < {{}}", filters.month.end_at
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
