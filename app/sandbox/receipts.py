"""The receipt that a charge links to. Shows the state of the charge as it is now."""

from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from app.sandbox.world import World


def receipt_router(world: World) -> Router:
    """One address per charge."""

    @get("/{charge_id:str}")
    async def show(charge_id: FromPath[str]) -> Template:
        charge = world.store.get("charge", charge_id)
        if charge is None or charge["receipt_url"] is None:
            raise NotFoundException("There is no such receipt.")
        return Template("receipt.html", context={"charge": charge})

    return Router("/receipts", route_handlers=[show])
