"""Books with a till and no webhook: whatever Stripe knows, only a comparison tells us of."""

from typing import Any

from app.clock import Clock, utc_now
from app.database import row, rows
from app.reconcile.reconcile import reconcile
from app.reconcile.report import Difference, Line, Mended, Report
from app.reconcile.step import Means
from tests.checkout.till import Till

TABLES = (
    "users",
    "workshops",
    "purchases",
    "credit_transactions",
    "stripe_events",
    "reconcile_cursors",
)


async def compared(till: Till, *, clock: Clock = utc_now, **options: Any) -> Report:
    """One run."""
    means = Means(till.shop.gateway, till.shop.rules, clock)
    report = await reconcile(means, **options)
    assert report is not None, "nobody else runs"
    return report


def kinds(lines: list[Line]) -> list[Mended | Difference]:
    return sorted(line.kind for line in lines)


def found(report: Report, purchase_id: str | None) -> list[Mended | Difference]:
    """What a run has to say of one purchase."""
    both = [*report.mended, *report.differences]
    return [line.kind for line in both if line.purchase_id == purchase_id]


async def every_write() -> list[Any]:
    """What any write would change: each row with its version and its place, of every table that may be written."""
    fingerprint = (
        "md5(coalesce(string_agg(t.xmin::text || t.ctid::text || t::text, ',' ORDER BY t.ctid), ''))"
    )
    return [(await rows(f"SELECT {fingerprint} AS is FROM {table} t"))[0]["is"] for table in TABLES]


async def assert_a_second_run_writes_nothing(till: Till, **options: Any) -> None:
    """RECN-02."""
    before = await every_write()
    report = await compared(till, **options)
    assert (report.mended, report.differences, report.stopped) == ([], [], None)
    assert report.is_clean
    assert await every_write() == before


async def status_of(purchase_id: str) -> str:
    stored = await row("SELECT status FROM purchases WHERE id = $1", purchase_id)
    assert stored is not None
    return str(stored["status"])


def change(till: Till) -> Any:
    """Something happens at Stripe."""
    return till.sandbox.state.change()
