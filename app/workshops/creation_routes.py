"""Maps the addresses of a workshop that is to be: its form, and the three ways to start."""

from collections.abc import Mapping
from dataclasses import replace

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from litestar.response import Response, Template
from litestar.types import ControllerRouterHandler

from app.accounts.limits import WORKSHOPS_MADE
from app.accounts.sessions.typed import typed_key
from app.catalog.packs import Catalog
from app.clock import Clock
from app.errors import BadInput, NotEnoughCredits, StripeRefused, StripeUnavailable
from app.web.flash import Flash
from app.web.forms import Form, new_form_key, read_form
from app.web.rendering import go, page
from app.web.request_id import request_id
from app.web.site import HttpRequest, Viewer, options_of
from app.web.words import marked, said
from app.workshops.access import PaywallRules
from app.workshops.creating import (
    FREE,
    Created,
    NewWorkshop,
    create_workshop,
    is_choice_needed,
    start_of,
    title_of,
)
from app.workshops.creation_view import NewPage, UnpaidPage, new_page
from app.workshops.pages import unpaid
from app.workshops.ports import BuyAndUnlock
from app.workshops.unlock import UnlockOutcome
from app.workshops.visit import Visit
from app.workshops.words import used_text

GONE = marked(
    "Your balance has changed meanwhile. Nothing was created and no credit was used; please choose again."
)
SAVED_UNPAID = marked("Your workshop is saved. The payment could not be started. Nothing was charged.")
RETRY_SECONDS = "5"
LONGEST_KEY = 100


async def visit_to_new(
    request: HttpRequest,
    viewer: NamedDependency[Viewer],
    rules: NamedDependency[PaywallRules],
    catalog: NamedDependency[Catalog],
    clock: NamedDependency[Clock],
) -> Visit:
    """What a request works with before there is a workshop."""
    return Visit(
        user_id=viewer.clerk_user_id,
        balance_credits=viewer.badge.balance_credits,
        workshop_id="",
        rules=rules,
        catalog=catalog,
        now=clock(),
        request_id=request_id(request),
        form_key=new_form_key(),
        typed_key=typed_key(request, options_of(request)),
    )


@get("/")
async def all_workshops(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[None]:
    """The list stands on the dashboard; here is where a form left the address bar."""
    return go(request, "/dashboard")


@get("/new")
async def ask_for_workshop(
    request: HttpRequest, visit: NamedDependency[Visit], title: FromQuery[str] = ""
) -> Template:
    """The form; a title that was typed before comes along in the address."""
    typed = " ".join(title.replace("\0", "").split())
    return _form(request, new_page(visit, title=typed, form_key=visit.form_key))


@post("/", opt={"keeps": ("title",), "limits": (WORKSHOPS_MADE,)})
async def create(
    request: HttpRequest, visit: NamedDependency[Visit], buy_and_unlock: NamedDependency[BuyAndUnlock]
) -> Template | Response[None]:
    """Make the workshop and start it the way that was chosen."""
    form = await read_form(request)
    try:
        new = _asked_for(form, visit)
        created = await create_workshop(
            visit.user_id,
            new,
            rules=visit.rules,
            now=visit.now,
            actor=visit.actor,
            request_id=visit.request_id,
        )
        if new.start.pack_slug is not None and not created.is_open:
            return await _to_payment(request, visit, new, created.workshop_id, buy_and_unlock)
    except BadInput as error:
        return _form(request, _again(visit, form, problems=error.problems), status=422)
    except NotEnoughCredits as error:
        renewed = replace(visit, balance_credits=error.balance_credits)
        return _form(request, _again(renewed, form, notice=said(GONE)), status=402)
    return go(request, f"/workshops/{created.workshop_id}", flash=_started(new, created))


async def _to_payment(
    request: HttpRequest, visit: Visit, new: NewWorkshop, workshop_id: str, buy_and_unlock: BuyAndUnlock
) -> Template | Response[None]:
    """On to the payment page; where it cannot be had, never a free start that nobody chose."""
    pack_slug = new.start.pack_slug or ""
    attempt_key = f"{new.form_key or visit.form_key}-{pack_slug}"  # another pack is another attempt
    try:
        address = await buy_and_unlock(
            user_id=visit.user_id,
            pack_slug=pack_slug,
            workshop_id=workshop_id,
            return_path=f"/workshops/{workshop_id}",
            attempt_key=attempt_key,
        )
    except (StripeUnavailable, StripeRefused):
        at_workshop = replace(visit, workshop_id=workshop_id, form_key=attempt_key)
        view = UnpaidPage(new.title, unpaid(at_workshop, pack_slug, said(SAVED_UNPAID)))
        headers = {"Retry-After": RETRY_SECONDS}
        return page(request, "workshops/unpaid.html", view, status=503, headers=headers)
    return go(request, address)


def _asked_for(form: Form, visit: Visit) -> NewWorkshop:
    """What the form asks for. Raises: BadInput."""
    form_key = form.text("form_key")
    if len(form_key) > LONGEST_KEY:
        raise BadInput(form=said("This form is damaged. Reload the page and try again."))
    start = start_of(form.text("start"), visit.catalog)
    if not is_choice_needed(visit.rules, now=visit.now):
        start = FREE
    return NewWorkshop(title_of(form.line("title")), start, form_key or None)


def _again(
    visit: Visit, form: Form, *, problems: Mapping[str, str] | None = None, notice: str = ""
) -> NewPage:
    """The form as it was sent, with its own key: a second try of the same form makes no second workshop."""
    key = form.text("form_key")[:LONGEST_KEY] or visit.form_key
    return new_page(visit, title=form.line("title"), form_key=key, problems=problems, notice=notice)


def _form(request: HttpRequest, view: NewPage, *, status: int = 200) -> Template:
    return page(request, "workshops/new.html", view, part="workshops/_new.html", status=status)


def _started(new: NewWorkshop, created: Created) -> Flash | None:
    if created.outcome is UnlockOutcome.UNLOCKED:
        return Flash(
            "done",
            f"{said('“%(title)s” is unlocked.', title=new.title)} {used_text(created.balance_credits)}",
        )
    return None


ROUTES: list[ControllerRouterHandler] = [
    Router(
        "/workshops",
        route_handlers=[all_workshops, ask_for_workshop, create],
        dependencies={"visit": Provide(visit_to_new)},
    ),
]
