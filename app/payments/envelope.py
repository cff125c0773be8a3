"""Reads the body of a webhook strictly, once its signature is known to be good. Knows no SDK.

Stripe's own parser takes NaN, repeated keys, and objects without an id; what is odd is refused here.
"""

import hashlib
import json
import re
from typing import Any, NoReturn

from app.errors import NotVerifiable
from app.payments.gateway import StripeEvent

TOLERANCE_SECONDS = 300
_STAMP = re.compile("[0-9]{1,12}")
_KINDS = ("event", "v2.core.event")  # snapshot and thin: one endpoint takes both


def signed_at(header: str) -> int:
    """The one moment that a signature header names. Raises: NotVerifiable: none, several, or no number."""
    parts = [part.partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name.strip() == "t"]
    if len(stamps) != 1 or not _STAMP.fullmatch(stamps[0]):
        raise NotVerifiable("timestamp")
    return int(stamps[0])


def read_envelope(body: bytes, *, live: bool) -> StripeEvent:
    """What the inbox needs of a signed body; outside live mode a stand-in may leave some of it out.

    Raises: NotVerifiable, ValueError, KeyError, RecursionError and others: the caller takes any as not verifiable.
    """
    event = json.loads(body.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constants)
    kind = event["object"] if live else event.get("object", "event")
    if kind not in _KINDS:
        raise NotVerifiable("object")
    about = event["related_object"] if kind == "v2.core.event" else event["data"]["object"]
    event_id = event["id"] if live else event.get("id") or f"body:{hashlib.sha256(body).hexdigest()}"
    livemode = event["livemode"] if live else event.get("livemode", False)
    if not (_is_plain(event_id) and _is_plain(event["type"]) and isinstance(livemode, bool)):
        raise NotVerifiable("envelope")
    account = event.get("account")
    return StripeEvent(
        event_id,
        _kind_of_event(event["type"]),
        _id_of(about),
        livemode,
        body,
        None if account is None else str(account),
        _payment_of(about),
    )


def _kind_of_event(name: str) -> str:
    return name.removeprefix("v1.")  # thin events carry the version


def _id_of(about: Any) -> str | None:
    found = about.get("id") if isinstance(about, dict) else None
    return found if _is_plain(found) else None


def _payment_of(about: Any) -> str | None:
    """The payment that a charge, refund or dispute belongs to never changes, so a snapshot may be believed."""
    found = about.get("payment_intent") if isinstance(about, dict) else None
    named = found.get("id") if isinstance(found, dict) else found
    return named if _is_plain(named) else None


def _is_plain(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) <= 255 and text.isascii() and text.isprintable()


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotVerifiable("repeated key")
    return found


def _no_constants(name: str) -> NoReturn:
    raise NotVerifiable(name)
