"""What is wrong just now, as far as the log was told; so no process says it twice. A row goes when it is over."""

from piccolo.columns import Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class Alert(Table, tablename="alerts"):
    """One thing that is wrong, since when, and when that was last said."""

    about = Text(primary_key=True, default="")  # as in `signs.About`
    began_at = Timestamptz(default=TimestamptzNow())
    said_at = Timestamptz(default=TimestamptzNow())
