"""Reads a person's history, a page at a time. One statement a page, so rows, totals and balance are of one moment.

Counted rows go by `seq`, newest first; rows that do not count stand before them, by age. Knows no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from app.database import rows
from app.errors import NotFound
from app.ledger.rules import Status
from app.transactions.asking import Filters
from app.transactions.cursor import NEWEST, Cursor, after_counted, after_uncounted

PAGE_ROWS = 25
FAILED_FOR = timedelta(days=30)  # how long a failed payment stands in the list unasked
MOST_TOTALLED = (
    10_000  # adding up more would read a whole ledger for one page; who has more without a filter is known
)
NEWEST_ROWS = 2_000  # where the workshops to choose from are looked for


class Stored(Protocol):
    """One row of a hand-written statement, by column; here mostly a movement, as `MOVEMENT` and `MONEY` select it."""

    def __getitem__(self, column: str, /) -> Any: ...


MOVEMENT = """
       t.id, t.type, t.status, t.seq, t.amount, t.balance_after, t.description, t.created_at,
       coalesce(t.posted_at, t.created_at) AS at,
       t.workshop_id, coalesce(w.title, t.workshop_title) AS workshop_title,
       (w.id IS NOT NULL AND w.deleted_at IS NULL) AS workshop_is_there,
       t.purchase_id, p.currency"""

# Minor units: what was paid, or what went back with this row (and, where a refund failed, what came back of that).
MONEY = """
       CASE WHEN t.type <> 'purchase' THEN nullif(-t.returned_cents, 0)
            WHEN t.status <> 'failed' THEN p.amount_cents END AS money_cents"""

JOINED = """
  FROM credit_transactions t
  LEFT JOIN purchases p ON p.id = t.purchase_id AND p.clerk_user_id = t.clerk_user_id
  LEFT JOIN workshops w ON w.id = t.workshop_id AND w.clerk_user_id = t.clerk_user_id"""

# For the rows of a page. OFFSET 0 has them looked up row by row, in the order of the index: as a plain join, planned for
# an average person, a long ledger would be fetched and sorted whole to show one page of it.
LOOKED_UP = """
  FROM credit_transactions t
  LEFT JOIN LATERAL (
       SELECT * FROM purchases WHERE id = t.purchase_id AND clerk_user_id = t.clerk_user_id OFFSET 0) p ON true
  LEFT JOIN LATERAL (
       SELECT * FROM workshops WHERE id = t.workshop_id AND clerk_user_id = t.clerk_user_id OFFSET 0) w ON true"""

AT = "coalesce(t.posted_at, t.created_at)"
SAID = "t.description, t.workshop_title, w.title, t.id, t.purchase_id, t.stripe_session_id, p.payment_intent"

# Only what is asked for stands in the statement: with every filter in it, each able to be NULL, the planner expects
# one row, and sorts a whole ledger to show a page of it.
CLAUSES = {
    "kind": "t.type = {}",
    "status": "t.status = {}",
    "workshop_id": "t.workshop_id = {}",
    "first_at": f"{AT} >= {{}}",
    "last_at": f"{AT} <= {{}}",
    # strpos: `%`, `_` and quotes are characters like any other; chr(31) stands in nothing that can be searched for
    "text": f"strpos(lower(concat_ws(chr(31), {SAID})), lower({{}}::text)) > 0",
}
UNCOUNTED = "t.status = {} AND t.seq IS NULL"  # spares a look at every counted row
FAILED_LATELY = "(t.status <> 'failed' OR coalesce(p.closed_at, t.created_at) >= {})"

TOTALLED = str(MOST_TOTALLED + 1)
# Without a filter the number of the newest row says how many there are: a ledger too long to add up is not read.
TOTALLED_UNFILTERED = f"""
(SELECT CASE WHEN ledger_seq > {MOST_TOTALLED} THEN 0 ELSE {TOTALLED} END FROM users WHERE clerk_user_id = $1)"""

PAGE = f"""
WITH uncounted AS (
SELECT {MOVEMENT}, {MONEY} {LOOKED_UP}
 WHERE t.clerk_user_id = $1 AND {{matching}}
   AND t.seq IS NULL AND (t.created_at, t.id) < ($2, $3)
 ORDER BY t.created_at DESC, t.id DESC LIMIT {{rows}}
), counted AS (
SELECT {MOVEMENT}, {MONEY} {LOOKED_UP}
 WHERE t.clerk_user_id = $1 AND {{matching}}
   AND t.seq < $4
 ORDER BY t.seq DESC LIMIT {{rows}}
), matching AS (
SELECT t.seq, t.type, t.amount, p.currency, {MONEY} {JOINED}
 WHERE t.clerk_user_id = $1 AND {{matching}}
 LIMIT {{totalled}}
), per_currency AS (
SELECT currency, count(*) AS found, count(seq) AS counted,
       coalesce(sum(amount) FILTER (WHERE seq IS NOT NULL AND amount > 0), 0) AS added,
       coalesce(sum(amount) FILTER (WHERE seq IS NOT NULL AND amount < 0), 0) AS taken,
       coalesce(sum(money_cents) FILTER (WHERE seq IS NOT NULL AND type = 'purchase'), 0) AS paid,
       coalesce(sum(money_cents) FILTER (WHERE seq IS NOT NULL AND type <> 'purchase'), 0) AS returned
  FROM matching GROUP BY currency
), head AS (
SELECT u.credit_balance, coalesce(u.ledger_seq, 0) AS ledger_seq,
       (SELECT coalesce(sum(amount), 0)::bigint FROM credit_transactions t
         WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND t.status = 'pending') AS pending_credits,
       s.*
  FROM users u, (
SELECT coalesce(sum(found), 0)::bigint AS found_rows, coalesce(sum(counted), 0)::bigint AS counted_rows,
       coalesce(sum(added), 0)::bigint AS added_credits, coalesce(sum(taken), 0)::bigint AS taken_credits,
       array_agg(currency ORDER BY currency) FILTER (WHERE currency IS NOT NULL) AS currencies,
       array_agg(paid::bigint ORDER BY currency) FILTER (WHERE currency IS NOT NULL) AS paid_cents,
       array_agg(returned::bigint ORDER BY currency) FILTER (WHERE currency IS NOT NULL) AS returned_cents
  FROM per_currency) s
 WHERE u.clerk_user_id = $1
)
SELECT *
  FROM head LEFT JOIN (SELECT * FROM uncounted UNION ALL SELECT * FROM counted) page ON true
 ORDER BY page.seq DESC NULLS FIRST, page.created_at DESC, page.id DESC
 LIMIT {{rows}}"""

WORKSHOPS = f"""
SELECT n.workshop_id, coalesce(w.title, n.workshop_title) AS title, (w.deleted_at IS NOT NULL) AS is_deleted
  FROM (SELECT DISTINCT ON (r.workshop_id) r.workshop_id, r.workshop_title, r.seq
          FROM (SELECT workshop_id, workshop_title, seq FROM credit_transactions
                 WHERE clerk_user_id = $1 AND seq IS NOT NULL ORDER BY seq DESC LIMIT {NEWEST_ROWS}) r
         WHERE r.workshop_id IS NOT NULL
         ORDER BY r.workshop_id, r.seq DESC) n
  LEFT JOIN LATERAL (SELECT * FROM workshops WHERE id = n.workshop_id AND clerk_user_id = $1 OFFSET 0) w ON true
 ORDER BY n.seq DESC"""


@dataclass(frozen=True, slots=True)
class Money:
    """What was paid and what went back, in minor units of one currency; the latter is negative or 0."""

    currency: str
    paid_cents: int
    returned_cents: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the matching rows add up to. Rows that do not count are found, and in no sum."""

    found_rows: int
    counted_rows: int
    added_credits: int
    taken_credits: int
    money: tuple[Money, ...]

    @property
    def are_complete(self) -> bool:
        """False when there were more rows than a page adds up."""
        return self.found_rows <= MOST_TOTALLED


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of rows, the place where the next begins, and the balance of the same moment."""

    movements: Sequence[Stored]
    next: Cursor | None
    totals: Totals
    balance_credits: int
    pending_credits: int
    ledger_seq: int


@dataclass(frozen=True, slots=True)
class NamedWorkshop:
    """A workshop that the history can be narrowed to."""

    workshop_id: str
    title: str
    is_deleted: bool


async def history_page(
    user_id: str, filters: Filters, *, now: datetime, start: Cursor = NEWEST, page_rows: int = PAGE_ROWS
) -> HistoryPage:
    """The rows that match, from `start` on.

    Shape: uncounted rows first (created_at, id), then counted ones by seq, all descending. Failed payments of
        more than 30 days ago only when the status asks for them.
    Raises: NotFound: there is no such person.
    """
    clauses, values = _asked(filters, now - FAILED_FOR)
    sql = _page_sql(clauses, page_rows + 1)
    found = await rows(sql, user_id, start.at, start.row_id, start.seq, *values)
    if not found:
        raise NotFound("person")
    head = found[0]
    movements = [each for each in found if each["id"] is not None]
    return HistoryPage(
        movements=movements[:page_rows],
        next=_place_after(movements[page_rows - 1]) if len(movements) > page_rows else None,
        totals=_totals(head, is_filtered=filters.are_set),
        balance_credits=head["credit_balance"],
        pending_credits=head["pending_credits"],
        ledger_seq=head["ledger_seq"],
    )


async def workshops_named(user_id: str) -> tuple[NamedWorkshop, ...]:
    """The workshops that the person's newest rows are about, the latest first."""
    found = await rows(WORKSHOPS, user_id)
    return tuple(
        NamedWorkshop(each["workshop_id"], each["title"] or "", each["is_deleted"]) for each in found
    )


