"""The tables of movements and of money that moved no credit. Written only by `app.ledger`; constraints: see migrations."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class CreditTransaction(Table, tablename="credit_transactions"):
    """One movement of a person's credits. Posted rows are numbered 1, 2, 3 … and never change."""

    id = Text(primary_key=True, default="")
    clerk_user_id = Text(default="")
    type = Text(default="")  # purchase, consumption, refund, grant, reversal, adjustment
    status = Text(default="")  # pending, completed, failed; only completed counts
    amount = Integer(default=0)  # credits, signed
    balance_after = Integer(default=0)  # credits; of an uncounted row: what it would have become
    description = Text(default="")
    workshop_id = Text(null=True, default=None)
    stripe_session_id = Text(null=True, default=None, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())  # when written; clock_timestamp() in the database
    seq = BigInt(null=True, default=None)  # place in the person's chain; NULL while uncounted
    balance_before = Integer(null=True, default=None)  # credits
    posted_at = Timestamptz(null=True, default=None)  # when it took its place; never runs backwards
    idempotency_key = Text(default="", unique=True)
    actor = Text(default="")  # user, operator, stripe, system
    actor_id = Text(null=True, default=None)  # the person, operator or event behind it
    reason = Text(null=True, default=None)
    note = Text(null=True, default=None)
    purchase_id = Text(null=True, default=None)
    reverses_id = Text(null=True, default=None)
    workshop_title = Text(null=True, default=None)  # as it read that day; outlives the workshop
    request_id = Text(null=True, default=None)
    returned_cents = Integer(
        null=True, default=None
    )  # money that went back and nothing told of before, signed


class ReturnWithoutCredits(Table, tablename="returns_without_credits"):
    """Money of a purchase that went back and was too little for a credit, or whose credits were taken before."""

    id = Text(primary_key=True, default="")
    purchase_id = Text(default="")
    clerk_user_id = Text(default="")
    returned_cents = Integer(default=0)  # minor units of the purchase; negative if it came back
    recorded_at = Timestamptz(default=TimestamptzNow())  # never before the movements that were posted by then
