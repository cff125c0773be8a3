"""The dashboard: buttons for what Stripe's own dashboard or the passing of time would do.

Each button calls the same move as the API; nothing is decided here.
"""

from collections.abc import Callable
from typing import Any, cast

from litestar import Request, Response, Router, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from app.sandbox.cards import RefundOutcome
from app.sandbox.change import Change
from app.sandbox.dashboard_view import read_dashboard
from app.sandbox.errors import ApiError
from app.sandbox.forms import decode
from app.sandbox.moves import disputing, payment, refunding
from app.sandbox.switches import switch_on
from app.sandbox.world import World

Form = dict[str, Any]
Act = Callable[[Change, str, Form], object]
ENDINGS = ("succeeded", "pending_then_succeeded", "succeeded_then_failed")


def expire_session(change: Change, session_id: str, form: Form) -> None:
    """Close an open session."""
    payment.expire(change, change.load("checkout.session", session_id))


def settle(change: Change, intent_id: str, form: Form) -> None:
    """Let a bank debit arrive."""
    payment.settle_debit(change, intent_id)


def fail(change: Change, intent_id: str, form: Form) -> None:
    """Let a bank debit fail."""
    payment.fail_debit(change, intent_id)


def refund(change: Change, intent_id: str, form: Form) -> None:
    """Give money back: all of it or an amount, with the ending that was chosen."""
    charge = refunding.charge_of(change, {"payment_intent": intent_id})
    amount = str(form.get("amount") or "").strip()
    if amount and not (amount.isascii() and amount.isdigit()):
        raise ApiError(400, "An amount is a whole number of the smallest units of the currency.")
    ends = form.get("ends")
    refunding.refund(
        change,
        charge,
        {"amount": int(amount)} if amount else {},
        ends=cast(RefundOutcome, ends) if ends in ENDINGS else None,
    )


def dispute(change: Change, intent_id: str, form: Form) -> None:
    """Let the buyer's bank ask for the money, or only ask."""
    charge = refunding.charge_of(change, {"payment_intent": intent_id})
    disputing.open_dispute(change, charge, "fraudulent", inquiry=form.get("kind") == "inquiry")


def win(change: Change, dispute_id: str, form: Form) -> None:
    """Decide a dispute for the seller."""
    disputing.win(change, change.load("dispute", dispute_id))


def lose(change: Change, dispute_id: str, form: Form) -> None:
    """Decide a dispute for the buyer, or accept it."""
    disputing.lose(change, change.load("dispute", dispute_id))


def resend(change: Change, event_id: str, form: Form) -> None:
    """Send an event to everybody once more."""
    change.load("event", event_id)
    sql = "SELECT DISTINCT endpoint_id FROM deliveries WHERE event_id = ?"
    for row in change.store.rows(sql, event_id):
        change.deliver(event_id, row["endpoint_id"])


ACTS: dict[str, Act] = {
    "expire": expire_session,
    "settle": settle,
    "fail": fail,
    "refund": refund,
    "dispute": dispute,
    "win": win,
    "lose": lose,
    "resend": resend,
}


def dashboard_router(world: World) -> Router:
    """The page and its buttons."""

    def page(problem: str | None = None, status: int = 200) -> Template:
        context = {"board": read_dashboard(world, problem)}
        return Template("dashboard.html", context=context, status_code=status)

    @get("/")
    async def show() -> Template:
        return page()

    @post("/act/{act:str}/{object_id:str}")
    async def carry_out(
        act: FromPath[str], object_id: FromPath[str], request: Request[Any, Any, Any]
    ) -> Response[Any]:
        if act not in ACTS:
            raise NotFoundException("There is no such button.")
        form = decode((await request.body()).decode("utf-8", "replace"))
        try:
            with world.change() as change:
                ACTS[act](change, object_id, form)
        except ApiError as error:
            return page(str(error), error.status)
        return _back()

    @post("/faults")
    async def add_fault(request: Request[Any, Any, Any]) -> Response[Any]:
        form = decode((await request.body()).decode("utf-8", "replace"))
        side, _, kind = str(form.get("fault", "")).partition(" ")
        try:
            switch_on(world, form | {"side": side, "kind": kind})
        except ClientException as error:
            return page(error.detail, 400)
        return _back()

    @post("/faults/clear")
    async def clear_faults() -> Redirect:
        world.faults.clear()
        return _back()

    @post("/clock")
    async def advance(request: Request[Any, Any, Any]) -> Response[Any]:
        form = decode((await request.body()).decode("utf-8", "replace"))
        hours = str(form.get("hours", ""))
        if not (hours.isascii() and hours.isdigit()):
            return page("The clock moves by a whole number of hours.", 400)
        world.advance(int(hours) * 3600)
        return _back()

    handlers = [show, carry_out, add_fault, clear_faults, advance]
    return Router("/dashboard", route_handlers=handlers)


def _back() -> Redirect:
    return Redirect("/dashboard", status_code=303)
