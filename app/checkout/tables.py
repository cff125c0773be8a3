"""The table of purchases: one row per attempt to buy, a snapshot that later price changes never touch."""

from piccolo.columns import Boolean, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

# As the index `purchases_unsettled` says it, of purchases called `p`.
IS_DISPUTED_STILL = "p.dispute_status NOT IN ('won', 'lost', 'prevented', 'warning_closed')"


class Purchase(Table, tablename="purchases"):
    """One attempt to buy a pack, written before Stripe is asked."""

    id = Text(primary_key=True, default="")
    clerk_user_id = Text(default="")
    pack = Text(default="")  # slug in the catalogue
    pack_name = Text(default="")
    credits = Integer(default=0)
    amount_cents = Integer(default=0)  # minor units of `currency`
    currency = Text(default="")
    stripe_price_id = Text(default="")
    base_url = Text(default="")
    status = Text(default="started")  # started, open, settling, paid, failed, expired, refused
    request_no = Integer(default=0)  # raised only after a definite refusal; part of Stripe's idempotency key
    stripe_customer_id = Text(null=True, default=None)
    customer_email = Text(null=True, default=None)
    stripe_session_id = Text(null=True, default=None, unique=True)
    payment_intent = Text(null=True, default=None)
    payment_method = Text(null=True, default=None)  # as a receipt says it: "Visa ending 4242"
    livemode = Boolean(default=False)
    amount_refunded_cents = Integer(default=0)
    refund_pending_cents = Integer(default=0)  # on its way back; counts for nothing yet
    dispute_status = Text(null=True, default=None)
    disputed_at = Timestamptz(null=True, default=None)
    returns_seen = Text(default="")  # Stripe's refunds and disputes as last applied
    unlock_workshop_id = Text(null=True, default=None)  # the intent: what to open once paid
    intent_outcome = Text(null=True, default=None)  # unlocked, already_open, deleted, not_enough, returned
    refused_reason = Text(null=True, default=None)
    return_path = Text(null=True, default=None)
    attempt_key = Text(null=True, default=None)  # the form's key; unique per person
    origin = Text(default="stripe")  # stripe, seed
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
    paid_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)  # given up, failed or expired
