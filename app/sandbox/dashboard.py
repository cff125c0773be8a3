"""The dashboard: buttons for what Stripe's own dashboard or the passing of time would do.

Each button calls the same move as the API; nothing is decided here.
"""

from collections.abc import Callable
from typing import Any, cast

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from app.sandbox.cards import RefundOutcome
from app.sandbox.change import Change
from app.sandbox.dashboard_view import read_dashboard
from app.sandbox.errors import ApiError
from app.sandbox.forms import Form, form_of
from app.sandbox.moves import disputing, payment, refunding
from app.sandbox.switches import switch_on
from app.sandbox.world import World

Act = Callable[[Change, str, Form], object]
LONGEST_HOURS = 5  # digits
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
    return _back()


@post("/faults")
async def add_fault(request: Request[Any, Any, Any], world: NamedDependency[World]) -> Response[Any]:
    """Let something go wrong."""
    form = await form_of(request)
    side, _, kind = str(form.get("fault", "")).partition(" ")
    try:
        switch_on(world, form | {"side": side, "kind": kind})
    except ClientException as error:
        return _page(world, error.detail, 400)
    return _back()


@post("/faults/clear")
async def clear_faults(world: NamedDependency[World]) -> Redirect:
    """Let everything go well again."""
    world.faults.clear()
    return _back()


@post("/clock")
async def advance(request: Request[Any, Any, Any], world: NamedDependency[World]) -> Response[Any]:
    """Let hours pass."""
    hours = str((await form_of(request)).get("hours", ""))
    if not (hours.isascii() and hours.isdigit() and len(hours) <= LONGEST_HOURS):
        return _page(world, "The clock moves by a whole number of hours.", 400)
    world.advance(int(hours) * 3600)
    return _back()


dashboard_router = Router("/dashboard", route_handlers=[show, carry_out, add_fault, clear_faults, advance])


def _page(world: World, problem: str | None = None, status: int = 200) -> Template:
    context = {"board": read_dashboard(world, problem)}
    return Template("dashboard.html", context=context, status_code=status)


def _back() -> Redirect:
    return Redirect("/dashboard", status_code=303)
