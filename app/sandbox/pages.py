"""The payment page: what a buyer sees and sends. What it means is decided in `moves.payment`."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from app.sandbox.cards import DEFAULT_NUMBER, Decline, bank_outcome
from app.sandbox.change import Change
from app.sandbox.delivery import Outbox
from app.sandbox.errors import ApiError
from app.sandbox.forms import Form, form_of
from app.sandbox.moves.methods import Buyer
from app.sandbox.moves.payment import (
    Debit,
    Declined,
    MustAuthenticate,
    Outcome,
    Paid,
    authenticate,
    pay_by_card,
    pay_by_debit,
)
from app.sandbox.policy import page_policy
from app.sandbox.store import Document
from app.sandbox.world import World

CALLER_PLACE = "{CHECKOUT_SESSION_ID}"


class PayPage:
    """The handlers of the payment page, around one world and its outbox."""

    def __init__(self, world: World, outbox: Outbox) -> None:
        self.world = world
        self.outbox = outbox

    async def show(self, session_id: str) -> Response[Any]:
        """The form while the session is open; else what became of it."""
        session = self._session(session_id)
        if session["status"] == "complete":
            return self._page(session, "complete.html", 200)
        return self._open_page(session) if session["status"] == "open" else self._expired(session)

    async def complete(self, session_id: str, request: Request[Any, Any, Any]) -> Response[Any]:
        """Pay, or be declined, or be sent to the bank. Repeat: a paid session only sends the buyer on."""
        form = await form_of(request)
        with self.world.change() as change:
            session = self._session(session_id)
            outcome = None if session["status"] != "open" else _attempt(change, session, form, self.world)
        return await self._after(session, outcome)

    async def ask(self, session_id: str) -> Response[Any]:
        """The bank's question."""
        session = self._session(session_id)
        if session["status"] != "open":
            return await self.show(session_id)
        return self._page(session, "authenticate.html", 200)

    async def answer(self, session_id: str, request: Request[Any, Any, Any]) -> Response[Any]:
        """The buyer's reply to the bank's question."""
        form = await form_of(request)
        with self.world.change() as change:
            session = self._session(session_id)
            outcome = None if session["status"] != "open" else _reply(change, session, form)
        return await self._after(session, outcome)

    async def _after(self, session: Document, outcome: Outcome | None) -> Response[Any]:
        match outcome:
            case None if session["status"] == "expired":
                return self._expired(session)
            case None:
                return Redirect(success_address(session), status_code=303)
            case Paid(event_id):
                await self.outbox.wait_for(event_id, self.world.hold_redirect_seconds)
                return Redirect(success_address(session), status_code=303)
            case Declined(decline):
                return self._open_page(session, decline)
            case MustAuthenticate():
                return Redirect(f"/c/pay/{session['id']}/authenticate", status_code=303)

    def _session(self, session_id: str) -> Document:
        session = self.world.store.get("checkout.session", session_id)
        if session is None:
            raise NotFoundException("There is no such payment page.")
        return session

    def _open_page(self, session: Document, decline: Decline | None = None) -> Template:
        return self._page(session, "pay.html", 402 if decline else 200, decline=decline)

    def _expired(self, session: Document) -> Template:
        return self._page(session, "expired.html", 410)

    def _page(self, session: Document, template: str, status: int, **more: Any) -> Template:
        store = self.world.store
        context = {
            "session": session,
            "lines": store.private(session["id"])["line_items"],
            "success_url": success_address(session),
            "email": _known_email(self.world, session),
            "number": " ".join(DEFAULT_NUMBER[at : at + 4] for at in range(0, 16, 4)),
            **more,
        }
        return Template(template, context=context, status_code=status, headers=_policy_for(session))


def success_address(session: Document) -> str:
    """Where a buyer goes who paid: every place for the session's id is filled in."""
    return str(session["success_url"]).replace(CALLER_PLACE, session["id"])


def _attempt(change: Change, session: Document, form: Form, world: World) -> Outcome:
    buyer = Buyer(_text(form, "email") or _known_email(world, session), _text(form, "name"))
    method = _text(form, "method") or "card"
    if method == "card":
        try:
            return pay_by_card(change, session, _text(form, "number") or DEFAULT_NUMBER, buyer)
        except ApiError as error:
            return Declined(Decline("card_declined", str(error)))
    if method not in session["payment_method_types"]:
        return Declined(Decline("payment_method_not_available", "This payment does not take that method."))
    iban = _text(form, "iban") or ""
    ends = bank_outcome(iban, _text(form, "outcome") or "")
    debit = Debit(method, iban, ends)
    return pay_by_debit(change, session, debit, buyer)


def _reply(change: Change, session: Document, form: Form) -> Outcome:
    try:
        return authenticate(change, session, passed=_text(form, "result") == "pass")
    except ApiError as error:
        return Declined(Decline("payment_intent_unexpected_state", str(error)))


def _text(form: Form, name: str) -> str | None:
    value = form.get(name)
    return str(value).strip() or None if isinstance(value, str) else None


def _known_email(world: World, session: Document) -> str | None:
    known = session["customer_email"]
    if session["customer"] is not None:
        customer = world.store.get("customer", session["customer"])
        known = None if customer is None else customer["email"]
    return None if known is None else str(known)


def _policy_for(session: Document) -> dict[str, str]:
    """A browser follows a form's redirect only to the origins that the policy names."""
    parts = urlsplit(session["success_url"])
    return {"content-security-policy": page_policy(f"{parts.scheme}://{parts.netloc}")}


@get("/{session_id:str}")
async def show(session_id: FromPath[str], pay_page: NamedDependency[PayPage]) -> Response[Any]:
    """The payment page."""
    return await pay_page.show(session_id)


@post("/{session_id:str}/complete")
async def complete(
    session_id: FromPath[str], request: Request[Any, Any, Any], pay_page: NamedDependency[PayPage]
) -> Response[Any]:
    """Pay."""
    return await pay_page.complete(session_id, request)


@get("/{session_id:str}/authenticate")
async def ask(session_id: FromPath[str], pay_page: NamedDependency[PayPage]) -> Response[Any]:
    """The bank's question."""
    return await pay_page.ask(session_id)


@post("/{session_id:str}/authenticate")
async def answer(
    session_id: FromPath[str], request: Request[Any, Any, Any], pay_page: NamedDependency[PayPage]
) -> Response[Any]:
    """The buyer's reply."""
    return await pay_page.answer(session_id, request)


pay_router = Router("/c/pay", route_handlers=[show, complete, ask, answer])
