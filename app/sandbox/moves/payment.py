"""Decides what happens to a payment intent, its charge and its session when somebody pays. Knows nothing of pages."""

from dataclasses import dataclass

from app.sandbox import objects
from app.sandbox.cards import (
    AUTHENTICATION_FAILED,
    DEBIT_FAILED,
    GENERIC_DECLINE,
    BankOutcome,
    Card,
    Decline,
    account_details,
    card_details,
    card_with,
    digits,
)
from app.sandbox.change import Change
from app.sandbox.errors import ApiError, refused
from app.sandbox.session_object import customer_details
from app.sandbox.store import Document, Wanted

DISPUTE_SECONDS = 5.0


@dataclass(frozen=True)
class Buyer:
    """Who fills in the form."""

    email: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Debit:
    """A bank account to take money from, and how that will end."""

    kind: str
    iban: str
    ends: BankOutcome
    settle_seconds: float


@dataclass(frozen=True)
class Paid:
    """The session is complete; `event_id` is the one that tells of it."""

    event_id: str


@dataclass(frozen=True)
class Declined:
    """The bank refused; the session stays open for another try."""

    decline: Decline


@dataclass(frozen=True)
class MustAuthenticate:
    """The bank wants to ask the buyer first."""


Outcome = Paid | Declined | MustAuthenticate


def pay_by_card(change: Change, session: Document, number: str, buyer: Buyer) -> Outcome:
    """Confirm an open session with a card. Raises: ApiError: it is no test card."""
    card = _test_card(number)
    intent = _intent_of(change, session)
    method = _add_card(change, number, buyer)
    intent["payment_method"] = method["id"]
    change.remember(session["id"], buyer={"email": buyer.email, "name": buyer.name})
    if card.three_d_secure != "none":
        return _ask_the_buyer(change, intent)
    return _settle_card(change, session, intent, card.decline)


def authenticate(change: Change, session: Document, *, passed: bool) -> Outcome:
    """The buyer answers the bank's question. Raises: ApiError: nothing was asked."""
    intent = _waiting_intent(change, session)
    intent["next_action"] = None
    if not passed:
        _refuse(change, intent, AUTHENTICATION_FAILED)
        return Declined(AUTHENTICATION_FAILED)
    card = _test_card(change.store.private(intent["payment_method"])["number"])
    late_decline = GENERIC_DECLINE if card.three_d_secure == "ask_then_decline" else None
    return _settle_card(change, session, intent, late_decline)


def pay_by_debit(change: Change, session: Document, debit: Debit, buyer: Buyer) -> Paid:
    """Confirm an open session with a bank debit: complete at once, paid days later or never."""
    intent = _intent_of(change, session)
    billing = objects.billing_details(buyer.email, buyer.name)
    details = account_details(debit.kind, debit.iban)
    method = change.add(objects.payment_method(debit.kind, details, billing, change.now))
    intent |= {"payment_method": method["id"], "status": "processing", "last_payment_error": None}
    change.save(intent)
    change.emit("payment_intent.processing", intent)
    if debit.ends != "stuck":
        change.at(change.clock.after(debit.settle_seconds), f"debit.{debit.ends}", intent["id"])
    change.remember(session["id"], buyer={"email": buyer.email, "name": buyer.name})
    return Paid(_complete(change, session, "unpaid"))


