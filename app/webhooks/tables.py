"""The inbox table. A stored event is not a handled one: `state` says which."""

from piccolo.columns import Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class StripeEvent(Table, tablename="stripe_events"):
    """One event from Stripe, kept as the raw bytes that were signed."""

    id = Text(primary_key=True, default="")
    stripe_event_id = Text(default="", unique=True)
    type = Text(default="")
    object_id = Text(null=True, default=None)
    livemode = Boolean(default=False)
    payload = Bytea(default=b"")
    state = Text(default="received")  # received, done, quarantined, ignored
    attempts = Integer(default=0)  # deliveries and replays
    failures = Integer(default=0)  # those of them that failed for a reason of our own
    error = Text(null=True, default=None)
    purchase_id = Text(null=True, default=None)
    received_at = Timestamptz(default=TimestamptzNow())
    handled_at = Timestamptz(null=True, default=None)
