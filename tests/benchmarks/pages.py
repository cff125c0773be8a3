"""The history page against the same template in a bare handler (P4), and deep pages against the first (P6)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import asyncpg
import httpx
from litestar import Litestar, get
from litestar.response import Response

from app.accounts.sessions import create
from app.application import create_app, site_options
from app.database import tx
from app.settings import Settings
from app.transactions.asking import asked
from app.transactions.cursor import NEWEST, after_counted
from app.transactions.history import HistoryPage, Totals
from app.transactions.view import history_view
from app.web.site import Badge, Site, Viewer
from app.web.static_files import StaticFiles
from app.web.templating import new_environment
from tests.benchmarks.compare import Act, Ratio, compare
from tests.factories import make_user

PER_ROUND = 60
SMALL, LARGE = 25, 10_000
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}

_GROW = """
WITH RECURSIVE line AS (
  SELECT 1 AS n UNION ALL SELECT n + 1 FROM line WHERE n < $2::integer)
INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at,
       created_at, description, idempotency_key, actor)
SELECT $1::text || '_' || n, $1::text, 'grant', 'completed', 1, n - 1, n, n, $3::timestamptz + n * interval '1 minute', $3::timestamptz + n * interval '1 minute',
       'Benchmark row ' || n, $1::text || '_' || n, 'system'
  FROM line"""

_BARE_ROWS = """
SELECT t.id, t.type, t.status, t.seq, t.amount, t.balance_after, t.description, t.created_at, t.posted_at AS at,
       t.workshop_id, t.workshop_title, true AS workshop_is_there, t.purchase_id, NULL AS currency, NULL AS money_cents
  FROM credit_transactions t WHERE t.clerk_user_id = $1 AND t.seq IS NOT NULL ORDER BY t.seq DESC LIMIT 26"""


async def person_with(rows_wanted: int, superuser_url: str) -> str:
    """A person with a long, whole chain, written at one stroke with the guards asleep."""
    user = await make_user()
    connection = await asyncpg.connect(superuser_url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(_GROW, user, rows_wanted, datetime.now(UTC) - timedelta(days=365))
            await connection.execute(
                "UPDATE users SET credit_balance = $2::integer, ledger_seq = $2::integer WHERE clerk_user_id = $1",
                user,
                rows_wanted,
            )
        await connection.execute("ANALYZE credit_transactions")
    finally:
        await connection.close()
    return user


async def ratios(settings: Settings, pool: asyncpg.Pool, superuser_url: str) -> list[Ratio]:
    """P4 for the page and for the fragment, P6 for a deep page, and a long history against a short one."""
    short, long = await person_with(SMALL, superuser_url), await person_with(LARGE, superuser_url)
    async with (
        our_client(settings, short) as ours,
        bare_client(settings, pool, short) as floor,
        our_client(settings, long) as longs,
    ):
        page, bare = partial(_gets, ours, "/transactions"), partial(_gets, floor, "/transactions")
        fragment = partial(_gets, ours, "/transactions", headers=FRAGMENT)
        first = partial(_gets, longs, "/transactions")
        deep = partial(_gets, longs, f"/transactions?before={after_counted(LARGE // 10)}")
        return [
            await compare("P4", "history page against a bare handler", ours=page, floor=bare, hold=0.70),
            await compare("P4f", "history fragment against the page", ours=fragment, floor=page, hold=1.4),
            await compare(
                "P6", f"row {LARGE // 10:,} of {LARGE:,} against the first", ours=deep, floor=first, hold=0.67
            ),
            await compare(
                "P6n", f"first page of {LARGE:,} rows against {SMALL}", ours=first, floor=page, hold=0.33
            ),
        ]


async def _gets(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> Sequence[Act]:
    async def fetch() -> None:
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200
        assert "Benchmark row" in answer.text

    return [fetch] * PER_ROUND


@asynccontextmanager
async def our_client(settings: Settings, user_id: str) -> AsyncIterator[httpx.AsyncClient]:
    """The whole product with all its middleware, signed in."""
    app = create_app(settings)
    async with app.lifespan():
        async with tx():
            token = await create(user_id, provider="email", now=datetime.now(UTC))
        transport = httpx.ASGITransport(cast(Any, app))
        async with httpx.AsyncClient(
            transport=transport, base_url=settings.base_url, cookies={"session": token}
        ) as client:
            yield client


@asynccontextmanager
async def bare_client(
    settings: Settings, pool: asyncpg.Pool, user_id: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The same template and rows: one handler, one statement, no session, no guards, no headers."""
    options = site_options(settings)
    environment = new_environment(StaticFiles().address)
    template = environment.get_template("transactions/history.html")
    badge = Badge(SMALL, 0, SMALL)
    viewer = Viewer(user_id, "Alice", "alice@example.test", is_operator=False, badge=badge)
    site = Site(options, viewer, badge, True, None, "/transactions", False, "", lambda: "token")

    @get("/transactions")
    async def history() -> Response[str]:
        async with pool.acquire() as connection:
            found = await connection.fetch(_BARE_ROWS, user_id)
        totals = Totals(len(found), len(found), len(found), 0, ())
        shown = HistoryPage(found[:25], None, totals, SMALL, 0, SMALL)
        view = history_view(asked({}), shown, (), start=NEWEST)
        return Response(template.render(view=view, site=site, part=None), media_type="text/html")

    app = Litestar([history], openapi_config=None)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast(Any, app)), base_url=settings.base_url
    ) as client:
        yield client
