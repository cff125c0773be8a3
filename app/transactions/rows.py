"""Decides how one movement reads in a list: every value is text by the time a template sees it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.ledger.rules import Status
from app.transactions.asking import KINDS
from app.transactions.history import Stored
from app.web.filters import change, figure, moment_text, money, time_text
from app.web.manner import manner
from app.web.words import marked, said

STATUS_WORDS: Mapping[str, str] = {
    Status.PENDING: marked("Settling"),
    Status.FAILED: marked("Failed"),
    Status.COMPLETED: "",
}


class LedgerRow(NamedTuple):
    """A movement as text. An empty text is a value that the row does not have.

    A tuple, because a page makes one per row and a frozen dataclass takes five times as long; the template takes it apart
    in this order.
    """

    at_iso: str
    at_text: str
    kind: str
    what: str
    change_text: str
    balance_text: str
    money_text: str
    receipt_href: str
    status: str
    href: str


def ledger_row(movement: Stored, *, says_day: bool = True) -> LedgerRow:
    """The movement as a row. What does not count has a status in words and no balance.

    `says_day` is False where the row stands beside the name of its day.
    """
    at: datetime = movement["at"]
    reader, cents, purchase_id = manner(), movement["money_cents"], movement["purchase_id"]
    return LedgerRow(
        at_iso=f"{at.isoformat()[:19]}Z",
        at_text=moment_text(at, reader) if says_day else time_text(at, reader),
        kind=said(KINDS[movement["type"]]),
        what=movement["description"],
        change_text=change(movement["amount"], reader),
        balance_text="" if movement["seq"] is None else figure(movement["balance_after"], reader),
        money_text="" if cents is None else money(cents, movement["currency"], reader),
        receipt_href=f"/purchases/{purchase_id}" if purchase_id else "",
        status=status_text(movement["status"]),
        href=f"/transactions/{movement['id']}",
    )


def status_text(status: str) -> str:
    """The state of a row that does not count, in a word; nothing for one that does."""
    word = STATUS_WORDS[status]
    return said(word) if word else ""
