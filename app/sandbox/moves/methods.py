"""Makes payment methods: test cards and test accounts, typed in or named by a token. Takes no money."""

from dataclasses import dataclass

from app.sandbox import objects
from app.sandbox.cards import (
    CARD_TOKENS,
    BankOutcome,
    Card,
    account_details,
    card_details,
    card_with,
    digits,
)
from app.sandbox.change import Change
from app.sandbox.errors import ApiError
from app.sandbox.store import Document


@dataclass(frozen=True)
class Buyer:
    """Who fills in the form."""

    email: str | None = None
    name: str | None = None

    def billing(self) -> Document:
        """As a payment method shows it."""
        return objects.billing_details(self.email, self.name)


def add_card(change: Change, number: str, billing: Document) -> Document:
    """A card. Raises: ApiError: it is no test card."""
    if card_with(number) is None:
        message = "Your card was declined. Your request was in test mode, but used a non test card."
        raise ApiError(
            402, message, code="card_declined", decline_code="test_mode_live_card", type="card_error"
        )
    method = objects.payment_method("card", card_details(digits(number)), billing, change.now)
    return change.add(method, number=digits(number))


def add_account(change: Change, kind: str, iban: str, ends: BankOutcome, billing: Document) -> Document:
    """A bank account, and how a debit from it will end."""
    method = objects.payment_method(kind, account_details(kind, iban), billing, change.now)
    return change.add(method, ends=ends)


def named_method(change: Change, name: str) -> Document:
    """The payment method with this id, or a new one for a token. Raises: ApiError: there is none."""
    if name in CARD_TOKENS:
        return add_card(change, CARD_TOKENS[name], Buyer().billing())
    return change.named("payment_method", name, "payment_method")


def card_of(change: Change, method_id: str) -> Card | None:
    """What the card behind a payment method does; None if it is an account."""
    return card_with(change.store.private(method_id).get("number", ""))


def ending_of(change: Change, method_id: str) -> BankOutcome:
    """How a debit from the account behind a payment method ends."""
    ends: BankOutcome = change.store.private(method_id)["ends"]
    return ends
