"""The failures of this product as values. Knows nothing of HTTP: `app/web/errors.py` maps each to a page."""

from datetime import datetime


class BillingError(Exception):
    """Something a use case could not do; the message is for logs, the fields are for pages."""


class NotFound(BillingError):
    """The thing does not exist, or is not this person's: nobody can tell which."""

    def __init__(self, what: str = "page") -> None:
        self.what = what
        super().__init__(f"no such {what}")


class BadInput(BillingError):
    """What was typed cannot be used. The page it came from shows `problems` and keeps the text."""

    def __init__(self, **problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems.items()))


class NotEnoughCredits(BillingError):
    """An unlock was asked for that the balance does not cover."""

    def __init__(self, *, price_credits: int, balance_credits: int) -> None:
        self.price_credits = price_credits
        self.balance_credits = balance_credits
        self.missing_credits = price_credits - balance_credits
        super().__init__(f"{self.missing_credits} credits short of {price_credits}")


class IdempotencyConflict(BillingError):
    """A key that was used before came back with other values; the first outcome stands untouched."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} was used before with other values")


class BalanceFull(BillingError):
    """More credits were to be counted than a balance has room for; nothing was written."""


class NotReversible(BillingError):
    """The movement cannot be undone: it is not counted, or its kind knows no undoing."""

    def __init__(self, *, transaction_id: str, why: str) -> None:
        self.transaction_id = transaction_id
        self.why = why
        super().__init__(f"{transaction_id} cannot be undone: {why}")


class NotSettled(BillingError):
    """A payment was to be completed or failed whose movement is not waiting for that."""

    def __init__(self, *, purchase_id: str, status: str) -> None:
        self.purchase_id = purchase_id
        self.status = status
        super().__init__(f"the movement of {purchase_id} is {status}")


class TryLater(BillingError):
    """Something we depend on is busy or away for the moment; nothing was half done."""

    def __init__(self, why: str, *, retry_after_seconds: int = 5) -> None:
        self.why = why
        self.retry_after_seconds = retry_after_seconds
        super().__init__(why)


class TooManyTries(BillingError):
    """A limit on tries was reached; it ends at `until_at`."""

    def __init__(self, *, until_at: datetime, wait_seconds: int) -> None:
        self.until_at = until_at
        self.wait_seconds = wait_seconds
        super().__init__(f"too many tries, wait {wait_seconds} seconds")


class StripeUnavailable(BillingError):
    """Stripe did not answer, or asked us to come back. The same call may be made again under the same key."""


class StripeRefused(BillingError):
    """Stripe said no, and will say so again. `code` and `param` are Stripe's own words, for logs only."""

    def __init__(
        self, *, code: str | None, param: str | None, status: int | None, replayed: bool = False
    ) -> None:
        self.code = code
        self.param = param
        self.status = status
        self.replayed = replayed
        super().__init__(f"Stripe refused: {status} {code} {param}{' (replayed)' if replayed else ''}")


class StandingUnknown(StripeUnavailable):
    """Stripe gives no answer about a payment page that its buyer has seen: they may have paid on it."""


class StandingRefused(StripeRefused):
    """Stripe will not tell of a payment page that its buyer has seen: they may have paid on it."""


class StripeMissing(BillingError):
    """Stripe knows no such object."""


class NotVerifiable(BillingError):
    """A webhook body whose sender or shape cannot be trusted. It is answered 400 and nothing is stored."""


class UnknownPurchase(BillingError):
    """A checkout session that none of our purchases asked for; nothing was written."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__(f"no purchase for {session_id}")


class SignInNeeded(BillingError):
    """The page is for signed-in people. `return_to` is where the person wanted to go.

    `typed_key` opens what they had typed, for the browser that sent it; None where nothing is kept.
    """

    def __init__(self, return_to: str, *, typed_key: str | None = None) -> None:
        self.return_to = return_to
        self.typed_key = typed_key
        super().__init__("sign-in needed")
