"""Loads a row and checks whose it is, in one query. Knows no feature: the table is handed in."""

from typing import Any

from piccolo.table import Table

from app.database import row
from app.errors import NotFound
from app.ids import is_id


async def owned(table: type[Table], user_id: str, row_id: str) -> dict[str, Any]:
    """The row `row_id` of a table with a `clerk_user_id`, if it is this person's and not deleted.

    Raises: NotFound: there is none, it was deleted or it is somebody else's; nobody can tell which.
    """
    names = [column._meta.db_column_name for column in table._meta.columns]
    if not is_id(row_id):
        raise NotFound(table._meta.tablename)
    found = await row(_owned_sql(table._meta.tablename, tuple(names)), row_id, user_id)
    if found is None:
        raise NotFound(table._meta.tablename)
    return dict(found)


def _owned_sql(tablename: str, names: tuple[str, ...]) -> str:
    alive = " AND deleted_at IS NULL" if "deleted_at" in names else ""
    columns = ", ".join(f'"{name}"' for name in names)
    return f'SELECT {columns} FROM "{tablename}" WHERE id = $1 AND clerk_user_id = $2{alive}'
