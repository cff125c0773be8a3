"""Decides how a dispute begins, is answered and ends, and which money moves with it."""

from typing import Any

from app.sandbox import objects, reversal_objects
from app.sandbox.change import Change
from app.sandbox.errors import refused
from app.sandbox.moves.methods import card_of
from app.sandbox.store import Document, Wanted

OPEN = ("needs_response", "under_review")
INQUIRIES = ("warning_needs_response", "warning_under_review")
DISPUTE_SECONDS = 5.0
WINNING, LOSING = "winning_evidence", "losing_evidence"  # what Stripe's test mode takes as the outcome


def open_dispute(change: Change, charge: Document, reason: str, *, inquiry: bool = False) -> Document:
    """The buyer's bank asks for the money back; an inquiry only asks. Raises: ApiError: one is open already."""
    earlier = change.store.newest(Wanted("dispute", {"charge": charge["id"]}))
    if any(one["status"] in OPEN + INQUIRIES for one in earlier) or charge["status"] != "succeeded":
        raise refused("charge", f"Charge {charge['id']} cannot be disputed now.")
    status = "warning_needs_response" if inquiry else "needs_response"
    made = change.add(reversal_objects.dispute(charge, reason, status, change.now))
    change.save(charge | {"disputed": True})
    if not inquiry:
        _move_money(change, made, -made["amount"])
    change.emit("charge.dispute.created", made)
    if not inquiry:
        change.emit("charge.dispute.funds_withdrawn", made)
    return made


def escalate(change: Change, found: Document) -> Document:
    """The bank is not content with an inquiry: now it takes the money. Raises: ApiError: it is no open inquiry."""
    _require_open(found, INQUIRIES)
    found |= {"status": "needs_response", "is_charge_refundable": False}
    _move_money(change, found, -found["amount"])
    change.emit("charge.dispute.updated", found)
    change.emit("charge.dispute.funds_withdrawn", found)
    return found


def dispute_by_card(change: Change, charge_id: str, reason: str, *, inquiry: bool) -> None:
    """What some test cards do once they paid."""
    charge = change.load("charge", charge_id)
    if not charge["disputed"]:
        open_dispute(change, charge, reason, inquiry=inquiry)


def dispute_later(change: Change, intent: Document) -> None:
    """Let the card of a payment dispute it soon, if it is one of those that do."""
    card = card_of(change, intent["payment_method"])
    if card is not None and card.dispute is not None:
        move = f"{'inquiry' if card.inquiry else 'dispute'}.{card.dispute}"
        change.at(change.clock.after(DISPUTE_SECONDS), move, intent["latest_charge"])


def dispute_at_once(change: Change, intent: Document) -> None:
    """The same without a wait: whoever pays over the API looks for the dispute in the next call."""
    card = card_of(change, intent["payment_method"])
    if card is not None and card.dispute is not None:
        dispute_by_card(change, intent["latest_charge"], card.dispute, inquiry=card.inquiry)


def answer(change: Change, found: Document, params: Document) -> Document:
    """Keep evidence and metadata; hand the evidence in if asked. Raises: ApiError: the dispute is over."""
    evidence: dict[str, Any] = params.get("evidence", {})
    if evidence and found["status"] not in OPEN + INQUIRIES:
        raise refused(None, "This dispute is already closed.")
    found["evidence"] |= evidence
    found["evidence_details"]["has_evidence"] = any(
        value for value in found["evidence"].values() if isinstance(value, str)
    )
    found["metadata"] = params.get("metadata", found["metadata"])
    if evidence and params.get("submit", True):
        found["evidence_details"]["submission_count"] += 1
        found["status"] = found["status"].replace("needs_response", "under_review")
    change.save(found)
    change.emit("charge.dispute.updated", found)
    return _decided_by_evidence(change, found)


def win(change: Change, found: Document) -> Document:
    """The bank decides for the seller: the money comes back. Raises: ApiError: the dispute is over."""
    _require_open(found, OPEN)
    found["status"] = "won"
    _move_money(change, found, found["amount"])
    change.emit("charge.dispute.funds_reinstated", found)
    change.emit("charge.dispute.closed", found)
    return found


def lose(change: Change, found: Document) -> Document:
    """The bank decides for the buyer, or the seller accepts. Raises: ApiError: the dispute is over."""
    _require_open(found, OPEN + INQUIRIES)
    inquiry = found["status"] in INQUIRIES
    found["status"] = "warning_closed" if inquiry else "lost"
    change.save(found)
    change.emit("charge.dispute.closed", found)
    return found


def _decided_by_evidence(change: Change, found: Document) -> Document:
    if found["status"] != "under_review":
        return found
    said = found["evidence"].get("uncategorized_text")
    if said == WINNING:
        return win(change, found)
    return lose(change, found) if said == LOSING else found


def _require_open(found: Document, statuses: tuple[str, ...]) -> None:
    if found["status"] not in statuses:
        raise refused(None, f"This cannot be done to a dispute whose status is {found['status']}.")


def _move_money(change: Change, found: Document, amount_cents: int) -> None:
    entry = objects.balance_transaction(
        "adjustment", amount_cents, found["currency"], found["id"], change.now
    )
    found["balance_transactions"].append(change.add(entry))
    change.save(found)
