"""The receipt that a charge links to. Shows the state of the charge as it is now."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from app.sandbox.world import World


@get("/{charge_id:str}")
async def show(charge_id: FromPath[str], world: NamedDependency[World]) -> Template:
    """What was paid, when and how, and what was given back."""
    charge = world.store.get("charge", charge_id)
    if charge is None or charge["receipt_url"] is None:
        raise NotFoundException("There is no such receipt.")
    return Template("receipt.html", context={"charge": charge})


receipt_router = Router("/receipts", route_handlers=[show])
