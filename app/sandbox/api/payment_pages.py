"""The buyer's side of a session, as Stripe's own command line plays it. Not a documented part of Stripe's API."""

from app.sandbox.api.call import Call, Endpoint, reader
from app.sandbox.errors import ApiError, declined, refused
from app.sandbox.moves import payment
from app.sandbox.moves.methods import named_method
from app.sandbox.shapes import text, whole
from app.sandbox.store import Document

KIND = "checkout.session"


def confirm(call: Call) -> Document | ApiError:
    """Pay an open session. Raises: ApiError: it is not open, costs something else, or is not paid for in that way."""
    session = call.change.load(KIND, call.object_id)
    payment.require_open(session, "confirmed")
    if call.params.get("expected_amount", session["amount_total"]) != session["amount_total"]:
        raise refused("expected_amount", "The payment page's amount has changed since it was shown.")
    method = named_method(call.change, call.params["payment_method"])
    if method["type"] not in session["payment_method_types"]:
        raise refused("payment_method", f"This payment page does not take {method['type']}.")
    outcome = payment.confirm(call.change, session, method)
    if isinstance(outcome, payment.Declined):
        return declined(call.change.load("payment_intent", session["payment_intent"]))
    return session


ENDPOINTS = (
    Endpoint("GET", "/v1/payment_pages/{id}", reader(KIND)),
    Endpoint(
        "POST",
        "/v1/payment_pages/{id}/confirm",
        confirm,
        {"payment_method": text, "expected_amount": whole},
        ("payment_method",),
    ),
)
