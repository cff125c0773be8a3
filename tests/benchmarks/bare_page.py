"""The floor of the history page: the same bytes from one bare handler; no session, no guards, no headers, no packing."""

import asyncpg
from litestar import Litestar, get
from litestar.response import Response

from app.application import site_options
from app.settings import Settings
from app.transactions.asking import asked
from app.transactions.cursor import NEWEST
from app.transactions.history import HistoryPage
from app.transactions.totals import Money, Sums, Totals
from app.transactions.view import history_view
from app.transactions.workshop_choices import MOST_CHOICES, NamedWorkshop
from app.web.site import Badge, Site, Viewer
from app.web.static_files import StaticFiles
from app.web.templating import new_environment

# All that the page shows has to be read by the floor too: the sentences below stand for what anyone would write.
_ROWS = """
SELECT t.id, t.type, t.status, t.seq, t.amount, t.balance_after, t.description, t.created_at, t.posted_at AS at,
       t.workshop_id, coalesce(w.title, t.workshop_title) AS workshop_title,
       (w.id IS NOT NULL AND w.deleted_at IS NULL) AS workshop_is_there, t.purchase_id, p.currency,
       CASE WHEN t.type = 'purchase' THEN p.amount_cents END AS money_cents
  FROM credit_transactions t
  LEFT JOIN purchases p ON p.id = t.purchase_id
  LEFT JOIN workshops w ON w.id = t.workshop_id
 WHERE t.clerk_user_id = $1 AND t.seq IS NOT NULL
 ORDER BY t.seq DESC LIMIT 26"""

_SUMS = """
SELECT u.credit_balance, u.ledger_seq, s.*
  FROM users u, (
       SELECT count(*) AS found, coalesce(sum(t.amount) FILTER (WHERE t.amount > 0), 0) AS added,
              coalesce(sum(t.amount) FILTER (WHERE t.amount < 0), 0) AS taken,
              coalesce(sum(p.amount_cents), 0) AS paid
         FROM credit_transactions t LEFT JOIN purchases p ON p.id = t.purchase_id
        WHERE t.clerk_user_id = $1) s
 WHERE u.clerk_user_id = $1"""

_WORKSHOPS = f"""
SELECT w.id, w.title FROM credit_transactions t JOIN workshops w ON w.id = t.workshop_id
 WHERE t.clerk_user_id = $1 ORDER BY t.seq DESC LIMIT {MOST_CHOICES}"""


def bare_application(settings: Settings, pool: asyncpg.Pool, user_id: str) -> Litestar:
    """An application of one handler that shows this person's history to anyone."""
    options = site_options(settings)
    template = new_environment(StaticFiles().address).get_template("transactions/history.html")

    @get("/transactions")
    async def history() -> Response[str]:
        async with pool.acquire() as connection:
            movements = await connection.fetch(_ROWS, user_id)
            sums = await connection.fetchrow(_SUMS, user_id)
            workshops = await connection.fetch(_WORKSHOPS, user_id)
        shown = _page(movements, sums)
        names = [NamedWorkshop(each["id"], each["title"], is_deleted=False) for each in workshops]
        view = history_view(asked({}), shown, names, start=NEWEST)
        badge = Badge(shown.balance_credits, 0, shown.ledger_seq)
        viewer = Viewer(user_id, "Alice", f"{user_id}@example.test", is_operator=False, badge=badge)
        here = "/transactions"
        site = Site(options, viewer, badge, True, None, here, here, False, "", lambda: "token")
        return Response(template.render(view=view, site=site, part=None), media_type="text/html")

    return Litestar([history], openapi_config=None)


def _page(movements: list[asyncpg.Record], sums: asyncpg.Record | None) -> HistoryPage:
    assert sums is not None
    money = (Money("usd", sums["paid"], 0),)
    added, taken = sums["added"], sums["taken"]
    totals = Totals(sums["found"], sums["found"], added + taken, Sums(added, taken, money))
    return HistoryPage(movements[:25], None, totals, sums["credit_balance"], 0, sums["ledger_seq"])
