"""The addresses under `/_test`, with which a test drives the sandbox. The product never calls them."""

from typing import Annotated, Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import Body

from app.sandbox.delivery import Outbox
from app.sandbox.store import Document
from app.sandbox.world import World

JsonBody = Annotated[dict[str, Any], Body()]
DELIVERIES = """
    SELECT deliveries.id, event_id, json_extract(objects.body, '$.type') AS type, endpoint_id, state, due_at
      FROM deliveries JOIN objects ON objects.id = event_id
     ORDER BY deliveries.id
"""


@post("/faults", status_code=200)
async def add_fault(data: JsonBody, world: NamedDependency[World]) -> Document:
    """Let something go wrong."""
    return switch_on(world, data)


@post("/faults/clear", status_code=200)
async def clear_faults(world: NamedDependency[World]) -> Document:
    """Let everything go well again."""
    world.faults.clear()
    return {"active": 0}


@post("/reset", status_code=200)
async def reset(world: NamedDependency[World]) -> Document:
    """Forget everything."""
    world.reset()
    return {"reset": True}


@post("/advance", status_code=200)
async def advance(data: JsonBody, world: NamedDependency[World]) -> Document:
    """Let time pass."""
    return {"moves": world.advance(_seconds(data)), "now": world.clock.now()}


@post("/hold", status_code=200)
async def hold(data: JsonBody, world: NamedDependency[World]) -> Document:
    """Say how long a redirect may wait for its webhook."""
    world.hold_redirect_seconds = _seconds(data)
    return {"seconds": world.hold_redirect_seconds}


@post("/quiet", status_code=200)
async def quiet(outbox: NamedDependency[Outbox]) -> Document:
    """Answer once nothing is due or under way."""
    await outbox.quiet()
    return {"quiet": True}


@get("/deliveries")
async def deliveries(world: NamedDependency[World]) -> Document:
    """Every delivery with its attempts."""
    return {"data": deliveries_of(world)}


@get("/unimplemented")
async def unimplemented(world: NamedDependency[World]) -> Document:
    """The calls that nothing here answers."""
    return {"total": world.unimplemented.total(), "data": dict(world.unimplemented)}


switch_router = Router(
    "/_test",
    route_handlers=[add_fault, clear_faults, reset, advance, hold, quiet, deliveries, unimplemented],
)


def switch_on(world: World, wanted: Document) -> Document:
    """Switch a fault on. Raises: ClientException: there is no such fault."""
    try:
        fault = world.faults.add(
            str(wanted.get("side", "")),
            str(wanted.get("kind", "")),
            match=str(wanted.get("match") or "*"),
            times=int(wanted.get("times") or 1),
            seconds=float(wanted.get("seconds") or 5.0),
        )
    except (TypeError, ValueError) as error:
        raise ClientException(str(error)) from error
    return {"kind": str(fault.kind), "match": fault.match, "times": fault.times, "seconds": fault.seconds}


def deliveries_of(world: World) -> list[Document]:
    """Every delivery with its attempts, in the order they were put into the outbox."""
    found = [dict(row) for row in world.store.rows(DELIVERIES)]
    attempts: dict[int, list[Document]] = {delivery["id"]: [] for delivery in found}
    for row in world.store.rows("SELECT * FROM attempts ORDER BY id"):
        attempts[row["delivery_id"]].append(
            {"at": row["at"], "status": row["status"], "detail": row["detail"], "seconds": row["seconds"]}
        )
    return [delivery | {"attempts": attempts[delivery["id"]]} for delivery in found]


def _seconds(data: Document) -> float:
    try:
        return max(float(data["seconds"]), 0.0)
    except (KeyError, TypeError, ValueError) as error:
        raise ClientException("seconds is a number") from error