def _asked(filters: Filters, failed_since: datetime) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """The clauses that the filters come to, and the value of each."""
    clauses = CLAUSES if filters.status == Status.COMPLETED else CLAUSES | {"status": UNCOUNTED}
    asked = {
        clause: value for name, clause in clauses.items() if (value := getattr(filters, name)) is not None
    }
    if filters.status != Status.FAILED:
        asked[FAILED_LATELY] = failed_since
    return tuple(asked), tuple(asked.values())


@lru_cache(maxsize=128)
def _page_sql(clauses: tuple[str, ...], limit: int) -> str:
    numbered = [clause.format(f"${number}") for number, clause in enumerate(clauses, start=5)]
    totalled = TOTALLED_UNFILTERED if clauses == (FAILED_LATELY,) else TOTALLED
    return PAGE.format(matching=" AND ".join(numbered), rows=limit, totalled=totalled)


def _place_after(movement: Stored) -> Cursor:
    if movement["seq"] is None:
        return after_uncounted(movement["created_at"], movement["id"])
    return after_counted(movement["seq"])


def _totals(head: Stored, *, is_filtered: bool) -> Totals:
    at_least = 0 if is_filtered else min(head["ledger_seq"], MOST_TOTALLED + 1)
    columns = (head["currencies"], head["paid_cents"], head["returned_cents"])
    return Totals(
        found_rows=max(head["found_rows"], at_least),
        counted_rows=head["counted_rows"],
        added_credits=head["added_credits"],
        taken_credits=head["taken_credits"],
        money=tuple(Money(*each) for each in zip(*(column or () for column in columns), strict=True)),
    )
