"""Tables of people and their ways in. Constraints that Piccolo cannot say stand in the migrations."""

from piccolo.columns import BigInt, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class User(Table, tablename="users"):
    """A person. `credit_balance` and `ledger_seq` are written by the ledger alone."""

    id = Text(primary_key=True, default="")
    clerk_user_id = Text(unique=True, default="")  # Clerk's `sub`, or our own `usr_…`; never changes
    email = Text(default="")  # not unique
    name = Text(default="")
    credit_balance = Integer(default=0)  # credits; equals the last posted row
    ledger_seq = BigInt(null=True, default=None)  # number of the last posted row
    last_posted_at = Timestamptz(null=True, default=None)
    onboarding_complete = Boolean(default=False)
    gate_hint_seen = Boolean(default=False)
    history_hint_seen = Boolean(default=False)
    stripe_customer_id = Text(null=True, default=None, unique=True)
    plan_tier = Text(default="free")
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
    deleted_at = Timestamptz(null=True, default=None)


class Preferences(Table, tablename="preferences"):
    """How a person wants pages to look; without a row, as they are for everybody."""

    clerk_user_id = Text(primary_key=True, default="")
    theme = Text(default="system")  # system, light, dark
    time_zone = Text(default="UTC")  # IANA name
    locale = Text(default="en")  # of figures and dates; see app.web.manner
    updated_at = Timestamptz(default=TimestamptzNow())


class Identity(Table, tablename="identities"):
    """One way a person can prove who they are; (provider, subject) is unique."""

    id = Text(primary_key=True, default="")
    clerk_user_id = Text(default="")
    provider = Text(default="")  # demo, email, …
    subject = Text(default="")  # the demo person's name, the lower-cased address, …
    email = Text(null=True, default=None)
    email_verified = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())


class SignInLink(Table, tablename="sign_in_links"):
    """A link that was mailed: usable once, for ten minutes, by the browser that asked for it."""

    id = Text(primary_key=True, default="")
    token_hash = Bytea(default=b"")  # sha256 of the token in the link
    browser_hash = Bytea(default=b"")  # sha256 of the cookie of the browser that asked
    email = Text(default="")
    return_path = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(default=TimestamptzNow())
    used_at = Timestamptz(null=True, default=None)


class RateLimit(Table, tablename="rate_limits"):
    """How full the bucket of one person, client or mailbox is; see `limits`."""

    key = Text(primary_key=True, default="")
    empty_at = Timestamptz(default=TimestamptzNow())
    is_refused = Boolean(default=False)


class Session(Table, tablename="sessions"):
    """A signed-in browser. The cookie holds the token, the table only its hash."""

    id = Text(primary_key=True, default="")
    token_hash = Bytea(default=b"")
    clerk_user_id = Text(default="")
    provider = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())
    last_seen_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(default=TimestamptzNow())  # absolute; idle expiry follows last_seen_at
    device = Text(default="")  # such as "Firefox on Linux", for the person alone


class AuditNote(Table, tablename="audit_trail"):
    """One change of somebody's access; the database lets nobody rewrite it. See `app.trail`."""

    id = Text(primary_key=True, default="")
    noted_at = Timestamptz(default=TimestamptzNow())
    act = Text(default="")
    clerk_user_id = Text(null=True, default=None)
    actor = Text(default="")
    actor_id = Text(null=True, default=None)
    object_id = Text(null=True, default=None)
    detail = Text(default="")
    reason = Text(default="")
    request_id = Text(null=True, default=None)


class SpentSignIn(Table, tablename="spent_sign_ins"):
    """A way back from a sign-in provider that was used up."""

    state_hash = Bytea(primary_key=True, default=b"")  # sha256 of the `state` that the provider handed back
    spent_at = Timestamptz(default=TimestamptzNow())
