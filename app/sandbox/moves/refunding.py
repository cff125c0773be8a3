"""Decides what a refund does to its charge: now, when it arrives later, and when the bank sends it back."""

from app.sandbox import objects, reversal_objects
from app.sandbox.cards import RefundOutcome, card_with
from app.sandbox.change import Change
from app.sandbox.errors import refused
from app.sandbox.store import Document, Wanted

LATER_SECONDS = 10.0
COUNTING = ("succeeded", "pending", "requires_action")


def refund(
    change: Change, charge: Document, params: Document, *, ends: RefundOutcome | None = None
) -> Document:
    """Give back a charge or a part of it, as its card would have it, or as `ends` says.

    Raises: ApiError: nothing is left to give back, not so much is left, or a dispute holds the money.
    """
    amount_cents = _refundable_cents(change, charge, params.get("amount"))
    outcome = ends or _outcome_of(change, charge)
    made = reversal_objects.refund(charge, amount_cents, params, change.now)
    if outcome == "pending_then_succeeded":
        made |= {"status": "pending", "pending_reason": "processing"}
    change.add(made)
    arrived = made["status"] == "succeeded"
    if arrived:
        _book(change, made)
    change.emit("refund.created", made)
    if arrived:
        _tell_of_charge(change, made)
    if outcome != "succeeded":
        move = "refund.succeed" if outcome == "pending_then_succeeded" else "refund.fail"
        change.at(change.clock.after(LATER_SECONDS), move, made["id"])
    return made


def charge_of(change: Change, params: Document) -> Document:
    """The charge a refund names, by itself or by its payment intent. Raises: ApiError: there is none."""
    if "charge" in params:
        return change.named("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise refused(None, "One of the following params should be provided: payment_intent or charge.")
    intent = change.named("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise refused("payment_intent", message)
    return change.load("charge", intent["latest_charge"])


def succeed(change: Change, refund_id: str) -> None:
    """A pending refund arrives. Repeat: changes nothing once it is decided."""
    found = change.load("refund", refund_id)
    if found["status"] != "pending":
        return
    found |= {"status": "succeeded"}
    found.pop("pending_reason", None)
    _book(change, found)
    _tell_of_update(change, found)
    _tell_of_charge(change, found)


def fail(change: Change, refund_id: str) -> None:
    """The bank sends a refund back: the charge counts as not refunded again. Repeat: changes nothing."""
    found = change.load("refund", refund_id)
    if found["status"] not in ("pending", "succeeded"):
        return
    arrived = found["status"] == "succeeded"
    found |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    if arrived:
        entry = _entry(change, "refund_failure", found["amount"], found)
        found["failure_balance_transaction"] = entry["id"]
        _count(change, found["charge"], -found["amount"])
    change.save(found)
    change.emit("charge.refund.updated", found)
    change.emit("refund.failed", found)


def cancel(change: Change, found: Document) -> Document:
    """Call a pending refund back. Raises: ApiError: it is not pending."""
    if found["status"] not in ("pending", "requires_action"):
        raise refused(None, f"A refund with status {found['status']} cannot be canceled.")
    found["status"] = "canceled"
    change.save(found)
    _tell_of_update(change, found)
    return found


def update(change: Change, found: Document, metadata: dict[str, str]) -> Document:
    """Change a refund's metadata, and tell of it."""
    change.save(found | {"metadata": metadata})
    found["metadata"] = metadata
    _tell_of_update(change, found)
    return found


def _refundable_cents(change: Change, charge: Document, asked_cents: int | None) -> int:
    if charge["status"] != "succeeded":
        raise refused("charge", f"Charge {charge['id']} was not successful and cannot be refunded.")
    if _held_by_dispute(change, charge):
        raise refused("charge", f"Charge {charge['id']} has been charged back.", "charge_disputed")
    earlier = change.store.newest(Wanted("refund", {"charge": charge["id"]}, {"status": list(COUNTING)}))
    left_cents = charge["amount"] - sum(one["amount"] for one in earlier)
    if left_cents == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise refused("charge", message, "charge_already_refunded")
    wanted_cents = left_cents if asked_cents is None else asked_cents
    if wanted_cents > left_cents:
        message = (
            f"Refund amount ({wanted_cents}) is greater than unrefunded amount on charge ({left_cents})."
        )
        raise refused("amount", message)
    return int(wanted_cents)


def _held_by_dispute(change: Change, charge: Document) -> bool:
    disputes = change.store.newest(Wanted("dispute", {"charge": charge["id"]}))
    return any(not one["is_charge_refundable"] and one["status"] != "won" for one in disputes)


def _outcome_of(change: Change, charge: Document) -> RefundOutcome:
    number = change.store.private(charge["payment_method"]).get("number", "")
    card = card_with(number)
    return "succeeded" if card is None else card.refund


def _book(change: Change, found: Document) -> None:
    found["balance_transaction"] = _entry(change, "refund", -found["amount"], found)["id"]
    change.save(found)
    _count(change, found["charge"], found["amount"])


def _count(change: Change, charge_id: str, amount_cents: int) -> None:
    charge = change.load("charge", charge_id)
    charge["amount_refunded"] += amount_cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    change.save(charge)


def _entry(change: Change, kind: str, amount_cents: int, found: Document) -> Document:
    return change.add(
        objects.balance_transaction(kind, amount_cents, found["currency"], found["id"], change.now)
    )


def _tell_of_update(change: Change, found: Document) -> None:
    change.emit("refund.updated", found)
    change.emit("charge.refund.updated", found)


def _tell_of_charge(change: Change, found: Document) -> None:
    change.emit("charge.refunded", change.load("charge", found["charge"]))
