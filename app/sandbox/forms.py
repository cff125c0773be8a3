"""Turns `a[b][0][c]=x` into nested values. Knows nothing of what the names mean."""

import re
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from app.sandbox.errors import unusable

Form = dict[str, Any]
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
KEY = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 8


def decode(encoded: str) -> Form:
    """The nested parameters of a form or a query, every leaf a text. Raises: ApiError: a name makes no sense."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _place(found, _path(name), value, name)
    return {name: _with_lists(value) for name, value in found.items()}


async def form_of(request: Request[Any, Any, Any]) -> Form:
    """The fields of a posted form, nested names included."""
    return decode((await request.body()).decode("utf-8", "replace"))


def _path(name: str) -> list[str]:
    match = NAME.fullmatch(name)
    path = [] if match is None else [match[1], *KEY.findall(match[2])]
    if not 0 < len(path) <= DEEPEST:
        raise unusable(name[:100], f"Invalid parameter name: {name[:100]}")
    return path


def _place(found: dict[str, Any], path: list[str], value: str, name: str) -> None:
    """Put a leaf where its path leads; an empty key is the next free index."""
    for key, following in zip(path, [*path[1:], None], strict=True):
        step = key or str(len(found))
        if following is None:
            found[step] = value
            return
        found = found.setdefault(step, {})
        if not isinstance(found, dict):
            raise unusable(name[:100], f"Invalid parameter name: {name[:100]}")


def _with_lists(value: Any) -> Any:
    """Values under the keys 0, 1, 2… become a list."""
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(item) for key, item in value.items()}
    if inner and all(key.isascii() and key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
