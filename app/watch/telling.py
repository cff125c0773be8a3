"""Decides when the log is told of something that is wrong: as it begins, once an hour while it lasts, and when it is over."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from app.database import row, rows
from app.watch.signs import About, Sign

REMIND_AFTER = timedelta(hours=1)
MENDS = {
    About.WEBHOOKS_SILENT: "See in Stripe's dashboard why its endpoint is not reached; billing reconcile mends what was missed",
    About.QUARANTINE: "billing events lists them",
    About.PAID_NOT_CREDITED: "Stop sales and run billing check",
    About.DRIFT: "Stop sales and run billing check",
}
log = structlog.get_logger("app.watch")

_SAID = """
INSERT INTO alerts (about, began_at, said_at) VALUES ($1, $2, $2)
    ON CONFLICT (about) DO UPDATE SET said_at = excluded.said_at"""


async def tell(signs: Iterable[Sign], now: datetime) -> None:
    """Say what is new. What is said is stored afterwards: rather twice than never."""
    standing = {each["about"]: each for each in await rows("SELECT about, began_at, said_at FROM alerts")}
    for sign in signs:
        known = standing.get(sign.about)
        if sign.facts is None:
            if known is not None:
                log.warning("alert_over", about=sign.about.value, since=known["began_at"])
                await row("DELETE FROM alerts WHERE about = $1", sign.about)
        elif known is None or known["said_at"] <= now - REMIND_AFTER:
            event, since = ("alert", now) if known is None else ("alert_lasts", known["began_at"])
            log.warning(event, about=sign.about.value, since=since, **sign.facts, mend=MENDS[sign.about])
            await row(_SAID, sign.about, now)
