"""Says what each test card and test account does. Knows nothing of payments in progress."""

from dataclasses import dataclass
from typing import Literal

ThreeDSecure = Literal["none", "ask", "ask_then_decline"]
BankOutcome = Literal["succeed", "fail", "stuck"]
RefundOutcome = Literal["succeeded", "pending_then_succeeded", "succeeded_then_failed"]
DEFAULT_NUMBER = "4242424242424242"


@dataclass(frozen=True)
class Decline:
    """Why a bank refuses, in Stripe's codes and words."""

    code: str
    message: str
    decline_code: str | None = None


@dataclass(frozen=True)
class Card:
    """What one card number does, now and later."""

    decline: Decline | None = None
    three_d_secure: ThreeDSecure = "none"
    dispute: Literal["fraudulent", "product_not_received"] | None = None
    inquiry: bool = False
    refund: RefundOutcome = "succeeded"


def _declined(decline_code: str, message: str = "Your card was declined.") -> Card:
    return Card(decline=Decline("card_declined", message, decline_code))


GENERIC_DECLINE = Decline("card_declined", "Your card was declined.", "generic_decline")
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
DEBIT_FAILED = Decline(
    "payment_method_provider_decline", "The payment failed: the bank account could not be debited.", None
)

CARDS = {
    DEFAULT_NUMBER: Card(),
    "4000000000000002": Card(decline=GENERIC_DECLINE),
    "4000000000009995": _declined("insufficient_funds", "Your card has insufficient funds."),
    "4000000000009987": _declined("lost_card"),
    "4000000000009979": _declined("stolen_card"),
    "4000000000000069": Card(decline=Decline("expired_card", "Your card has expired.", "expired_card")),
    "4000000000000127": Card(
        decline=Decline("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc")
    ),
    "4000000000000119": Card(
        decline=Decline(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            "processing_error",
        )
    ),
    "4000002760003184": Card(three_d_secure="ask"),
    "4000002500003155": Card(three_d_secure="ask"),
    "4000008400001629": Card(three_d_secure="ask_then_decline"),
    "4000000000000259": Card(dispute="fraudulent"),
    "4000000000002685": Card(dispute="product_not_received"),
    "4000000000001976": Card(dispute="fraudulent", inquiry=True),
    "4000000000005423": Card(dispute="fraudulent"),
    "4000000000007726": Card(refund="pending_then_succeeded"),
    "4000000000005126": Card(refund="succeeded_then_failed"),
}

CARD_TOKENS = {
    "pm_card_visa": DEFAULT_NUMBER,
    "tok_visa": DEFAULT_NUMBER,
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_threeDSecure2Required": "4000002760003184",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}
ACCOUNTS: dict[str, BankOutcome] = {
    "AT611904300234573201": "succeed",
    "IT60X0542811101000000123456": "fail",
    "AT321904300235473204": "stuck",
}


def card_with(number: str) -> Card | None:
    """What the card with this number does, spaces and hyphens aside; None if it is no test card."""
    return CARDS.get(digits(number))


def digits(number: str) -> str:
    """A card number without its spaces and hyphens."""
    return number.replace(" ", "").replace("-", "")


def bank_outcome(iban: str, asked: str = "") -> BankOutcome:
    """How a debit will end: as asked for, else as the account number says, else well."""
    for outcome in ACCOUNTS.values():
        if asked == outcome:
            return outcome
    return ACCOUNTS.get(iban.replace(" ", "").upper(), "succeed")


def card_details(number: str, *, exp_month: int = 12, exp_year: int = 2034) -> dict[str, object]:
    """A card as a payment method shows it."""
    return {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": f"sandbox{number[-8:]}",
        "funding": "credit",
        "last4": number[-4:],
        "wallet": None,
    }


def account_details(kind: str, iban: str) -> dict[str, object]:
    """A bank account as a payment method shows it."""
    last4 = iban.replace(" ", "")[-4:] or "3201"
    shown: dict[str, object] = {"bank_code": None, "country": "AT", "fingerprint": f"sandbox{last4}"}
    if kind == "us_bank_account":
        shown = {"account_type": "checking", "bank_name": "SANDBOX BANK", "routing_number": "110000000"}
    return shown | {"last4": last4}
