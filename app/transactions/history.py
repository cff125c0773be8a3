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
from app.transactions.cursor import NEWEST, Cursor, after_counted, after_uncounted
from app.transactions.matching import AT, matching
from app.transactions.totals import Known, Money, Remembered, Sums, Totals

PAGE_ROWS = 25
MOST_ADDED = 100_000  # a longer ledger that was never added up is not read whole to show a page of it
REMEMBERED = Remembered(most_ledgers=2_000)


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

NEWEST_FIRST = "seq DESC NULLS FIRST, created_at DESC, id DESC"

# Where the counted rows come from, and which of them are newest. Of a whole ledger the newest are read for the page, and
# for the totals those after row $5, if that has the id $6 and they are not too many; of filtered rows all have to be
# found anyway, so that is done once.
POSTED = """
posted AS MATERIALIZED (
SELECT t.seq, t.amount, t.type, t.purchase_id, t.returned_cents
  FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq IS NOT NULL AND num_nulls($5::bigint, $6::text, $7::bigint) = 0 AND {counted}
),"""
OF_MATCHING = "posted WHERE true"
NEWEST_MATCHING = """
SELECT t.*
  FROM (SELECT seq FROM posted WHERE seq < $4 ORDER BY seq DESC LIMIT {rows}) newest
  JOIN LATERAL (SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND seq = newest.seq OFFSET 0) t ON true"""
OF_ALL = """
credit_transactions
 WHERE clerk_user_id = $1 AND seq > (SELECT seq FROM known)
   AND (SELECT ledger_seq FROM users WHERE clerk_user_id = $1) - (SELECT seq FROM known) <= $7"""
NEWEST_OF_ALL = """
SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND seq < $4 ORDER BY seq DESC LIMIT {rows}"""

PAGE = f"""
WITH {{posted}} known AS MATERIALIZED (
SELECT coalesce((SELECT seq FROM credit_transactions WHERE clerk_user_id = $1 AND seq = $5 AND id = $6), 0) AS seq
), waiting AS MATERIALIZED (     -- what does not count: never much
SELECT t.*
  FROM credit_transactions t
 WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND {{uncounted}}
), moved AS MATERIALIZED (                    -- rows with money; IS NOT NULL would ask an index of everybody's purchases
SELECT type = 'purchase' AS is_bought, purchase_id, returned_cents
  FROM {{counted_rows}} AND coalesce(purchase_id, '') <> ''
), money AS (                                 -- IS TRUE keeps the planner from looking purchases up one by one
SELECT currency, sum(paid)::bigint AS paid, sum(returned)::bigint AS returned
  FROM (
SELECT currency, amount_cents AS paid, 0 AS returned
  FROM purchases WHERE clerk_user_id = $1 AND (id IN (SELECT purchase_id FROM moved WHERE is_bought)) IS TRUE
UNION ALL
SELECT p.currency, 0, -m.returned_cents
  FROM moved m JOIN purchases p ON p.id = m.purchase_id AND p.clerk_user_id = $1
 WHERE m.returned_cents IS NOT NULL) each
 GROUP BY currency
), head AS (
SELECT u.credit_balance, coalesce(u.ledger_seq, 0) AS ledger_seq,
       (SELECT coalesce(sum(amount), 0)::bigint FROM credit_transactions t
         WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND t.status = 'pending') AS pending_credits,
       (SELECT count(*) FROM waiting) AS waiting_rows,
       (SELECT seq FROM known) AS known_seq,
       (SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND seq = u.ledger_seq) AS last_id,
       sums.*, sums_of_money.*
  FROM users u, (
SELECT count(*) AS counted_rows,
       coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS added_credits,
       coalesce(sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS taken_credits
  FROM {{counted_rows}}) sums, (
SELECT array_agg(currency ORDER BY currency) AS currencies,
       array_agg(paid ORDER BY currency) AS paid_cents,
       array_agg(returned ORDER BY currency) AS returned_cents
  FROM money) sums_of_money
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
    known = REMEMBERED.of(user_id)
    asked = matching(filters, now=now, after=7)
    sql = _page_sql(asked.counted.sql, asked.uncounted.sql, page_rows + 1, is_filtered=filters.are_set)
    place = (start.at, start.row_id, start.seq)
    found = await rows(sql, user_id, *place, known.seq, known.row_id, most_added, *asked.values)
    if not found:
        raise NotFound("person")
    head = found[0]
    movements = [each for each in found if each["id"] is not None]
    return HistoryPage(
        movements=movements[:page_rows],
        next=_place_after(movements[page_rows - 1]) if len(movements) > page_rows else None,
        totals=_of_matching(head) if filters.are_set else _of_all(user_id, head, known, most_added),
        balance_credits=head["credit_balance"],
        pending_credits=head["pending_credits"],
        ledger_seq=head["ledger_seq"],
    )


def _place_after(movement: Stored) -> Cursor:
    if movement["seq"] is None:
        return after_uncounted(movement["created_at"], movement["id"])
    return after_counted(movement["seq"])


@lru_cache(maxsize=128)
def _page_sql(counted: str, uncounted: str, limit: int, *, is_filtered: bool) -> str:
    newest = NEWEST_MATCHING if is_filtered else NEWEST_OF_ALL
    return PAGE.format(
        posted=POSTED.format(counted=counted) if is_filtered else "",
        counted_rows=OF_MATCHING if is_filtered else OF_ALL,
        uncounted=uncounted,
        newest=newest.format(rows=limit),
        rows=limit,
    )


def _of_matching(head: Stored) -> Totals:
    sums, counted_rows = _sums(head), head["counted_rows"]
    return Totals(
        found_rows=head["waiting_rows"] + counted_rows,
        counted_rows=counted_rows,
        change_credits=sums.added_credits + sums.taken_credits,
        sums=sums,
    )


def _of_all(user_id: str, head: Stored, known: Known, most_added: int) -> Totals:
    """What was known of the ledger and the rows since then; the database said whether it is the same ledger."""
    ledger_seq, since = head["ledger_seq"], known if head["known_seq"] else Known()
    is_whole = ledger_seq - since.seq <= most_added
    if is_whole:
        since = Known(ledger_seq, head["last_id"] or "", since.sums + _sums(head))
        REMEMBERED.keep(user_id, since)
    return Totals(
        found_rows=head["waiting_rows"] + ledger_seq,
        counted_rows=ledger_seq,
        change_credits=head["credit_balance"],
        sums=since.sums,
        are_complete=is_whole,
    )


def _sums(head: Stored) -> Sums:
    columns = (head["currencies"], head["paid_cents"], head["returned_cents"])
    money = tuple(Money(*each) for each in zip(*(column or () for column in columns), strict=True))
    return Sums(head["added_credits"], head["taken_credits"], money)
