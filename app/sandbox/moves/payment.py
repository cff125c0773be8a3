"""Decides what happens to a checkout session when somebody pays, is refused, or does not come. Knows nothing of pages."""

from dataclasses import dataclass

from app.sandbox import objects
from app.sandbox.cards import DEBIT_FAILED, BankOutcome, Decline
from app.sandbox.change import Change
from app.sandbox.errors import refused
from app.sandbox.moves import charging
from app.sandbox.moves.disputing import dispute_later
from app.sandbox.moves.methods import Buyer, add_account, add_card
from app.sandbox.session_object import customer_details
from app.sandbox.store import Document, Wanted


@dataclass(frozen=True)
class Debit:
    """A bank account to take money from, and how that will end."""

    kind: str
    iban: str
    ends: BankOutcome


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
    return confirm(change, session, add_card(change, number, buyer.billing()))


def pay_by_debit(change: Change, session: Document, debit: Debit, buyer: Buyer) -> Outcome:
    """Confirm an open session with a bank debit: complete at once, paid days later or never."""
    method = add_account(change, debit.kind, debit.iban, debit.ends, buyer.billing())
    return confirm(change, session, method)


def confirm(change: Change, session: Document, method: Document) -> Outcome:
    """Confirm an open session with a payment method."""
    intent = _intent_of(change, session)
    return _after(change, session, intent, charging.attempt(change, intent, method))


def authenticate(change: Change, session: Document, *, passed: bool) -> Outcome:
    """The buyer answers the bank's question. Raises: ApiError: nothing was asked."""
    intent = _waiting_intent(change, session)
    return _after(change, session, intent, charging.answered(change, intent, passed=passed))


def settle_debit(change: Change, intent_id: str) -> None:
    """The money of a bank debit arrives. Repeat: changes nothing once it is decided."""
    intent = change.load("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    charging.succeed(change, intent)
    for session in _sessions_of(change, intent_id):
        session["payment_status"] = "paid"
        change.save(session)
        change.emit("checkout.session.async_payment_succeeded", session)


def fail_debit(change: Change, intent_id: str) -> None:
    """The bank refuses a debit days later. Repeat: changes nothing once it is decided."""
    intent = change.load("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    charging.refuse_charge(change, intent, DEBIT_FAILED)
    for session in _sessions_of(change, intent_id):
        change.emit("checkout.session.async_payment_failed", session)


def require_open(session: Document, wanted: str) -> None:
    """Raises: ApiError: it is not open any more."""
    if session["status"] != "open":
        message = (
            f'Only Checkout Sessions with a status in ["open"] can be {wanted}. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
        raise refused(None, message)


def expire(change: Change, session: Document) -> Document:
    """Close a session that nobody paid. Raises: ApiError: it is not open any more."""
    require_open(session, "expired")
    session |= {"status": "expired", "url": None}
    change.save(session)
    change.emit("checkout.session.expired", session)
    return session


def expire_when_due(change: Change, session_id: str) -> None:
    """The clock runs out for a session; a complete one is left alone."""
    session = change.load("checkout.session", session_id)
    if session["status"] == "open":
        expire(change, session)


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


def _after(change: Change, session: Document, intent: Document, decline: Decline | None) -> Outcome:
    if decline is not None:
        return Declined(decline)
    if intent["status"] == "requires_action":
        return MustAuthenticate()
    dispute_later(change, intent)
    return Paid(_complete(change, session, intent))


def _complete(change: Change, session: Document, intent: Document) -> str:
    billing = change.load("payment_method", intent["payment_method"])["billing_details"]
    session |= {
        "customer_details": customer_details(billing["email"], billing["name"]),
        "payment_status": "paid" if intent["status"] == "succeeded" else "unpaid",
        "status": "complete",
        "url": None,
    }
    change.save(session)
    return change.emit("checkout.session.completed", session)


def _sessions_of(change: Change, intent_id: str) -> list[Document]:
    return change.store.newest(Wanted("checkout.session", {"payment_intent": intent_id}))
