"""Decides what each failure is called and how it reads: the one table from error class to status and words."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from litestar.exceptions import HTTPException

from app import errors
from app.passing import PASSING
from app.web.csrf import ForgedForm
from app.web.filters import credits as credits_text
from app.web.words import counted, marked, said

SAFE_AGAIN = marked("Nothing was half done, and trying again is safe: nothing happens twice.")
PERHAPS_PAID = marked(
    "So we cannot see whether this purchase was paid. If it was, its credits are added without another step."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `is_again` offers the same page again; `text` may use what the error carries."""

    status: int
    title: str
    text: str | tuple[str, ...] | Callable[[Any], str]
    is_again: bool = False
    is_logged: bool = False

    def words(self, error: Exception) -> str:
        """What happened, what it means for money or work, what to do."""
        if callable(self.text):
            return self.text(error)
        return " ".join(map(said, (self.text,) if isinstance(self.text, str) else self.text))


def _bad_input(error: errors.BadInput) -> str:
    return " ".join(error.problems.values())


def _too_few(error: errors.NotEnoughCredits) -> str:
    need, have = credits_text(error.price_credits), credits_text(error.balance_credits)
    return said("This takes %(need)s and your balance is %(have)s. No credit was used.", need=need, have=have)


def _wait(error: errors.TooManyTries) -> str:
    wait = seconds_text(error.wait_seconds)
    return said("Please wait %(wait)s, then try again. Nothing was charged.", wait=wait)


def seconds_text(seconds: int) -> str:
    """A time to wait: "45 seconds", "2 minutes", rounded up, so that nobody comes back too early."""
    if seconds < 120:
        return counted("%(num)s second", "%(num)s seconds", seconds)
    return said("%(number)s minutes", number=-(-seconds // 60))


NOT_FOUND = Row(
    404,
    marked("We cannot find this page"),
    marked("It does not exist, or it belongs to another account. Nothing was changed."),
)
BUSY = Row(503, marked("Too busy for a moment"), SAFE_AGAIN, is_again=True)
BROKEN = Row(
    500,
    marked("Something went wrong on our side"),
    (marked("It is in our log under the reference below."), SAFE_AGAIN),
    is_again=True,
    is_logged=True,
)

ERRORS: dict[type[Exception], Row] = {
    errors.NotFound: NOT_FOUND,
    errors.StripeMissing: NOT_FOUND,
    errors.UnknownPurchase: Row(
        404,
        marked("We do not know this purchase in this account"),
        marked("If you paid with another e-mail, sign in with that one."),
    ),
    errors.BadInput: Row(422, marked("This could not be used as it is"), _bad_input),
    errors.NotEnoughCredits: Row(402, marked("Not enough credits"), _too_few),
    errors.IdempotencyConflict: Row(
        409,
        marked("This form was used before"),
        marked(
            "It was sent once already with other values, and that first time stands. Nothing was charged or used again."
        ),
    ),
    errors.BalanceFull: Row(
        409,
        marked("This balance can hold no more credits"),
        marked("Nothing was changed. Your credits are as they were."),
    ),
    errors.NotReversible: Row(
        409,
        marked("This can no longer be undone"),
        marked("Nothing was changed. Your credits are as they were."),
    ),
    errors.NotSettled: Row(
        409,
        marked("This payment is not waiting any more"),
        marked("Nothing was changed. Its story tells its state."),
    ),
    errors.TryLater: BUSY,
    errors.TooManyTries: Row(429, marked("Too many tries"), _wait, is_again=True),
    errors.StripeUnavailable: Row(
        503,
        marked("The payment service does not answer"),
        (marked("Nothing was charged."), SAFE_AGAIN),
        is_again=True,
    ),
    errors.StripeRefused: Row(
        502,
        marked("The payment service refused this"),
        marked("Nothing was charged. We will look into it."),
        is_logged=True,
    ),
    errors.StandingUnknown: Row(
        503, marked("The payment service does not answer"), (PERHAPS_PAID, SAFE_AGAIN), is_again=True
    ),
    errors.StandingRefused: Row(
        502,
        marked("The payment service refused this"),
        (PERHAPS_PAID, marked("We will look into it.")),
        is_logged=True,
    ),
    errors.NotVerifiable: Row(400, marked("This message cannot be verified"), marked("Nothing was stored.")),
    errors.BillingError: BROKEN,
    ForgedForm: Row(
        403,
        marked("This form has expired"),
        marked(
            "This form has expired or came from another site. Nothing was saved, charged or used. "
            "Go back, reload the page and try again."
        ),
        is_again=True,
    ),
    **dict.fromkeys(PASSING, BUSY),
    Exception: BROKEN,
}

STATUSES: dict[int, Row] = {
    400: Row(
        400,
        marked("This request could not be read"),
        marked("The address or the form is damaged. Nothing was changed."),
    ),
    401: Row(
        401,
        marked("Please sign in"),
        marked("Your sign-in has ended. Sign in again and go on where you were."),
    ),
    403: Row(403, marked("This is not open to you"), marked("Nothing was changed.")),
    404: NOT_FOUND,
    405: Row(
        405,
        marked("This page works another way"),
        marked("It cannot be called like this. Nothing was changed."),
    ),
    413: Row(
        413,
        marked("This is too long"),
        marked("More was sent than this page takes. Nothing was saved; please shorten the text."),
    ),
    415: Row(
        415,
        marked("This is not a form of ours"),
        marked("Files and other formats are not taken here. Nothing was changed."),
    ),
    422: Row(
        422,
        marked("This could not be used as it is"),
        marked("Nothing was changed. Please check what you entered."),
    ),
    429: Row(
        429, marked("Too many tries"), marked("Please wait a moment, then try again. Nothing was charged.")
    ),
    503: BUSY,
}


def row_for(error: Exception) -> Row:
    """The line for this error: the nearest class counts, then the status of an HTTP exception."""
    for kind in type(error).__mro__:
        if kind in ERRORS and kind is not Exception:
            return ERRORS[kind]
    if isinstance(error, HTTPException) and error.status_code < 500:
        return STATUSES.get(error.status_code) or _unnamed(error.status_code)
    return STATUSES[503] if isinstance(error, HTTPException) and error.status_code == 503 else BROKEN


def _unnamed(status: int) -> Row:
    return Row(status, HTTPStatus(status).phrase, marked("Nothing was changed."))
