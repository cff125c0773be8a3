"""Compares a value with a schema of Stripe's OpenAPI document: names, required ones, types and closed sets.

The document itself is never committed.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.stripe_judges import NO_DOCUMENT, found_document

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


@cache
def document() -> dict[str, Any]:
    """Stripe's own description of its API; without it the test is skipped, or fails if it must not be."""
    if (found := found_document()) is not None:
        return dict(json.loads(found.read_text()))
    if os.environ.get("REQUIRE_STRIPE_SPEC") == "1":
        pytest.fail(NO_DOCUMENT)
    pytest.skip(NO_DOCUMENT)


def differences(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    """Every way in which a value is not what the schema says, named by its place."""
    schema = _followed(schema)
    if value is None:
        if not _nullable(schema):
            yield f"{at}: null"
    elif "anyOf" in schema:
        yield from min((list(differences(value, one, at)) for one in schema["anyOf"]), key=len)
    elif not _fits(value, schema.get("type")):
        yield f"{at}: {type(value).__name__}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r}"
    elif schema.get("type") == "array":
        for item in value:
            yield from differences(item, schema["items"], f"{at}[]")
    elif schema.get("type") == "object":
        yield from _object_differences(value, schema, at)


def unknown_params(takes: Mapping[str, Any], known: Mapping[str, Any], at: str) -> Iterator[str]:
    """Every parameter that the sandbox takes and Stripe does not know."""
    for name, kind in takes.items():
        if name not in known:
            yield f"{at}: {name}"
            continue
        schema = _followed(known[name])
        if isinstance(kind, Mapping):
            choices = [schema, *map(_followed, schema.get("anyOf", ()))]
            inner = {key: value for one in choices for key, value in one.get("properties", {}).items()}
            yield from unknown_params(kind, inner, f"{at}.{name}")
        elif isinstance(kind, list) and isinstance(kind[0], Mapping):
            yield from unknown_params(kind[0], _followed(schema["items"])["properties"], f"{at}.{name}[]")


@dataclass(frozen=True)
class Operation:
    """What Stripe says of one call: the parameters by name, those that it needs, and the answer."""

    takes: Mapping[str, Any]
    needs: tuple[str, ...]
    answer: Mapping[str, Any]


def operation(method: str, path: str) -> Operation:
    """The call with this address, which may hold ids or names in braces for them."""
    paths = [
        found for found in document()["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", found), path)
    ]
    found = document()["paths"][min(paths, key=lambda one: one.count("{"))][method.lower()]
    form = found.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    in_query = {one["name"]: one["schema"] for one in found.get("parameters", ()) if one["in"] == "query"}
    schema = form.get("schema", {})
    return Operation(
        takes=schema.get("properties", {}) | in_query,
        needs=tuple(schema.get("required", ())),
        answer=found["responses"]["200"]["content"]["application/json"]["schema"],
    )


def unsaid(sent: Mapping[str, Any], asked: Operation, at: str) -> Iterator[str]:
    """Every name and every word of a closed set in a form that Stripe does not know, and what is missing."""
    yield from (f"{at}: {name} is missing" for name in asked.needs if name not in sent)
    yield from _unsaid(sent, {"type": "object", "properties": asked.takes}, at)


def _unsaid(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    schema = _followed(schema)
    if "anyOf" in schema:
        yield from min((list(_unsaid(value, one, at)) for one in schema["anyOf"]), key=len)
    elif isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            if name in known or isinstance(others, Mapping):
                yield from _unsaid(inner, known.get(name, others), f"{at}.{name}")
            else:
                yield f"{at}.{name}: unknown"
    elif isinstance(value, list):
        for item in value:
            yield from _unsaid(item, schema.get("items", {"type": "string", "enum": []}), f"{at}[]")
    elif schema.get("type") in ("object", "array") or value not in schema.get("enum", [value]):
        yield f"{at}: {value!r}"


def _object_differences(value: Mapping[str, Any], schema: Mapping[str, Any], at: str) -> Iterator[str]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}.{name}: missing"
    for name, inner in value.items():
        if name in properties:
            yield from differences(inner, properties[name], f"{at}.{name}")
        elif isinstance(others, Mapping):
            yield from differences(inner, others, f"{at}.{name}")
        elif properties:
            yield f"{at}.{name}: unknown"


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _nullable(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("nullable")) or any(map(_nullable, map(_followed, schema.get("anyOf", ()))))


def _fits(value: Any, kind: str | None) -> bool:
    if kind in ("integer", "number") and isinstance(value, bool):
        return False
    return kind is None or isinstance(value, TYPES[kind])
