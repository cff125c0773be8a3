"""The door of the dashboard. It is a leaf: it reads from every feature, and no feature imports it."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from app.catalog.packs import Catalog
from app.checkout.offers import unsellable
from app.clock import Clock
from app.dashboard.building import dashboard_view
from app.dashboard.reading import facts_of
from app.payments.gateway import PaymentGateway
from app.transactions.cursor import NEWEST, cursor
from app.web.forms import new_form_key
from app.web.rendering import page
from app.web.site import Badge, HttpRequest, Viewer
from app.workshops.access import PaywallRules


@get("/dashboard")
async def dashboard(
    request: HttpRequest,
    *,
    viewer: NamedDependency[Viewer],
    catalog: NamedDependency[Catalog],
    gateway: NamedDependency[PaymentGateway],
    rules: NamedDependency[PaywallRules],
    clock: NamedDependency[Clock],
) -> Template:
    """Balance, workshops, payments under way, what can be bought, and the latest rows."""
    now = clock()
    unavailable = await unsellable(catalog, gateway)
    start = cursor(request.query_params.get("workshops", "")) or NEWEST
    facts = await facts_of(viewer.clerk_user_id, now=now, workshops_from=start)
    view = dashboard_view(
        facts,
        catalog=catalog,
        unavailable=unavailable,
        rules=rules,
        now=now,
        is_first_page=start == NEWEST,
        form_key=new_form_key(),
    )
    balance = facts.latest
    badge = Badge(balance.balance_credits, balance.pending_credits, balance.ledger_seq)
    return page(request, "dashboard/page.html", view, badge=badge)


ROUTES = [dashboard]
