"""Decides which rows of a ledger the filters let through, as conditions of a statement. Knows no page and no order.

Only what is asked for stands in a condition: with every filter in it, each able to be NULL, the planner expects one
row, and sorts a whole ledger to show a page of it.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ledger.rules import Status
from app.ledger.statement import LAST_SEQ
from app.transactions.asking import Filters

A_MOMENT = timedelta(microseconds=1)  # moments are stored in whole microseconds
FAILED_FOR = timedelta(days=30)  # how long a failed payment stands in the list unasked

AT = "coalesce(t.posted_at, t.created_at)"
FAILED_LATELY = """(t.status <> 'failed'
        OR coalesce((SELECT closed_at FROM purchases WHERE id = t.purchase_id), t.created_at) >= {})"""

# Moments never run backwards along `seq`, so days are a stretch of a ledger, and only that is read.
SINCE = f"t.seq > {LAST_SEQ.format(so_to='< {0}')}"
UNTIL = f"t.seq <= {LAST_SEQ.format(so_to='<= {0}')}"

# What is searched, from the cheap to the dear. Our own ids are in lower case.
SAID = ("lower(t.description) LIKE {0}", "lower(t.workshop_title) LIKE {0}")
REFERENCES = (
    "t.id LIKE {0}",
    "t.purchase_id LIKE {0}",
    "lower(t.stripe_session_id) LIKE {0}",
    "t.purchase_id IN (SELECT id FROM purchases WHERE clerk_user_id = $1 AND lower(payment_intent) LIKE {0})",
)
UNTITLED = "t.workshop_title IS NULL AND t.workshop_id IS NOT NULL"  # else it is the title of that day
TITLED = f"""{UNTITLED}
   AND t.workshop_id IN (SELECT id FROM workshops WHERE clerk_user_id = $1 AND lower(title) LIKE {{0}})"""
PATTERN = "(SELECT lower({0}::text))"  # once, not once a row


@dataclass(frozen=True, slots=True)
class Condition:
    """What is asked of a row `t` of the person `$1`, and the values of the parameters in it."""

    sql: str
    values: tuple[object, ...] = ()


ALL, NONE = Condition("true"), Condition("false")


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
    counted = _numbered(_asked(filters, since=SINCE, until=UNTIL), after)
    same = _numbered(_asked(filters, since=f"{AT} >= {{0}}", until=f"{AT} <= {{0}}"), after)
    own = _numbered(_asked_of_uncounted(filters, now), after + len(same.values))
    every = Condition(f"{same.sql} AND {own.sql}", same.values + own.values)
    return Matching(
        counted=counted if filters.status in (None, Status.COMPLETED) else NONE,
        uncounted=every if filters.status != Status.COMPLETED else NONE,
        values=counted.values if filters.status == Status.COMPLETED else every.values,
    )


def is_reference(text: str) -> bool:
    """Whether a reference of ours or of Stripe's may hold this: none has a blank or an accent in it."""
    return text.isascii() and " " not in text


def _numbered(clauses: Iterable[tuple[str, object]], after: int) -> Condition:
    asked = list(clauses)
    numbered = [clause.format(f"${number}") for number, (clause, _) in enumerate(asked, start=after + 1)]
    sql = sys.intern(" AND ".join(numbered) or ALL.sql)  # what is remembered of many people says the same
    return Condition(sql, tuple(content for _, content in asked))


def _asked_of_uncounted(filters: Filters, now: datetime) -> Iterator[tuple[str, object]]:
    if filters.status is None:
        yield FAILED_LATELY, now - FAILED_FOR
    elif filters.status != Status.COMPLETED:
        yield "t.status = {}", filters.status


def _asked(filters: Filters, *, since: str, until: str) -> Iterator[tuple[str, object]]:
    if filters.kind is not None:
        yield "t.type = {}", filters.kind
    if filters.workshop_id is not None:
        yield "t.workshop_id = {}", filters.workshop_id
    if filters.first_at is not None:
        yield since, filters.first_at
    if filters.last_at is not None:
        yield until, filters.last_at
    if filters.month is not None:
        yield since, filters.month.start_at
        yield until, filters.month.end_at - A_MOMENT
    if filters.text is not None:
        yield _holds(filters.text), literally(filters.text)


def _holds(text: str) -> str:
    """The condition that a row says this text."""
    ways = (*SAID, TITLED, *(REFERENCES if is_reference(text) else ()))
    return f"({' OR '.join(ways)})".format(PATTERN)


def literally(text: str) -> str:
    """The pattern of LIKE that stands for this text somewhere, whatever characters are in it."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
