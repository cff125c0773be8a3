"""Counts what waits for an operator. A leaf: it reads the tables of features, and changes nothing of anybody's."""

from dataclasses import dataclass

from app.database import rows
from app.watch.signs import REFUSED_PAYMENTS

# An event that came this moment is in somebody's hands; one that lies for two minutes is not.
WAITING = f"""
SELECT ({REFUSED_PAYMENTS}) AS refused_purchases,
       (SELECT count(*) FROM stripe_events WHERE state = 'quarantined') AS quarantined_events,
       (SELECT count(*) FROM stripe_events
         WHERE state = 'received'
           AND received_at < clock_timestamp() - interval '2 minutes') AS unfinished_events
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of each; none is the usual state."""

    refused_purchases: int
    quarantined_events: int
    unfinished_events: int


async def waiting() -> Waiting:
    """What a person has to look at now."""
    [found] = await rows(WAITING)
    return Waiting(**found)
