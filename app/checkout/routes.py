"""Pages of buying: the price list, the way to the payment page and back from it, receipts. Thin."""

from urllib.parse import quote

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from app.accounts.limits import CHECKOUTS, PAYMENT_SERVICE_ASKED
from app.checkout import view as views
from app.checkout.closing import close_purchase
from app.checkout.errors import PackNotOffered, WorkshopAlreadyOpen
from app.checkout.pricing import price_list
from app.checkout.reading import PurchaseFacts, purchase_of
from app.checkout.receipt import ReceiptView, StripeReceipt, has_stripe_receipt
from app.checkout.standing import open_page_of, perhaps_paid, standing_href, standing_of
from app.checkout.start import Shop, start_purchase
from app.checkout.view import Order, PricingProblem, ReturnState
from app.clock import Clock
from app.errors import StripeMissing, StripeRefused, StripeUnavailable, UnknownPurchase
from app.ids import is_id
from app.payments.gateway import PaymentGateway
from app.web.filters import credits as credits_text
from app.web.flash import Flash, Link
from app.web.forms import Form, new_form_key, read_form
from app.web.polling import next_look, tries_in
from app.web.rendering import go, page, wants_fragment
from app.web.request_id import request_id
from app.web.security import safe_path
from app.web.site import Badge, HttpRequest, Viewer, options_of
from app.web.words import marked, said
from app.workshops.words import used_text

RETRY = {"Retry-After": "5"}
ASKS_STRIPE = {"limits": (PAYMENT_SERVICE_ASKED,)}


@get("/")
async def front(
    request: HttpRequest, visitor: NamedDependency[Viewer | None], shop: NamedDependency[Shop]
) -> Response[None] | Template:
    """The price list for strangers, the dashboard for whoever is signed in."""
    if visitor is not None:
        return go(request, views.DASHBOARD)
    return await _price_list(request, None, shop, Order())


@get("/pricing")
async def pricing(
    request: HttpRequest, visitor: NamedDependency[Viewer | None], shop: NamedDependency[Shop]
) -> Template:
    """The price list, for everybody. It carries along what to unlock and where to go once it is paid."""
    asked = request.query_params
    order = Order(
        pack=asked.get("pack", ""),
        workshop_id=asked.get("workshop", ""),
        return_to=_safe(request, asked.get("return_to")),
    )
    return await _price_list(request, visitor, shop, order)


@post("/checkout", opt={"limits": (CHECKOUTS,)})
async def checkout(
    request: HttpRequest, visitor: NamedDependency[Viewer | None], shop: NamedDependency[Shop]
) -> Response[None] | Template:
    """On to the payment page. Signed out: to sign-in, and back to the price list with this pack marked."""
    order = _order(request, await read_form(request))
    if shop.catalog.pack(order.pack) is None:
        return await _price_list(request, visitor, shop, order, problem="unknown_pack", status=422)
    if visitor is None:
        return go(request, f"/sign-in?return_to={quote(order.pricing_href, safe='/')}")
    try:
        started = await start_purchase(
            visitor.clerk_user_id,
            order.pack,
            intent_workshop_id=order.workshop_id or None,
            return_path=order.return_to or None,
            attempt_key=order.form_key if is_id(order.form_key) else None,
            shop=shop,
        )
    except WorkshopAlreadyOpen:
        return await _price_list(request, visitor, shop, order, problem="already_open", status=409)
    except PackNotOffered:
        return await _price_list(request, visitor, shop, order, problem="not_sold", status=409)
    except StripeUnavailable:
        if wants_fragment(request.headers):
            raise
        view = views.UnavailableView(order, views.way_to(order.return_to))
        return page(request, "checkout/unavailable.html", view, status=503, headers=RETRY)
    return go(request, started.url)


@get("/checkout/success")
async def success(
    request: HttpRequest, viewer: NamedDependency[Viewer], shop: NamedDependency[Shop]
) -> Response[None] | Template:
    """Where Stripe sends the buyer: gives the credits of the buyer's own purchase, once, and says how it stands."""
    session_id = request.query_params.get("session_id", "")
    if not session_id:
        return go(request, views.DASHBOARD)
    try:
        buyer_id = viewer.clerk_user_id
        state, facts = await standing_of(session_id, buyer_id, shop, request_id=request_id(request))
    except UnknownPurchase:
        return page(request, "checkout/unknown.html", None, status=404)
    if views.goes_on(state, facts):
        return go(request, f"/workshops/{facts.workshop_id}", flash=_unlocked(facts))
    view = _return_view(request, shop, session_id, state, facts)
    badge = Badge(facts.balance_credits, facts.pending_credits, facts.ledger_seq)
    return page(
        request,
        "checkout/return.html",
        view,
        part="checkout/_status.html",
        badge=badge,
        live=_announced(view),
    )


@get("/checkout/cancel")
async def cancel(
    request: HttpRequest, viewer: NamedDependency[Viewer], gateway: NamedDependency[PaymentGateway]
) -> Response[None] | Template:
    """Where Stripe sends a buyer who left the payment page. Changes nothing."""
    purchase_id = request.query_params.get("purchase", "")
    if not purchase_id:
        view = views.CancelView(None, views.way_to(""))
        return page(request, "checkout/cancelled.html", view)
    facts = await purchase_of(viewer.clerk_user_id, purchase_id)
    try:
        is_waiting, is_known = await open_page_of(facts, gateway) is not None, True
    except StripeUnavailable:
        is_waiting, is_known = True, False
    if not is_waiting:
        return go(request, standing_href(facts))
    back = _safe(request, facts.return_path) or Order(facts.pack).pricing_href
    view = views.CancelView(facts, views.way_back(facts, back), is_known)
    return page(request, "checkout/cancelled.html", view)


