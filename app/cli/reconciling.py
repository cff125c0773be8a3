"""`billing reconcile`: the books against Stripe's, as lines. What is compared and mended is decided in `reconcile`."""

import asyncio
from datetime import UTC, datetime

from app.application import rules_of
from app.cli.reporting import log_troubles_aside, say
from app.clock import utc_now
from app.database import pool
from app.payments.stripe_gateway import stripe_gateway
from app.reconcile.reconcile import reconcile
from app.reconcile.report import Report
from app.reconcile.step import Means
from app.settings import load_settings

AT_WORK = "another comparison is at work: this one has looked at nothing; try again when it is over"


def say_reconciled(*, since_at: datetime | None, dry_run: bool, as_json: bool) -> int:
    """Compare, mend and print; the exit code is 0 only if it is known that no difference is left."""
    log_troubles_aside()
    report = asyncio.run(_reconciled(since_at, dry_run=dry_run))
    if report is None:
        say([AT_WORK], {"clean": False, "stopped": AT_WORK}, as_json=as_json)
        return 1
    say(report.lines(), report.facts(), as_json=as_json)
    return 0 if report.is_clean else 1


async def _reconciled(since_at: datetime | None, *, dry_run: bool) -> Report | None:
    settings = load_settings()
    if since_at is not None and since_at.tzinfo is None:
        since_at = since_at.replace(tzinfo=UTC)
    async with pool(settings.database_url, max_size=2), stripe_gateway(settings) as gateway:
        means = Means(gateway, rules_of(settings), utc_now)
        return await reconcile(means, since_at=since_at, dry_run=dry_run)
