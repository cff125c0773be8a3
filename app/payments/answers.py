"""Decides what an answer of Stripe's means for a caller: come again, never, or no such thing.

Stripe's exceptions end here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stripe

from app.errors import BillingError, StripeMissing, StripeRefused, StripeUnavailable
from app.payments.deadline import until_deadline


@asynccontextmanager
async def in_our_words() -> AsyncIterator[None]:
    """Ends with the request's deadline, and turns each of Stripe's failures into one of ours.

    Raises: StripeUnavailable: no answer, none in time, or none that can be read: whether Stripe has acted is unknown.
      StripeMissing, StripeRefused: Stripe has not acted.
    """
    try:
        async with until_deadline():
            yield
    except TimeoutError as error:
        raise StripeUnavailable("no answer in time") from error
    except stripe.StripeError as error:
        raise _our_error(error) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StripeUnavailable(f"unreadable answer: {error!r}"[:200]) from error


def _our_error(error: stripe.StripeError) -> BillingError:
    status, headers = error.http_status, error.headers or {}
    if status == 404:
        return StripeMissing(_param(error) or "object")
    replayed = headers.get("idempotent-replayed") == "true"
    if status is not None and ((400 <= status < 500 and status not in (409, 429)) or replayed):
        return StripeRefused(code=error.code, param=_param(error), status=status, replayed=replayed)
    return StripeUnavailable(f"{type(error).__name__} {status}")


def _param(error: stripe.StripeError) -> str | None:
    param = getattr(error, "param", None)
    return param if isinstance(param, str) else None
