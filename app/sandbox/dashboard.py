"""The dashboard's addresses: the page, its buttons, the clock and the switches. What a button does stands elsewhere."""

import re
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from app.sandbox.dashboard_acts import ACTS
from app.sandbox.dashboard_view import read_dashboard
from app.sandbox.errors import ApiError
from app.sandbox.forms import form_of
from app.sandbox.switches import switch_on
from app.sandbox.world import World

LONGEST_HOURS = 5  # digits
ANCHOR = re.compile(r"[A-Za-z0-9_-]{1,80}")


@get("/")
async def show(world: NamedDependency[World]) -> Template:
    """The newest payments and events, and every switch."""
    return _page(world)


@post("/act/{act:str}/{object_id:str}")
async def carry_out(
    act: FromPath[str],
    object_id: FromPath[str],
    request: Request[Any, Any, Any],
    world: NamedDependency[World],
) -> Response[Any]:
    """Press one of the buttons; a refusal is shown on the page."""
    if act not in ACTS:
        raise NotFoundException("There is no such button.")
    form = await form_of(request)
    try:
        with world.change() as change:
            ACTS[act](change, object_id, form)
    except ApiError as error:
        return _page(world, str(error), error.status)
    return _back_to(str(form.get("at", "")))


@post("/faults")
async def add_fault(request: Request[Any, Any, Any], world: NamedDependency[World]) -> Response[Any]:
    """Let something go wrong."""
    form = await form_of(request)
    side, _, kind = str(form.get("fault", "")).partition(" ")
    try:
        switch_on(world, form | {"side": side, "kind": kind})
    except ClientException as error:
        return _page(world, error.detail, 400)
    return _back_to("faults")


@post("/faults/clear")
async def clear_faults(world: NamedDependency[World]) -> Redirect:
    """Let everything go well again."""
    world.faults.clear()
    return _back_to("faults")


@post("/clock")
async def advance(request: Request[Any, Any, Any], world: NamedDependency[World]) -> Response[Any]:
    """Let hours pass."""
    hours = str((await form_of(request)).get("hours", ""))
    if not (hours.isascii() and hours.isdigit() and len(hours) <= LONGEST_HOURS):
        return _page(world, "The clock moves by a whole number of hours.", 400)
    world.advance(int(hours) * 3600)
    return _back_to("clock")


@post("/hold")
async def hold(request: Request[Any, Any, Any], world: NamedDependency[World]) -> Redirect:
    """Say whether a buyer is sent back only after the webhook, or before it."""
    waits = (await form_of(request)).get("waits") == "yes"
    world.hold_redirect_seconds = world.options.hold_redirect_seconds if waits else 0.0
    return _back_to("hold")


dashboard_router = Router(
    "/dashboard", route_handlers=[show, carry_out, add_fault, clear_faults, advance, hold]
)


def _page(world: World, problem: str | None = None, status: int = 200) -> Template:
    context = {"board": read_dashboard(world, problem)}
    return Template("dashboard.html", context=context, status_code=status)


def _back_to(place: str) -> Redirect:
    """The page again, at the place where the button was."""
    anchor = f"#{place}" if ANCHOR.fullmatch(place) else ""
    return Redirect(f"/dashboard{anchor}", status_code=303)
