"""Maps the addresses that open a workshop and undo that, and says how a closed step is answered."""

from dataclasses import replace

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Response, Template
from litestar.types import ControllerRouterHandler

from app.accounts.limits import UNLOCKS
from app.errors import NotEnoughCredits, TryLater
from app.web.flash import Flash, Kind
from app.web.forms import read_form
from app.web.rendering import go, page
from app.web.site import HttpRequest
from app.web.words import marked, said
from app.workshops import pages
from app.workshops.errors import UnlockStays
from app.workshops.steps import FIRST_PAID_STEP, step
from app.workshops.undo import undo_unlock
from app.workshops.unlock import UnlockOutcome, unlock
from app.workshops.view import LockedPage, StaysPage
from app.workshops.visit import Visit
from app.workshops.words import stays_text, undone_text, unlocked_text

TO_DIALOG = {"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"}
BUSY = marked("It is too busy for a moment. No credit was used. Please try again.")


@post("/unlock", opt={"limits": (UNLOCKS,)})
async def unlock_workshop(request: HttpRequest, visit: NamedDependency[Visit]) -> Template | Response[None]:
    """Use one credit for the workshop and go on; the offer again where that cannot be done now."""
    try:
        unlocked = await unlock(
            visit.user_id,
            visit.workshop_id,
            rules=visit.rules,
            now=visit.now,
            actor=visit.actor,
            request_id=visit.request_id,
        )
    except NotEnoughCredits as error:
        renewed = replace(visit, balance_credits=error.balance_credits)
        return locked_answer(request, await pages.locked_step(renewed, FIRST_PAID_STEP))
    except TryLater as busy:
        locked = await pages.locked_step(visit, FIRST_PAID_STEP, notice=said(BUSY))
        return locked_answer(request, locked, status=503, retry_after_seconds=busy.retry_after_seconds)
    kind: Kind = "done" if unlocked.outcome is UnlockOutcome.UNLOCKED else "note"
    return go(request, _opened_href(visit, unlocked.current_slug), flash=Flash(kind, unlocked_text(unlocked)))


@post("/unlock/undo", opt={"limits": (UNLOCKS,)})
async def take_unlock_back(request: HttpRequest, visit: NamedDependency[Visit]) -> Template | Response[None]:
    """Undo an unlock while that is possible; the reason where it is not."""
    unlock_id = (await read_form(request)).text("unlock") or None
    try:
        undone = await undo_unlock(
            visit.user_id,
            visit.workshop_id,
            unlock_id,
            now=visit.now,
            actor=visit.actor,
            request_id=visit.request_id,
        )
    except UnlockStays as error:
        view = StaysPage(visit.workshop_id, error.title, stays_text(error.barrier))
        return page(request, "workshops/stays.html", view, status=409)
    kind: Kind = "note" if undone.is_repeat else "done"
    return go(request, f"/workshops/{visit.workshop_id}", flash=Flash(kind, undone_text(undone)))


def locked_answer(
    request: HttpRequest,
    view: LockedPage,
    *,
    is_poll: bool = False,
    status: int = 402,
    retry_after_seconds: int | None = None,
) -> Template:
    """The locked page; for htmx the offer as a dialog, or renewed in place while a payment settles."""
    headers = {} if is_poll else dict(TO_DIALOG)
    if retry_after_seconds is not None:
        headers["Retry-After"] = str(retry_after_seconds)
    part = "workshops/_offer.html" if is_poll else "workshops/_offer_dialog.html"
    return page(request, "workshops/locked.html", view, part=part, status=status, headers=headers)


def _opened_href(visit: Visit, current_slug: str) -> str:
    """The gated step; for a workshop that was further already, the step it stands at."""
    onward = max(step(current_slug), FIRST_PAID_STEP, key=lambda each: each.number)
    return f"/workshops/{visit.workshop_id}/steps/{onward.slug}"


ROUTES: list[ControllerRouterHandler] = [unlock_workshop, take_unlock_back]