@get("/purchases/{purchase_id:str}/payment", opt=ASKS_STRIPE)
async def payment(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    gateway: NamedDependency[PaymentGateway],
    purchase_id: FromPath[str],
) -> Response[None]:
    """Back to the payment page that is still open; else to how the purchase stands. Never begins another."""
    facts = await purchase_of(viewer.clerk_user_id, purchase_id)
    if views.is_without_page(facts):
        return go(request, views.order_of(facts, _safe(request, facts.return_path), "").pricing_href)
    with perhaps_paid():
        return go(request, await open_page_of(facts, gateway) or standing_href(facts))


@post("/purchases/{purchase_id:str}/close", opt=ASKS_STRIPE)
async def close(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    gateway: NamedDependency[PaymentGateway],
    clock: NamedDependency[Clock],
    purchase_id: FromPath[str],
) -> Response[None]:
    """Give up a purchase that nobody has paid. If it was paid after all, on to how it stands."""
    facts = await purchase_of(viewer.clerk_user_id, purchase_id)
    with perhaps_paid():
        is_given_up = await close_purchase(viewer.clerk_user_id, purchase_id, gateway=gateway, clock=clock)
    if not is_given_up:
        return go(request, standing_href(facts))
    told = Flash("done", said("You gave up buying %(pack)s. Nothing was charged.", pack=facts.pack_name))
    return go(request, _way_back(request, facts).href, flash=told)


@get("/purchases/{purchase_id:str}")
async def receipt(
    request: HttpRequest, viewer: NamedDependency[Viewer], purchase_id: FromPath[str]
) -> Template:
    """The lasting document of a purchase, whatever became of it. Asks nobody but our own records."""
    facts = await purchase_of(viewer.clerk_user_id, purchase_id)
    return _receipt_page(request, facts, "linked" if has_stripe_receipt(facts) else "")


@get("/purchases/{purchase_id:str}/stripe-receipt", opt=ASKS_STRIPE)
async def stripe_receipt(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    gateway: NamedDependency[PaymentGateway],
    purchase_id: FromPath[str],
) -> Response[None] | Redirect | Template:
    """On to Stripe's own receipt by a fresh link, since such links expire; without it ours stays complete."""
    facts = await purchase_of(viewer.clerk_user_id, purchase_id)
    if not has_stripe_receipt(facts):
        return go(request, f"/purchases/{facts.purchase_id}")
    try:
        url = await gateway.receipt_url(facts.payment_intent or "")
    except (StripeUnavailable, StripeMissing, StripeRefused):
        url = None
    if url is None or not url.startswith(("https://", "http://")):
        return _receipt_page(request, facts, "unreachable")
    return Redirect(url, status_code=303)


async def _price_list(
    request: HttpRequest,
    visitor: Viewer | None,
    shop: Shop,
    order: Order,
    *,
    problem: PricingProblem = "",
    status: int = 200,
) -> Template:
    view = await price_list(
        visitor.clerk_user_id if visitor else None,
        shop,
        order,
        balance_credits=visitor.badge.balance_credits if visitor else 0,
        problem=problem,
        form_key=new_form_key(),
    )
    return page(request, "checkout/pricing.html", view, status=status)


def _return_view(
    request: HttpRequest, shop: Shop, session_id: str, state: ReturnState, facts: PurchaseFacts
) -> views.ReturnView:
    href, tries = views.return_href(session_id), tries_in(request.query_params) or 0
    return views.ReturnView(
        state=state,
        facts=facts,
        poll=next_look(href, tries, views.POLL_SECONDS) if state is ReturnState.PROCESSING else None,
        again_href=href,
        way_on=_way_back(request, facts),
        pack=shop.catalog.pack(facts.pack),
        order=views.order_of(facts, _safe(request, facts.return_path), new_form_key()),
    )


def _receipt_page(request: HttpRequest, facts: PurchaseFacts, stripes: StripeReceipt) -> Template:
    return page(request, "checkout/receipt.html", ReceiptView(facts, stripes))


def _order(request: HttpRequest, form: Form) -> Order:
    return Order(
        pack=form.line("pack"),
        workshop_id=form.line("workshop_id"),
        return_to=_safe(request, form.line("return_to")),
        form_key=form.line("form_key"),
    )


def _safe(request: HttpRequest, path: str | None) -> str:
    return safe_path(path, base_url=options_of(request).base_url, fallback="")


def _way_back(request: HttpRequest, facts: PurchaseFacts) -> Link:
    return views.way_back(facts, _safe(request, facts.return_path))


def _unlocked(facts: PurchaseFacts) -> Flash:
    told = marked("%(credits)s added. “%(title)s” is unlocked.")
    added = said(told, credits=credits_text(facts.credits), title=facts.workshop_title)
    return Flash("done", f"{added} {used_text(facts.balance_credits)}")


def _announced(view: views.ReturnView) -> str:
    """What a person hears when the page has changed by itself; nothing while it only looks again."""
    if view.is_credited:
        return f"{view.headline} {view.of_unlock}".strip()
    return view.sentence if view.poll is None else ""


ROUTES: list[BaseRouteHandler] = [
    front,
    pricing,
    checkout,
    success,
    cancel,
    payment,
    close,
    receipt,
    stripe_receipt,
]
