"""The inbox: events that were taken in and came to nothing. One that was left lying is carried out; the rest is named."""

from app.errors import BillingError
from app.reconcile.report import Difference, Mended
from app.reconcile.step import Run, one_by_one
from app.webhooks import handlers
from app.webhooks.kept import Kept, unsettled_events
from app.webhooks.replay import replay


class NotCarriedOut(BillingError):
    """An event failed for a reason of our own; it is still in the inbox."""


async def settle_events(run: Run) -> None:
    """Carry out again what no worker finished."""
    found = await unsettled_events()
    run.report.count("unsettled_events", len(found))
    for kept in found:
        async with one_by_one(run, kept.purchase_id, kept.event_id):
            await _settle_one(run, kept)


async def _settle_one(run: Run, kept: Kept) -> None:
    now = kept
    if kept.state == "received" and not run.report.dry_run:
        now = await _replayed(run, kept)
    if now.state in ("done", "ignored"):
        run.mended(Mended.EVENT, now.purchase_id, now.event_id, f"{now.type} is {now.state}")
        return
    why = f"{now.type} is {now.state}" + (f": {now.error}" if now.error else "")
    run.differs(Difference.EVENT, now.purchase_id, now.event_id, why, now.mend)


async def _replayed(run: Run, kept: Kept) -> Kept:
    means = handlers.Means(run.means.gateway, run.means.rules, run.means.clock())
    try:
        return await replay(kept.event_id, means)
    except handlers.PASSING:
        raise
    except Exception as error:
        raise NotCarriedOut(f"{kept.type} failed: {error!r}") from error
