"""Decides what becomes of a payment intent and its charge when a bank says yes, no or later.

Knows nothing of sessions.
"""

from app.sandbox import objects
from app.sandbox.cards import AUTHENTICATION_FAILED, GENERIC_DECLINE, Decline
from app.sandbox.change import Change
from app.sandbox.moves.methods import card_of, ending_of
from app.sandbox.store import Document

SETTLE_SECONDS = 20.0


def attempt(change: Change, intent: Document, method: Document) -> Decline | None:
    """Try to take the money; why not, if the bank refuses. Otherwise the intent's status says how it stands."""
    intent |= {"payment_method": method["id"], "last_payment_error": None}
    card = card_of(change, method["id"])
    if card is None:
        _debit(change, intent)
    elif card.three_d_secure != "none":
        _ask_the_buyer(change, intent)
    elif card.decline is not None:
        refuse_charge(change, intent, card.decline)
    else:
        succeed(change, intent)
    return None if card is None or card.three_d_secure != "none" else card.decline


def answered(change: Change, intent: Document, *, passed: bool) -> Decline | None:
    """The buyer answers the bank's question; why not, if the bank refuses."""
    intent["next_action"] = None
    card = card_of(change, intent["payment_method"])
    if not passed:
        _refuse(change, intent, AUTHENTICATION_FAILED)
        return AUTHENTICATION_FAILED
    if card is not None and card.three_d_secure == "ask_then_decline":
        refuse_charge(change, intent, GENERIC_DECLINE)
        return GENERIC_DECLINE
    succeed(change, intent)
    return None


def succeed(change: Change, intent: Document) -> None:
    """The money is here."""
    charge = _charge_for(change, intent)
    entry = objects.balance_transaction(
        "charge", charge["amount"], charge["currency"], charge["id"], change.now
    )
    charge["balance_transaction"] = change.add(entry)["id"]
    change.add(charge)
    change.emit("charge.succeeded", charge)
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "status": "succeeded",
    }
    change.save(intent)
    change.emit("payment_intent.succeeded", intent)


def refuse_charge(change: Change, intent: Document, decline: Decline) -> None:
    """The bank refuses: a failed charge remains, and the intent waits for another payment method."""
    charge = objects.failed_charge(
        _charge_for(change, intent), decline.code, decline.message, decline.decline_code
    )
    change.add(charge)
    change.emit("charge.failed", charge)
    intent["latest_charge"] = charge["id"]
    _refuse(change, intent, decline)


def _debit(change: Change, intent: Document) -> None:
    """A bank debit is on its way: paid days later or never."""
    intent["status"] = "processing"
    change.save(intent)
    change.emit("payment_intent.processing", intent)
    ends = ending_of(change, intent["payment_method"])
    if ends != "stuck":
        change.at(change.clock.after(SETTLE_SECONDS), f"debit.{ends}", intent["id"])


def _ask_the_buyer(change: Change, intent: Document) -> None:
    intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}}}
    change.save(intent)
    change.emit("payment_intent.requires_action", intent)


def _refuse(change: Change, intent: Document, decline: Decline) -> None:
    intent |= {
        "last_payment_error": _payment_error(change, intent, decline),
        "payment_method": None,
        "status": "requires_payment_method",
    }
    change.save(intent)
    change.emit("payment_intent.payment_failed", intent)


def _payment_error(change: Change, intent: Document, decline: Decline) -> Document:
    error = {
        "charge": intent["latest_charge"],
        "code": decline.code,
        "message": decline.message,
        "payment_method": change.store.get("payment_method", intent["payment_method"]),
        "type": "card_error",
    }
    return error | ({"decline_code": decline.decline_code} if decline.decline_code else {})


def _charge_for(change: Change, intent: Document) -> Document:
    method = change.load("payment_method", intent["payment_method"])
    return objects.charge(intent, method, f"{change.public_url}/receipts", change.now)
