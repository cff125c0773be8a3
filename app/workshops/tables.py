"""Tables of workshops and their steps. The ledger stamps `credit_consumed_at`, nobody else does."""

from piccolo.columns import Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class Workshop(Table, tablename="workshops"):
    """One guided workshop of a person."""

    id = Text(primary_key=True, default="")
    clerk_user_id = Text(default="")
    title = Text(default="")
    status = Text(default="active")  # active, completed
    current_step = Text(default="challenge")  # a slug, decided by the server alone
    form_key = Text(null=True, default=None)  # unique per person: one form makes one workshop
    credit_consumed_at = Timestamptz(null=True, default=None)  # set = unlocked
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
    deleted_at = Timestamptz(null=True, default=None)


class WorkshopStep(Table, tablename="workshop_steps"):
    """A person's notes on one step; (workshop_id, slug) is unique, rows are made when missing."""

    id = Text(primary_key=True, default="")
    workshop_id = Text(default="")
    slug = Text(default="")
    status = Text(default="not_started")  # not_started, in_progress, completed
    notes = Text(default="")
    version = Integer(default=1)  # moves by one with every change of the notes; an older form meets 409
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Draft(Table, tablename="drafts"):
    """Notes that came when the sign-in had ended; (workshop_id, slug) is unique, and a day is all they are kept."""

    id = Text(primary_key=True, default="")
    workshop_id = Text(default="")
    slug = Text(default="")
    key_hash = Bytea(default=b"")  # sha256 of the cookie of the browser that typed them
    notes = Text(default="")
    version = Integer(null=True, default=None)  # of the notes that they were typed over
    kept_at = Timestamptz(default=TimestamptzNow())
