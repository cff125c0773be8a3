"""Reads what the dashboard shows, all of it of one moment, in a number of queries that never grows. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from app.checkout.tables import IS_DISPUTED_STILL
from app.dashboard.balance_line import WEEKS
from app.database import row, rows, tx
from app.errors import NotFound
from app.ledger.statement import balances_before
from app.transactions.asking import NO_FILTERS
from app.transactions.balance.chart import Change
from app.transactions.balance.explaining import Sums
from app.transactions.balance.reading import SUMS, changes_after
from app.transactions.cursor import Cursor, after_uncounted
from app.transactions.history import HistoryPage, Stored, history_page
from app.transactions.matching import FAILED_FOR
from app.workshops.steps import FIRST_STEP

WORKSHOPS_PAGE = 8
LATEST_ROWS = 5
MOST_PAYMENTS = 20

PERSON = f"""
SELECT u.onboarding_complete, s.*,
       (SELECT coalesce(sum(t.amount), 0)::bigint FROM credit_transactions t
         WHERE t.clerk_user_id = $1 AND t.seq IS NULL AND t.status = 'pending') AS pending
  FROM users u, LATERAL ({SUMS}) s
 WHERE u.clerk_user_id = $1"""

WORKSHOPS = """
SELECT w.id, w.title, w.status, w.current_step, w.created_at, w.credit_consumed_at,
       p.id AS purchase_id, p.status AS payment_status, p.pack,
       coalesce(s.status, 'not_started') = 'not_started' AS is_untouched
  FROM workshops w
  LEFT JOIN LATERAL (                         -- the latest purchase that shall unlock it
       SELECT id, status, pack FROM purchases
        WHERE unlock_workshop_id = w.id AND clerk_user_id = $1
        ORDER BY created_at DESC, id DESC LIMIT 1) p ON w.credit_consumed_at IS NULL
  LEFT JOIN workshop_steps s ON s.workshop_id = w.id AND s.slug = $5
 WHERE w.clerk_user_id = $1 AND w.deleted_at IS NULL
   AND (w.created_at, w.id) < ($2, $3)
 ORDER BY w.created_at DESC, w.id DESC
 LIMIT $4"""

# Not paid yet, settling, being looked at, on its way back, disputed; and what failed lately, unless the same pack was
# paid for since.
PAYMENTS = f"""
SELECT p.id, p.pack, p.pack_name, p.credits, p.amount_cents, p.currency, p.status, p.created_at, p.origin,
       p.amount_refunded_cents, p.refund_pending_cents, p.dispute_status,
       w.id AS workshop_id, w.title AS workshop_title
  FROM purchases p
  LEFT JOIN workshops w ON w.id = p.unlock_workshop_id AND w.clerk_user_id = $1 AND w.deleted_at IS NULL
 WHERE p.clerk_user_id = $1
   AND (p.status IN ('started', 'open', 'settling')
        OR p.status = 'refused' AND p.amount_refunded_cents < p.amount_cents
        OR p.status = 'paid' AND (p.refund_pending_cents > 0
           OR {IS_DISPUTED_STILL})
        OR p.status = 'failed' AND coalesce(p.closed_at, p.created_at) >= $2
           AND NOT EXISTS (SELECT FROM purchases l WHERE l.clerk_user_id = $1 AND l.pack = p.pack
                              AND l.status = 'paid' AND l.created_at > p.created_at))
 ORDER BY p.created_at DESC, p.id DESC
 LIMIT $3"""


@dataclass(frozen=True, slots=True)
class Facts:
    """A person's first page as it stands: `latest` brings the balance, `changes` the line of the last weeks."""

    has_seen_welcome: bool
    sums: Sums
    latest: HistoryPage
    changes: Sequence[Change]
    workshops: Sequence[Stored]
    next_workshops: Cursor | None
    payments: Sequence[Stored]


async def facts_of(user_id: str, *, now: datetime, workshops_from: Cursor) -> Facts:
    """Everything the dashboard shows of a person.

    Inside: a read-only tx of its own, so that balance, list and sentence agree.
    Raises: NotFound: there is no such person.
    """
    async with tx(isolation="repeatable_read", readonly=True):
        person = await row(PERSON, user_id)
        if person is None:
            raise NotFound("person")
        latest = await history_page(user_id, NO_FILTERS, now=now, page_rows=LATEST_ROWS, most_added=0)
        changes = await _changes(user_id, now)
        workshops = await _workshops(user_id, workshops_from)
        payments = await rows(PAYMENTS, user_id, now - FAILED_FOR, MOST_PAYMENTS)
    return Facts(
        has_seen_welcome=person["onboarding_complete"],
        sums=Sums(**{field.name: person[field.name] for field in fields(Sums)}),
        latest=latest,
        changes=changes,
        workshops=workshops[:WORKSHOPS_PAGE],
        next_workshops=_place_after(workshops[WORKSHOPS_PAGE - 1])
        if len(workshops) > WORKSHOPS_PAGE
        else None,
        payments=payments,
    )


async def _workshops(user_id: str, start: Cursor) -> Sequence[Stored]:
    return await rows(WORKSHOPS, user_id, start.at, start.row_id, WORKSHOPS_PAGE + 1, FIRST_STEP.slug)


def _place_after(workshop: Stored) -> Cursor:
    return after_uncounted(workshop["created_at"], workshop["id"])


async def _changes(user_id: str, now: datetime) -> list[Change]:
    """The balance some weeks ago, then after each movement."""
    start = now - timedelta(weeks=WEEKS)
    [stood] = await balances_before(user_id, [start])
    moved = await changes_after(user_id, stood.ledger_seq, start=start, end=now)
    return [Change(start, stood.balance_credits), *moved]