def settle_debit(change: Change, intent_id: str) -> None:
    """The money of a bank debit arrives. Repeat: changes nothing once it is decided."""
    intent = change.load("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    _succeed(change, intent)
    for session in _sessions_of(change, intent_id):
        session["payment_status"] = "paid"
        change.save(session)
        change.emit("checkout.session.async_payment_succeeded", session)


def fail_debit(change: Change, intent_id: str) -> None:
    """The bank refuses a debit days later. Repeat: changes nothing once it is decided."""
    intent = change.load("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    _refuse_charge(change, intent, DEBIT_FAILED)
    for session in _sessions_of(change, intent_id):
        change.emit("checkout.session.async_payment_failed", session)


def expire(change: Change, session: Document) -> Document:
    """Close a session that nobody paid. Raises: ApiError: it is not open any more."""
    if session["status"] != "open":
        message = (
            f'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
        raise refused(None, message)
    session |= {"status": "expired", "url": None}
    change.save(session)
    change.emit("checkout.session.expired", session)
    return session


def expire_when_due(change: Change, session_id: str) -> None:
    """The clock runs out for a session; a complete one is left alone."""
    session = change.load("checkout.session", session_id)
    if session["status"] == "open":
        expire(change, session)


def _test_card(number: str) -> Card:
    card = card_with(number)
    if card is None:
        message = "Your card was declined. Your request was in test mode, but used a non test card."
        raise ApiError(
            402, message, code="card_declined", decline_code="test_mode_live_card", type="card_error"
        )
    return card


def _add_card(change: Change, number: str, buyer: Buyer) -> Document:
    billing = objects.billing_details(buyer.email, buyer.name)
    method = objects.payment_method("card", card_details(digits(number)), billing, change.now)
    return change.add(method, number=digits(number))


def _intent_of(change: Change, session: Document) -> Document:
    """The payment intent of a session: made at the first confirmation, used again after a decline."""
    if session["payment_intent"] is not None:
        return change.load("payment_intent", session["payment_intent"])
    given = change.store.private(session["id"]).get("payment_intent_data", {})
    given["payment_method_types"] = session["payment_method_types"]
    intent = objects.payment_intent(
        session["amount_total"], session["currency"], session["customer"], given, change.now
    )
    change.add(intent)
    change.emit("payment_intent.created", intent)
    session["payment_intent"] = intent["id"]
    change.save(session)
    return intent


def _waiting_intent(change: Change, session: Document) -> Document:
    if session["payment_intent"] is not None:
        intent = change.load("payment_intent", session["payment_intent"])
        if intent["status"] == "requires_action":
            return intent
    raise refused(None, "This payment does not wait for the buyer's bank.")


def _ask_the_buyer(change: Change, intent: Document) -> MustAuthenticate:
    intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}}}
    change.save(intent)
    change.emit("payment_intent.requires_action", intent)
    return MustAuthenticate()


def _settle_card(change: Change, session: Document, intent: Document, decline: Decline | None) -> Outcome:
    if decline is not None:
        _refuse_charge(change, intent, decline)
        return Declined(decline)
    _succeed(change, intent)
    _dispute_later(change, intent)
    return Paid(_complete(change, session, "paid"))


def _succeed(change: Change, intent: Document) -> None:
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


def _dispute_later(change: Change, intent: Document) -> None:
    """Some test cards pay and then take it back."""
    card = card_with(change.store.private(intent["payment_method"])["number"])
    if card is not None and card.dispute is not None:
        move = f"{'inquiry' if card.inquiry else 'dispute'}.{card.dispute}"
        change.at(change.clock.after(DISPUTE_SECONDS), move, intent["latest_charge"])


def _refuse_charge(change: Change, intent: Document, decline: Decline) -> None:
    charge = objects.failed_charge(
        _charge_for(change, intent), decline.code, decline.message, decline.decline_code
    )
    change.add(charge)
    change.emit("charge.failed", charge)
    intent["latest_charge"] = charge["id"]
    _refuse(change, intent, decline)


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


def _complete(change: Change, session: Document, payment_status: str) -> str:
    buyer = change.store.private(session["id"]).get("buyer", {})
    session |= {
        "customer_details": customer_details(buyer.get("email"), buyer.get("name")),
        "payment_status": payment_status,
        "status": "complete",
        "url": None,
    }
    change.save(session)
    return change.emit("checkout.session.completed", session)


def _sessions_of(change: Change, intent_id: str) -> list[Document]:
    return change.store.newest(Wanted("checkout.session", {"payment_intent": intent_id}))
