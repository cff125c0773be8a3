"""How far each list of Stripe's has been compared with ours. A cursor moves only after what it passed is committed."""

from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class ReconcileCursor(Table, tablename="reconcile_cursors"):
    """Up to which moment of Stripe's one kind of object is known to be reconciled."""

    name = Text(primary_key=True, default="")  # sessions, refunds, disputes, changes
    reached_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
