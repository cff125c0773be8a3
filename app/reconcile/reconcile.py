"""Compares our books with Stripe's, both ways, and mends what a program may mend. One runs at a time.

Lists objects, not events, since an event may never have been made; and applies the functions of every day, so that
whatever a webhook or a page does meanwhile is done once.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import structlog

from app.database import only_one
from app.errors import StripeMissing, StripeRefused, StripeUnavailable
from app.payments.gateway import Dispute, Refund
from app.reconcile.cursors import ListName, oldest_first, walk, window_of
from app.reconcile.events import settle_events
from app.reconcile.purchases import find_counterparts, settle_unsettled
from app.reconcile.report import Report
from app.reconcile.returns import compare_changes, compare_returns
from app.reconcile.sessions import compare_sessions
from app.reconcile.step import Means, Run

log = structlog.get_logger("app.reconcile")


async def reconcile(
    means: Means, *, since_at: datetime | None = None, dry_run: bool = False
) -> Report | None:
    """Compare and mend. None: another one is at work, on this machine or elsewhere; nothing was looked at.

    Inside: a pool; each purchase is a transaction of its own. A run that is stopped or killed goes on with the next.
    Repeat: writes nothing, unless something happened.
    """
    async with only_one("reconcile") as won:
        if not won:
            return None
        sessions = await window_of("sessions", asked_at=since_at, now=means.clock())
        run = Run(means, Report(sessions.since_at, dry_run))
        try:
            await _compare_all(run, since_at)
        except (StripeUnavailable, StripeRefused, StripeMissing) as error:
            run.report.stopped = (
                f"Stripe does not answer as it should: {error}. The next run goes on from here"
            )
        _log(run.report)
        return run.report


async def _compare_all(run: Run, since_at: datetime | None) -> None:
    await _compare_payments(run)
    await settle_unsettled(run)
    await _compare_returns(run, "refunds", run.means.gateway.refunds_since, since_at)
    await _compare_returns(run, "disputes", run.means.gateway.disputes_since, since_at)
    await settle_events(run)
    await _compare_changes(run, since_at)


async def _compare_payments(run: Run) -> None:
    pages = await oldest_first(run.means.gateway.sessions_since(run.report.since_at))
    run.report.count("payment_pages", len(pages))
    held_at = await find_counterparts(run, run.report.since_at, {session.id for session in pages})
    await walk(run, "sessions", pages, lambda batch: compare_sessions(run, batch), held_at=held_at)


async def _compare_returns(
    run: Run,
    name: ListName,
    listed_since: Callable[[datetime], AsyncIterator[Refund | Dispute]],
    since_at: datetime | None,
) -> None:
    window = await window_of(name, asked_at=since_at, now=run.means.clock())
    found = await oldest_first(listed_since(window.since_at))
    run.report.count(name, len(found))
    await walk(run, name, found, lambda batch: compare_returns(run, window, batch))


async def _compare_changes(run: Run, since_at: datetime | None) -> None:
    window = await window_of("changes", asked_at=since_at, now=run.means.clock())
    found = await oldest_first(run.means.gateway.changes_since(window.since_at))
    run.report.count("changes", len(found))
    await walk(run, "changes", found, lambda batch: compare_changes(run, batch))


def _log(report: Report) -> None:
    tell = log.info if report.is_clean else log.warning
    ratios = report.ratios
    tell(
        "reconciled",
        mended=len(report.mended),
        differences=len(report.differences),
        stopped=report.stopped,
        cleared=str(ratios.cleared),
        timely=str(ratios.timely),
        complete=str(ratios.complete),
    )
    for line in report.differences:
        log.warning("difference", kind=line.kind, purchase_id=line.purchase_id, object_id=line.object_id)
