"""Maps the addresses of one workshop to its use cases and pages. Every route of a step asks the access decision."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Response, Template
from litestar.types import ControllerRouterHandler

from app.catalog.packs import Catalog
from app.clock import Clock
from app.errors import BadInput, NotFound
from app.ids import is_id
from app.web.flash import Flash
from app.web.forms import Form, read_form
from app.web.polling import tries_in
from app.web.rendering import go, page, wants_fragment
from app.web.site import HttpRequest, Viewer
from app.web.words import said
from app.workshops import creation_routes, pages, unlock_routes
from app.workshops.access import PaywallRules
from app.workshops.creating import start_free
from app.workshops.deleting import delete_workshop
from app.workshops.drafts import drop_draft, keep_draft
from app.workshops.errors import NotComplete, OpenedMeanwhile, StaleNotes, StepLocked, StepNotReached
from app.workshops.saving import Draft, Saved, SaveOutcome, save_notes
from app.workshops.steps import LAST_STEP, Step, step
from app.workshops.unlock_routes import TO_DIALOG, locked_answer
from app.workshops.view import NotCompletePage, NotesBox, StepPage
from app.workshops.visit import Visit

DAMAGED = 0  # versions count from 1


async def visit_to(
    request: HttpRequest,
    *,
    viewer: NamedDependency[Viewer],
    workshop_id: FromPath[str],
    rules: NamedDependency[PaywallRules],
    catalog: NamedDependency[Catalog],
    clock: NamedDependency[Clock],
) -> Visit:
    """What a request to one workshop works with. Raises: NotFound: no id of ours looks like this."""
    if not is_id(workshop_id):
        raise NotFound("workshop")
    new = await creation_routes.visit_to_new(request, viewer, rules, catalog, clock)
    return replace(new, workshop_id=workshop_id)


@get("/")
async def current_step(request: HttpRequest, visit: NamedDependency[Visit]) -> Response[None]:
    """On to the step the workshop stands at."""
    workshop = await pages.workshop_at(visit)
    return go(request, f"/workshops/{workshop.id}/steps/{workshop.current.slug}")


@get("/steps/{slug:str}")
async def show_step(
    request: HttpRequest, visit: NamedDependency[Visit], slug: FromPath[str]
) -> Template | Response[None]:
    """The step, or the offer where it is locked. With `try` an open page looks whether its payment has settled."""
    here, tries = step(slug), tries_in(request.query_params)
    try:
        view = await pages.open_step(visit, here)
    except StepLocked:
        locked = await pages.locked_step(visit, here, tries=tries or 0)
        return locked_answer(request, locked, is_poll=tries is not None)
    if tries is not None and wants_fragment(request.headers):
        return go(
            request,
            view.href,
            flash=Flash("done", said("Steps %(steps)s are open now.", steps=view.paid_range)),
        )
    return page(request, "workshops/step.html", view)


async def keep_notes(request: HttpRequest, key: str, now: datetime) -> None:
    """Keep the notes of somebody whose sign-in has ended; who that is, is shown when they sign in again."""
    workshop_id = request.path_params["workshop_id"]
    with suppress(BadInput, NotFound):  # what no page could show, and steps that there are not
        draft, here = _draft(await read_form(request)), step(request.path_params["slug"])
        if is_id(workshop_id):
            await keep_draft(workshop_id, here.slug, draft, key=key, now=now)


@post("/steps/{slug:str}", opt={"keeps_typed": keep_notes})
async def save_step(
    request: HttpRequest, visit: NamedDependency[Visit], slug: FromPath[str]
) -> Template | Response[None]:
    """Save the notes; with `continue` move on, or meet the gate."""
    here, form = step(slug), await read_form(request)
    draft = _draft(form)
    try:
        saved = await save_notes(
            visit.user_id,
            visit.workshop_id,
            here.slug,
            draft,
            balance_credits=visit.balance_credits,
            rules=visit.rules,
            now=visit.now,
        )
    except StepLocked:
        return locked_answer(request, await pages.locked_step(visit, here))
    except (BadInput, StepNotReached, StaleNotes) as error:
        status, notes = _unsaved(error, draft)
        return await _step_again(request, visit, here, notes, status=status)
    if visit.typed_key:
        await drop_draft(visit.workshop_id, here.slug, key=visit.typed_key)
    return await _after_saving(request, visit, here, draft, saved)


@post("/start")
async def begin_free(request: HttpRequest, visit: NamedDependency[Visit]) -> Response[None]:
    """Begin with the free steps instead of paying first."""
    await start_free(visit.user_id, visit.workshop_id, now=visit.now)
    return go(request, f"/workshops/{visit.workshop_id}")


@get("/build-pack")
async def show_build_pack(request: HttpRequest, visit: NamedDependency[Visit]) -> Template:
    """All notes on one printable paper, once the last step is done and while the workshop is open."""
    try:
        return page(request, "workshops/build_pack.html", await pages.build_pack(visit))
    except StepLocked:
        return locked_answer(request, await pages.locked_step(visit, LAST_STEP))
    except NotComplete as error:
        view = NotCompletePage(visit.workshop_id, error.title, step(error.current_slug), LAST_STEP)
        return page(request, "workshops/not_complete.html", view, status=409)


@get("/delete")
async def ask_to_delete(request: HttpRequest, visit: NamedDependency[Visit]) -> Template:
    """Ask before a workshop goes."""
    return page(request, "workshops/delete.html", await pages.delete_page(visit))


@post("/delete")
async def delete(request: HttpRequest, visit: NamedDependency[Visit]) -> Response[None]:
    """Put the workshop away; its ledger rows stay."""
    title = await delete_workshop(visit.user_id, visit.workshop_id, now=visit.now)
    words = said("“%(title)s” is deleted. Its ledger rows stay.", title=title)
    return go(request, "/dashboard", flash=Flash("done", words))


def _draft(form: Form) -> Draft:
    """What the form brought. A form that names no version overwrites (ours name one); a damaged one fits none."""
    text = form.text("version").strip()
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    version = int(text) if is_number else DAMAGED
    return Draft(form.text("notes"), version if text else None, moves_on=form.has("continue"))


def _unsaved(error: BadInput | StepNotReached | StaleNotes, draft: Draft) -> tuple[int, NotesBox]:
    """Why nothing was saved, and the box with everything that was typed."""
    version = draft.version or 1
    match error:
        case BadInput():
            return 422, NotesBox(draft.notes, version, problem=error.problems["notes"])
        case StepNotReached():
            return 409, NotesBox(draft.notes, version)
        case StaleNotes():
            return 409, NotesBox(draft.notes, error.version, stored_text=error.stored_notes)


async def _step_again(
    request: HttpRequest, visit: Visit, here: Step, notes: NotesBox, *, status: int
) -> Template:
    view = await pages.page_of_step(visit, await pages.workshop_at(visit), here, notes)
    return page(request, "workshops/step.html", view, part="workshops/_notes.html", status=status)


async def _after_saving(
    request: HttpRequest, visit: Visit, here: Step, draft: Draft, saved: Saved
) -> Template | Response[None]:
    notes = NotesBox(draft.notes, saved.version, is_saved=True)
    match saved.outcome:
        case SaveOutcome.AT_GATE:
            view = await pages.step_at_gate(visit, here, notes)
            return _at_gate(request, view)
        case SaveOutcome.COMPLETED:
            flash = Flash("done", said("All steps are done. This is your Build Pack."))
            return go(request, f"/workshops/{visit.workshop_id}/build-pack", flash=flash)
        case SaveOutcome.MOVED_ON:
            return go(request, f"/workshops/{visit.workshop_id}/steps/{saved.slug}")
        case SaveOutcome.SAVED if wants_fragment(request.headers):
            view = await pages.page_of_step(visit, await pages.workshop_at(visit), here, notes)
            return page(
                request, "workshops/step.html", view, part="workshops/_notes.html", live=said("Notes saved.")
            )
        case SaveOutcome.SAVED:
            return go(
                request,
                f"/workshops/{visit.workshop_id}/steps/{here.slug}",
                flash=Flash("done", said("Notes saved.")),
            )


def _at_gate(request: HttpRequest, view: StepPage) -> Template:
    """The prompt in place: a dialog for htmx, the step page with the prompt in it for all others."""
    part = "workshops/_offer_dialog.html"
    return page(request, "workshops/step.html", view, part=part, status=402, headers=TO_DIALOG)


def _go_on(request: HttpRequest, error: OpenedMeanwhile) -> Response[None]:
    """It opened while the offer was being made: on to the step the workshop stands at now."""
    return go(request, f"/workshops/{error.workshop_id}")


ROUTES: list[ControllerRouterHandler] = [
    *creation_routes.ROUTES,
    Router(
        "/workshops/{workshop_id:str}",
        route_handlers=[
            current_step,
            show_step,
            save_step,
            *unlock_routes.ROUTES,
            begin_free,
            show_build_pack,
            ask_to_delete,
            delete,
        ],
        dependencies={"visit": Provide(visit_to)},
        exception_handlers={OpenedMeanwhile: _go_on},
    ),
]
