"""What an endpoint is and what it is given. Decides nothing about any object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.change import Change
from app.sandbox.errors import ApiError, missing
from app.sandbox.objects import list_of
from app.sandbox.shapes import Shape
from app.sandbox.store import Document, Page, Wanted


@dataclass(frozen=True)
class Call:
    """One call, its parameters checked, inside its transaction."""

    change: Change
    path: str
    params: Mapping[str, Any]
    object_id: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One method of one path: what it takes, what it needs and what it does."""

    method: str
    path: str
    run: Callable[[Call], Document | ApiError]  # an error that is returned, not raised, leaves what was done
    takes: Shape = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    check: Callable[[Mapping[str, Any]], None] | None = None


def list_objects(call: Call, wanted: Wanted) -> Document:
    """The part of a list that a call asks for, newest first. Raises: ApiError: a cursor names nothing."""
    for cursor in ("starting_after", "ending_before"):
        if cursor in call.params and call.change.store.get(wanted.kind, call.params[cursor]) is None:
            raise missing(wanted.kind, call.params[cursor], param=cursor, status=400)
    page = Page(
        call.params.get("limit", 10), call.params.get("starting_after"), call.params.get("ending_before")
    )
    data, has_more = call.change.store.find(wanted, page)
    return list_of(call.path, data, has_more=has_more)


def filters(call: Call, *names: str) -> dict[str, Any]:
    """The filters among the parameters of a list call."""
    return {name: call.params[name] for name in names if name in call.params}


def reader(kind: str) -> Callable[[Call], Document]:
    """An endpoint's work that shows one object."""
    return lambda call: call.change.load(kind, call.object_id)


def merged_metadata(body: Document, params: Mapping[str, Any]) -> dict[str, str]:
    """An object's metadata after a call: new names added, empty values taken away."""
    both = body["metadata"] | params.get("metadata", {})
    return {name: value for name, value in both.items() if value != ""}
