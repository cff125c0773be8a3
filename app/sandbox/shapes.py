"""Checks parameters against what an endpoint takes, and gives them their types. Knows no endpoint."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from app.sandbox.errors import ApiError, unusable

Kind = Callable[[str, Any], Any]
Shape = Mapping[str, Any]  # name → Kind, Shape, or a list with the one Kind or Shape of its items
METADATA_KEYS = 50


def read_params(shape: Shape, given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The given values, typed. Raises: ApiError: a name is unknown or a value does not fit."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        full = f"{prefix}[{name}]" if prefix else name
        if name not in shape:
            raise unusable(full, f"Received unknown parameter: {full}", "parameter_unknown")
        read[name] = _read(shape[name], full, value)
    return read


def _read(kind: Any, name: str, value: Any) -> Any:
    if isinstance(kind, Mapping):
        if not isinstance(value, dict):
            raise unusable(name, f"Invalid object: {name}")
        return read_params(kind, value, name)
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise unusable(name, f"Invalid array: {name}")
        return [_read(kind[0], f"{name}[{index}]", item) for index, item in enumerate(value)]
    return kind(name, value)


def require(params: Mapping[str, Any], *names: str) -> None:
    """Raises: ApiError: one of the names is missing."""
    for name in names:
        if name not in params:
            raise missing_param(name)


def missing_param(name: str) -> ApiError:
    """A call that lacks a parameter."""
    return unusable(name, f"Missing required param: {name}.", "parameter_missing")


def text(name: str, value: Any) -> str:
    """A text that is not empty."""
    found = clearable(name, value)
    if found is None:
        message = f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset."
        raise unusable(name, message, "parameter_invalid_empty")
    return found


def clearable(name: str, value: Any) -> str | None:
    """A text, or nothing: an empty one takes the value away."""
    if not isinstance(value, str):
        raise unusable(name, f"Invalid string: {name}")
    if len(value) > 5000:
        raise unusable(
            name, f"Invalid string: {name} must be at most 5000 characters", "parameter_invalid_string"
        )
    return value or None


def whole(name: str, value: Any) -> int:
    """A whole number of at least 0."""
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise unusable(name, f"Invalid integer: {value}", "parameter_invalid_integer")
    if int(value) < 0:
        message = "This value must be greater than or equal to 0."
        raise unusable(name, message, "parameter_invalid_integer")
    return int(value)


def positive(name: str, value: Any) -> int:
    """A whole number of at least 1."""
    found = whole(name, value)
    if found < 1:
        raise unusable(name, "This value must be greater than or equal to 1.", "parameter_invalid_integer")
    return found


def flag(name: str, value: Any) -> bool:
    """True or false, spelled so."""
    if value not in ("true", "false"):
        raise unusable(name, f"Invalid boolean: {value}")
    return bool(value == "true")


def off(name: str, value: Any) -> bool:
    """A switch for something that the sandbox does not model: it can only be off."""
    if flag(name, value):
        raise unusable(name, f"The sandbox does not model {name}; it can only be false.")
    return False


def address(name: str, value: Any) -> str:
    """An absolute web address."""
    found = text(name, value)
    try:
        parts = urlsplit(found)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # brackets that hold no address
        usable = False
    if not usable:
        raise unusable(name, "Not a valid URL", "url_invalid")
    return found


def currency(name: str, value: Any) -> str:
    """Three letters, in small ones."""
    found = text(name, value).lower()
    if not re.fullmatch("[a-z]{3}", found):
        raise unusable(name, f"Invalid currency: {found}.")
    return found


def metadata(name: str, value: Any) -> dict[str, str]:
    """Texts of the caller's own, by names of their own; an empty one takes the name away."""
    if value == "":
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise unusable(name, f"Invalid hash: {name}")
    if len(value) > METADATA_KEYS:
        raise unusable(name, f"You can have up to {METADATA_KEYS} metadata keys.")
    for key, item in value.items():
        if len(key) > 40 or len(item) > 500:
            raise unusable(
                f"{name}[{key[:40]}]", "A metadata key has up to 40 characters, its value up to 500."
            )
    return dict(value)


def anything(name: str, value: Any) -> Any:
    """Whatever is given; kept as it came."""
    return value


def one_of(*choices: str) -> Kind:
    """One of a closed set of words."""

    def read(name: str, value: Any) -> str:
        if value not in choices:
            raise unusable(name, f"Invalid {name}: must be one of {', '.join(choices[:-1])} or {choices[-1]}")
        return str(value)

    return read


def moment_range(name: str, value: Any) -> dict[str, int]:
    """A moment, or bounds for one: both become bounds."""
    if isinstance(value, str):
        moment = whole(name, value)
        return {"gte": moment, "lte": moment}
    return dict(_read({"gt": whole, "gte": whole, "lt": whole, "lte": whole}, name, value))


def page_size(name: str, value: Any) -> int:
    """From 1 to 100."""
    found = whole(name, value)
    if not 1 <= found <= 100:
        raise unusable(name, "This value must be between 1 and 100.", "parameter_invalid_integer")
    return found


LIST: Shape = {"limit": page_size, "starting_after": text, "ending_before": text}
EXPAND: Shape = {"expand": [text]}
ADDRESS: Shape = dict.fromkeys(("line1", "line2", "city", "state", "postal_code", "country"), text)
SHIPPING: Shape = {"name": text, "phone": text, "address": ADDRESS}
PAYMENT_METHOD_TYPE = one_of("card", "sepa_debit", "us_bank_account")
