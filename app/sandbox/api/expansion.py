"""Puts whole objects where ids stand, as `expand` asks. Changes no object."""

from collections.abc import Mapping
from typing import Any

from app.sandbox.change import Change
from app.sandbox.errors import unusable
from app.sandbox.objects import list_of
from app.sandbox.store import Document

DEEPEST = 4
EXPANDABLE: Mapping[str, Mapping[str, str]] = {
    "checkout.session": {"customer": "customer", "payment_intent": "payment_intent"},
    "payment_intent": {"customer": "customer", "latest_charge": "charge", "payment_method": "payment_method"},
    "charge": {
        "customer": "customer",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
    },
    "price": {"product": "product"},
    "refund": {
        "charge": "charge",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
}


def expanded(change: Change, body: Document, paths: list[str]) -> Document:
    """The object with every path resolved. Raises: ApiError: a path leads nowhere."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise unusable("expand", f"You cannot expand more than {DEEPEST} levels of a property ({path}).")
        _expand(change, body, steps, path)
    return body


def _expand(change: Change, body: Any, steps: list[str], path: str) -> None:
    """One step down; what is null or a list is walked through in silence."""
    if not steps or body is None:
        return
    step, *rest = steps
    if body.get("object") == "list":
        if step != "data":
            raise _not_expandable(path)
        for item in body["data"]:
            _expand(change, item, rest, path)
        return
    body[step] = _resolved(change, body, step, path)
    _expand(change, body[step], rest, path)


def _resolved(change: Change, body: Document, step: str, path: str) -> Any:
    if body.get("object") == "checkout.session" and step == "line_items":
        lines = change.store.private(body["id"])["line_items"]
        return list_of(f"/v1/checkout/sessions/{body['id']}/line_items", lines)
    kind = EXPANDABLE.get(body.get("object", ""), {}).get(step)
    if kind is None:
        raise _not_expandable(path)
    value = body.get(step)
    return change.store.get(kind, value) or value if isinstance(value, str) else value


def _not_expandable(path: str) -> Exception:
    return unusable("expand", f"This property cannot be expanded ({path}).")
