"""Decides how one movement is written in a file: a column for everything a list shows. Pure; knows no page.

What does not count has no balance; what moved no money names no currency. Units: whole credits, minor units, UTC.
"""

from collections.abc import Iterable
from typing import Any

from app.transactions.history import MONEY_CENTS
from app.transactions.matching import AT
from app.web.csv import csv_lines

# Made by the database as they stand in the file, so that a row is not taken apart on its way.
CELLS = {
    "time_utc": f"""to_char({AT} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    "type": "t.type",
    "status": "t.status",
    "description": "t.description",
    "credits": "t.amount",
    "balance_after": "CASE WHEN t.seq IS NOT NULL THEN t.balance_after END",
    "money_minor_units": MONEY_CENTS,
    "currency": f"CASE WHEN {MONEY_CENTS} IS NOT NULL THEN upper(p.currency) END",
    "workshop": "coalesce(w.title, t.workshop_title)",
    "transaction": "t.id",
    "purchase": "t.purchase_id",
}
# Money that moved no credit, `r`, in the same columns and the words of the ledger.
NOTED_CELLS = {
    "time_utc": """to_char(r.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    "type": "CASE WHEN r.returned_cents > 0 THEN 'refund' ELSE 'reversal' END",
    "status": "'completed'",
    "description": """CASE WHEN r.returned_cents > 0 THEN format('Refund of %s: 0 credits', p.pack_name)
            ELSE format('Refund of %s failed: 0 credits', p.pack_name) END""",
    "credits": "0",
    "balance_after": "NULL",
    "money_minor_units": "-r.returned_cents",
    "currency": "upper(p.currency)",
    "workshop": "NULL",
    "transaction": "r.id",
    "purchase": "r.purchase_id",
}
NOTED_SELECTED = ", ".join(f"{NOTED_CELLS[name]} AS {name}" for name in CELLS)
SELECTED = ", ".join(f"{sql} AS {name}" for name, sql in CELLS.items())
HEAD = csv_lines([CELLS])


def movement_lines(selected: Iterable[Any]) -> str:
    """Rows that were `SELECTED` as lines of the file, without the columns that follow."""
    return csv_lines(each[: len(CELLS)] for each in selected)
