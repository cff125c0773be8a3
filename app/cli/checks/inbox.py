"""Looks for events of Stripe's that were taken in and came to nothing yet. Changes nothing."""

from app.cli.checks.findings import About, Findings
from app.webhooks.kept import Kept, unsettled_events

NAMED = 20  # the rest is counted


async def look_at_inbox(findings: Findings) -> None:
    """Every event that is quarantined, or was left lying, with what to do about it. Inside: a pool."""
    found = await unsettled_events()
    for kept in found[:NAMED]:
        findings.add(About.INBOX, _what(kept), kept.mend)
    if len(found) > NAMED:
        findings.add(
            About.INBOX, f"{len(found) - NAMED} more events like these", "List them: `billing events --json`"
        )
    findings.looked_at.append(About.INBOX)


def _what(kept: Kept) -> str:
    why = f": {kept.error}" if kept.error else ""
    if kept.state == "quarantined":
        return f"{kept.event_id} ({kept.type}) is quarantined{why}"
    return f"{kept.event_id} ({kept.type}) was received {kept.received_at:%Y-%m-%d %H:%M} UTC and is not done{why}"
