"""Reads a person's history, a page at a time. One statement a page, so rows, totals and balance are of one moment.

Counted rows go by `seq`, newest first; rows that do not count stand before them, by age. Knows no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from app.database import rows
from app.errors import NotFound
from app.transactions.asking import Filters
from app.transactions.cursor import LAST_SEQ, NEWEST, Cursor, after_counted, after_uncounted
from app.transactions.matching import ALL, AT, UNTITLED, Condition, is_reference, matching
from app.transactions.totals import Known, Money, Remembered, Sums, Totals

PAGE_ROWS = 25
MOST_ADDED = 100_000  # a longer ledger that was never added up is not read whole to show a page of it
REMEMBERED = Remembered(most=2_000)


class Stored(Protocol):
    """One row of a hand-written statement, by column; here mostly a movement, as `MOVEMENT` and `MONEY` select it."""

    def __getitem__(self, column: str, /) -> Any: ...


MOVEMENT = f"""
       t.id, t.type, t.status, t.seq, t.amount, t.balance_after, t.description, t.created_at, {AT} AS at,
       t.workshop_id, coalesce(w.title, t.workshop_title) AS workshop_title,
       (w.id IS NOT NULL AND w.deleted_at IS NULL) AS workshop_is_there,
       t.purchase_id, p.currency"""

# Minor units: what was paid, or what went back with this row (and, where a refund failed, what came back of that).
MONEY_CENTS = """CASE WHEN t.type <> 'purchase' THEN nullif(-t.returned_cents, 0)
            WHEN t.status <> 'failed' THEN p.amount_cents END"""
MONEY = f"{MONEY_CENTS} AS money_cents"

JOINED = """
  FROM credit_transactions t
  LEFT JOIN purchases p ON p.id = t.purchase_id AND p.clerk_user_id = t.clerk_user_id
  LEFT JOIN workshops w ON w.id = t.workshop_id AND w.clerk_user_id = t.clerk_user_id"""

# For rows that are shown. OFFSET 0 has them looked up one by one, in the order of `t`: as a plain join, planned for an
# average person, a long ledger would be fetched and sorted whole to show one page of it.
ALONG = """
  LEFT JOIN LATERAL (
       SELECT * FROM purchases WHERE id = t.purchase_id AND clerk_user_id = t.clerk_user_id OFFSET 0) p ON true
  LEFT JOIN LATERAL (
       SELECT * FROM workshops WHERE id = t.workshop_id AND clerk_user_id = t.clerk_user_id OFFSET 0) w ON true"""

LOOKED_UP = f"""
  FROM credit_transactions t {ALONG}"""

# Money that went back, or came back, and moved no credit: too little for one, or its credits were taken before.
NOTED_OF = """
  FROM returns_without_credits r
  JOIN LATERAL (
       SELECT * FROM purchases WHERE id = r.purchase_id AND clerk_user_id = r.clerk_user_id OFFSET 0) p ON true
 WHERE r.clerk_user_id = $1"""

NEWEST_FIRST = "seq DESC NULLS FIRST, created_at DESC, id DESC"

# The counted rows that match and are not added up yet: those after row $5, if that has the id $6 and they are at most $7.
OF_LEDGER = """
credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq > (SELECT seq FROM known) AND (SELECT is_added_up FROM known) AND {counted}"""

# Filtered rows of which nothing is known all have to be found: that is done once, and the newest are among them. Of
# others, and of a whole ledger, the newest are read for the page, and for the sums only what was added since.
POSTED = f"""
posted AS MATERIALIZED (
SELECT t.seq, t.amount, t.type, t.purchase_id, t.returned_cents FROM {OF_LEDGER}
),"""
OF_POSTED = "posted t WHERE true"
NEWEST_POSTED = """
SELECT t.*
  FROM (SELECT seq FROM posted WHERE seq < $4 ORDER BY seq DESC LIMIT {rows}) newest
  JOIN LATERAL (SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND seq = newest.seq OFFSET 0) t ON true"""
NEWEST_OF_LEDGER = """
SELECT * FROM credit_transactions t WHERE t.clerk_user_id = $1 AND t.seq < $4 AND {counted} ORDER BY t.seq DESC LIMIT {rows}"""

# What was paid for many rows is found in one look at all purchases of the person, as IS TRUE has the planner do it; for
# few rows they are looked up.
PAID_FOR_MANY = """
  FROM purchases p WHERE p.clerk_user_id = $1 AND (p.id IN (SELECT purchase_id FROM moved WHERE is_bought)) IS TRUE"""
PAID_FOR_FEW = """
  FROM moved m
  JOIN LATERAL (SELECT * FROM purchases WHERE id = m.purchase_id AND clerk_user_id = $1 OFFSET 0) p ON true
 WHERE m.is_bought"""

PAGE = f"""
WITH known AS MATERIALIZED (
SELECT since.seq, coalesce(u.ledger_seq, 0) - since.seq <= $7 AS is_added_up
  FROM users u, (
SELECT coalesce((SELECT seq FROM credit_transactions WHERE clerk_user_id = $1 AND seq = $5 AND id = $6), 0) AS seq) since
 WHERE u.clerk_user_id = $1
), {{posted}} waiting AS MATERIALIZED (     -- what does not count: never much
SELECT t.*
  FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND {{uncounted}}
), moved AS MATERIALIZED (               -- rows with money; IS NOT NULL would ask an index of everybody's purchases
SELECT t.type = 'purchase' AS is_bought, t.purchase_id, t.returned_cents
  FROM {{counted_rows}} AND coalesce(t.purchase_id, '') <> ''
), money AS (
SELECT currency, sum(paid)::bigint AS paid, sum(returned)::bigint AS returned
  FROM (
SELECT p.currency, p.amount_cents AS paid, 0 AS returned {{paid}}
UNION ALL
SELECT p.currency, 0, -m.returned_cents
  FROM moved m JOIN purchases p ON p.id = m.purchase_id AND p.clerk_user_id = $1
 WHERE m.returned_cents IS NOT NULL) each
 GROUP BY currency
), head AS MATERIALIZED (
SELECT u.credit_balance, coalesce(u.ledger_seq, 0) AS ledger_seq,
       (SELECT coalesce(sum(amount), 0)::bigint FROM credit_transactions t
         WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND t.status = 'pending') AS pending_credits,
       (SELECT count(*) FROM waiting) AS waiting_rows,
       known.seq AS known_seq, known.is_added_up,
       (SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND seq = u.ledger_seq) AS last_id,
       sums.*, sums_of_money.*, noted.*
  FROM users u, known, (
SELECT count(*) AS counted_rows, count(*) FILTER (WHERE {{untitled}}) AS untitled_rows,
       coalesce(sum(t.amount) FILTER (WHERE t.amount > 0), 0)::bigint AS added_credits,
       coalesce(sum(t.amount) FILTER (WHERE t.amount < 0), 0)::bigint AS taken_credits
  FROM {{counted_rows}}) sums, (
SELECT array_agg(currency ORDER BY currency) AS currencies,
       array_agg(paid ORDER BY currency) AS paid_cents,
       array_agg(returned ORDER BY currency) AS returned_cents
  FROM money) sums_of_money, (
SELECT array_agg(currency ORDER BY currency) AS noted_currencies, array_agg(cents ORDER BY currency) AS noted_cents
  FROM (
SELECT p.currency, -sum(r.returned_cents)::bigint AS cents {NOTED_OF}
 GROUP BY p.currency) each) noted
 WHERE u.clerk_user_id = $1
)
SELECT *
  FROM head LEFT JOIN (
SELECT {MOVEMENT}, {MONEY}
  FROM (
(SELECT * FROM waiting WHERE (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT {{rows}})
UNION ALL
({{newest}})) t {ALONG}) page ON true
 ORDER BY {NEWEST_FIRST}
 LIMIT {{rows}}"""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of rows, the place where the next begins, and the balance of the same moment."""

    movements: Sequence[Stored]
    next: Cursor | None
    totals: Totals
    balance_credits: int
    pending_credits: int
    ledger_seq: int


async def history_page(
    user_id: str,
    filters: Filters,
    *,
    now: datetime,
    start: Cursor = NEWEST,
    page_rows: int = PAGE_ROWS,
    most_added: int = MOST_ADDED,
) -> HistoryPage:
    """The rows that match, from `start` on.

    Shape: uncounted rows first (created_at, id), then counted ones by seq, all descending. Failed payments of
        more than 30 days ago only when the status asks for them. At most `most_added` rows of an unfiltered ledger are
        added up anew; where that is too few, its totals are not complete.
    Raises: NotFound: there is no such person.
    """
    asked = matching(filters, now=now, after=7)
    is_whole = asked.counted == ALL
    known = REMEMBERED.of((user_id, asked.counted))
    sql = _page_of(asked.counted.sql, asked.uncounted.sql, page_rows + 1, is_new=not known.seq)
    place = (start.at, start.row_id, start.seq, known.seq, known.row_id, most_added if is_whole else LAST_SEQ)
    found = await rows(sql, user_id, *place, *asked.values)
    if not found:
        raise NotFound("person")
    head = found[0]
    movements = [each for each in found if each["id"] is not None]
    sums = _added_up(user_id, asked.counted, filters.text, head, known)
    return HistoryPage(
        movements=movements[:page_rows],
        next=_place_after(movements[page_rows - 1]) if len(movements) > page_rows else None,
        totals=_of_ledger(head, sums) if is_whole else _of_matching(head, sums),
        balance_credits=head["credit_balance"],
        pending_credits=head["pending_credits"],
        ledger_seq=head["ledger_seq"],
    )


def _place_after(movement: Stored) -> Cursor:
    if movement["seq"] is None:
        return after_uncounted(movement["created_at"], movement["id"])
    return after_counted(movement["seq"])


@lru_cache(maxsize=256)
def _page_of(counted: str, uncounted: str, limit: int, *, is_new: bool) -> str:
    finds_all = is_new and counted != ALL.sql
    return PAGE.format(
        posted=POSTED.format(counted=counted) if finds_all else "",
        counted_rows=OF_POSTED if finds_all else OF_LEDGER.format(counted=counted),
        paid=PAID_FOR_MANY if is_new else PAID_FOR_FEW,
        untitled="false" if finds_all else UNTITLED,
        uncounted=uncounted,
        newest=(NEWEST_POSTED if finds_all else NEWEST_OF_LEDGER).format(rows=limit, counted=counted),
        rows=limit,
    )


def _added_up(user_id: str, counted: Condition, text: str | None, head: Stored, known: Known) -> Sums:
    """The sums that were known and those of the rows since then; the database said whether it is the same ledger."""
    since = known.sums if head["known_seq"] else Sums()
    if not head["is_added_up"]:
        return since
    sums = since + _sums(head)
    now_known = Known(head["ledger_seq"], head["last_id"] or "", sums)
    if text is None or _stays(text, REMEMBERED.of((user_id, ALL)), now_known):
        REMEMBERED.keep((user_id, counted), now_known)
    return sums


def _stays(text: str, ledger: Known, found: Known) -> bool:
    """Whether a row that holds this text will always do so: not by the reference of a payment or a workshop's new title."""
    is_same = (ledger.seq, ledger.row_id) == (found.seq, found.row_id)
    return is_same and ledger.sums.untitled_rows == 0 and not is_reference(text)


def _of_matching(head: Stored, sums: Sums) -> Totals:
    return Totals(
        found_rows=head["waiting_rows"] + sums.counted_rows,
        counted_rows=sums.counted_rows,
        change_credits=sums.added_credits + sums.taken_credits,
        sums=sums,
    )


def _of_ledger(head: Stored, sums: Sums) -> Totals:
    ledger_seq = head["ledger_seq"]
    return Totals(
        found_rows=head["waiting_rows"] + ledger_seq,
        counted_rows=ledger_seq,
        change_credits=head["credit_balance"],
        sums=sums,
        are_complete=head["is_added_up"],
        noted=_noted(head),
    )


def _noted(head: Stored) -> tuple[Money, ...]:
    columns = (head["noted_currencies"] or (), head["noted_cents"] or ())
    return tuple(Money(currency, 0, cents) for currency, cents in zip(*columns, strict=True) if cents)


def _sums(head: Stored) -> Sums:
    columns = (head["currencies"], head["paid_cents"], head["returned_cents"])
    money = tuple(Money(*each) for each in zip(*(column or () for column in columns), strict=True))
    credits = (head["added_credits"], head["taken_credits"])
    return Sums(*credits, money, head["counted_rows"], head["untitled_rows"])
