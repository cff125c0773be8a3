"""The refusals Stripe's API gives, with its own words and numbers. Knows nothing of HTTP beyond the status."""

from typing import Any, Literal

ErrorType = Literal["api_error", "card_error", "idempotency_error", "invalid_request_error"]


class ApiError(Exception):
    """A call that is answered with an error envelope; `kept` ones are replayed for their idempotency key."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        type: ErrorType = "invalid_request_error",
        kept: bool = True,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.kept = kept
        named = {"code": code, "decline_code": decline_code, "param": param}
        self.envelope: dict[str, Any] = {
            "error": {"message": message, "type": type}
            | {name: value for name, value in named.items() if value is not None}
            | (extra or {})
        }
        super().__init__(message)


def unusable(param: str, message: str, code: str | None = None) -> ApiError:
    """A parameter that is wrong in itself: refused before anything ran, so never kept for a replay."""
    return ApiError(400, message, code=code, param=param, kept=False)


def refused(param: str | None, message: str, code: str | None = None) -> ApiError:
    """A call that is well formed and cannot be carried out."""
    return ApiError(400, message, code=code, param=param)


def missing(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> ApiError:
    """An id that names nothing: 404 in the address, 400 in a parameter."""
    name = {"checkout.session": "checkout session", "refund": "refund"}.get(kind, kind)
    return ApiError(status, f"No such {name}: '{object_id}'", code="resource_missing", param=param)


def declined(intent: dict[str, Any]) -> ApiError:
    """A bank's refusal as a call gets it, with the payment intent that it left behind."""
    error = intent["last_payment_error"]
    extra = {name: error[name] for name in ("charge", "payment_method")} | {"payment_intent": intent}
    return ApiError(
        402,
        error["message"],
        code=error["code"],
        decline_code=error.get("decline_code"),
        type="card_error",
        extra=extra,
    )
