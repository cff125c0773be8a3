"""The figures for a monitoring system, in Prometheus' text format: how the installation is, and nothing of anybody's."""

from collections.abc import Iterator, Mapping

from app.database import row, rows
from app.watch.signs import About

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_FIGURES = """
SELECT (SELECT extract(epoch FROM received_at) FROM stripe_events ORDER BY id DESC LIMIT 1)::bigint AS last_event,
       (SELECT count(*) FROM stripe_events WHERE state = 'quarantined') AS quarantined,
       (SELECT count(*) FROM stripe_events WHERE state = 'received') AS received,
       (SELECT count(*) FROM purchases WHERE origin = 'stripe' AND status = 'refused') AS refused,
       (SELECT coalesce(sum(credit_balance), 0) FROM users)::bigint AS balances"""


async def figures() -> str:
    """Everything as it is now. `billing_alert` is what the log was told last."""
    found = await row(_FIGURES)
    standing = {each["about"] for each in await rows("SELECT about FROM alerts")}
    return "".join(f"{line}\n" for line in _lines({} if found is None else dict(found), standing))


def _lines(found: Mapping[str, int | None], standing: set[str]) -> Iterator[str]:
    yield from _gauge("billing_alert", "1 while something needs a person; the log says what to do.")
    yield from (f'billing_alert{{about="{about}"}} {int(about in standing)}' for about in About)
    yield from _gauge("billing_events", "Events of Stripe's that came to nothing yet.")
    yield from (f'billing_events{{state="{state}"}} {found[state]}' for state in ("received", "quarantined"))
    yield from _gauge("billing_refused_purchases", "Purchases whose payment does not match them.")
    yield f"billing_refused_purchases {found['refused']}"
    yield from _gauge("billing_balance_credits", "The balances of all people together.")
    yield f"billing_balance_credits {found['balances']}"
    if found["last_event"] is not None:
        yield from _gauge("billing_last_event_timestamp_seconds", "When Stripe's newest event came.")
        yield f"billing_last_event_timestamp_seconds {found['last_event']}"


def _gauge(name: str, told: str) -> tuple[str, str]:
    return f"# HELP {name} {told}", f"# TYPE {name} gauge"
