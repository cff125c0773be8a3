"""Decides how one movement is written in a file: a column for everything a list shows. Pure; knows no page."""

from collections.abc import Iterable
from datetime import UTC

from app.transactions.history import Stored
from app.web.csv import csv_lines

COLUMNS = (
    "time_utc",
    "type",
    "status",
    "description",
    "credits",
    "balance_after",
    "money_minor_units",
    "currency",
    "workshop",
    "transaction",
    "purchase",
)
HEAD = csv_lines([COLUMNS])


def movement_lines(movements: Iterable[Stored]) -> str:
    """The movements as lines of a file. What does not count has no balance; what moved no money names no currency.

    Units: whole credits, minor units of the currency, UTC.
    """
    return csv_lines(map(_cells, movements))


def _cells(movement: Stored) -> Iterable[str | int | None]:
    cents = movement["money_cents"]
    return (
        movement["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        movement["type"],
        movement["status"],
        movement["description"],
        movement["amount"],
        None if movement["seq"] is None else movement["balance_after"],
        cents,
        None if cents is None else movement["currency"].upper(),
        movement["workshop_title"],
        movement["id"],
        movement["purchase_id"],
    )
