"""Gathers what the pages of a workshop show. Reads only; knows nothing of HTTP.

Notes are read with the decision in hand that their step is open, so a closed step cannot leak into a page.
"""

from dataclasses import replace

from app.catalog.packs import UNLOCK_PRICE_CREDITS
from app.workshops.drafts import kept_draft
from app.workshops.errors import NotComplete, OpenedMeanwhile, StepLocked
from app.workshops.offer import offer_for
from app.workshops.offer_view import Circumstances, OfferView, is_at_gate, offer_view
from app.workshops.reading import (
    Notes,
    UnlockPayment,
    WorkshopRecord,
    debt_cause,
    notes_of,
    unlock_payment,
    workshop_of,
)
from app.workshops.steps import FIRST_PAID_STEP, FIRST_STEP, STEPS, Step
from app.workshops.undo import standing_unlock
from app.workshops.undo_window import barrier_of, open_until
from app.workshops.view import (
    BuildPackPage,
    DeletePage,
    LockedPage,
    NotesBox,
    StepPage,
    UndoOffer,
    Unpaid,
    step_href,
    step_page,
    steps_list,
    unpaid_text,
)
from app.workshops.visit import Visit


async def workshop_at(visit: Visit) -> WorkshopRecord:
    """The workshop of this visit. Raises: NotFound."""
    return await workshop_of(visit.user_id, visit.workshop_id, now=visit.now)


async def open_step(visit: Visit, here: Step) -> StepPage:
    """The page of a step that is open to this person.

    Raises: NotFound. StepLocked: nothing of the step was read.
    """
    workshop = await workshop_at(visit)
    (notes,) = await notes_of(workshop, visit.access(workshop, here.slug), here)
    return await page_of_step(visit, workshop, here, await _box(visit, workshop, notes))


async def page_of_step(visit: Visit, workshop: WorkshopRecord, here: Step, notes: NotesBox) -> StepPage:
    """The page of an open step with these notes in its box."""
    gate = visit.access(workshop)
    payment = None if gate.is_open else await unlock_payment(visit.user_id, workshop.id)
    choice, undo = _unpaid(visit, workshop, payment), await _undo(visit, workshop)
    return step_page(workshop, here, gate, notes, payment=payment, unpaid=choice, undo=undo)


async def step_at_gate(visit: Visit, here: Step, notes: NotesBox) -> StepPage:
    """The page of the last free step, with the prompt that "Save and continue" has just met.

    Raises: OpenedMeanwhile.
    """
    workshop = await workshop_at(visit)
    offer = await _offer(visit, workshop, FIRST_PAID_STEP, at_gate=True, is_saved=True)
    page = await page_of_step(visit, workshop, here, notes)
    return replace(page, offer=offer, unpaid=None)


async def locked_step(visit: Visit, here: Step, *, tries: int = 0, notice: str = "") -> LockedPage:
    """The page of a closed step: the offer and the way back, nothing of its content.

    Raises: OpenedMeanwhile.
    """
    workshop = await workshop_at(visit)
    at_gate = is_at_gate(workshop)
    offer = await _offer(visit, workshop, here, at_gate=at_gate, tries=tries, notice=notice)
    steps = steps_list(workshop, here, visit.access(workshop))
    return LockedPage(workshop.id, workshop.title, here, steps, offer, workshop.current)


async def build_pack(visit: Visit) -> BuildPackPage:
    """The notes of all steps.

    Raises: NotFound. StepLocked. NotComplete: the last step is still to be done.
    """
    workshop = await workshop_at(visit)
    access = visit.access(workshop)
    if not access.is_open:
        raise StepLocked(access)
    if not workshop.is_completed:
        raise NotComplete(title=workshop.title, current_slug=workshop.current.slug)
    return BuildPackPage(workshop.id, workshop.title, await notes_of(workshop, access, *STEPS))


async def delete_page(visit: Visit) -> DeletePage:
    """The question before a workshop goes."""
    workshop = await workshop_at(visit)
    return DeletePage(workshop.id, workshop.title, workshop.facts.credit_consumed_at is not None)


def unpaid(visit: Visit, pack_slug: str, text: str) -> Unpaid:
    """The two ways on from a payment that did not happen; a pack that is no longer sold gives way to another."""
    catalog = visit.catalog
    missing_credits = max(1, UNLOCK_PRICE_CREDITS - visit.balance_credits)
    return Unpaid(
        text=text,
        pack=catalog.pack(pack_slug) or catalog.cheapest_covering(missing_credits) or catalog.largest,
        workshop_id=visit.workshop_id,
        return_to=f"/workshops/{visit.workshop_id}",
        form_key=visit.form_key,
    )


async def _box(visit: Visit, workshop: WorkshopRecord, notes: Notes) -> NotesBox:
    """The notes as they are stored, or as this browser typed them before its sign-in ended."""
    if visit.typed_key is None:
        return NotesBox(notes.text, notes.version)
    draft = await kept_draft(workshop.id, notes.step.slug, key=visit.typed_key, now=visit.now)
    if draft is None or draft.notes == notes.text:
        return NotesBox(notes.text, notes.version)
    is_older = draft.version != notes.version
    return NotesBox(
        draft.notes, notes.version, stored_text=notes.text if is_older else None, is_kept=not is_older
    )


def _unpaid(visit: Visit, workshop: WorkshopRecord, payment: UnlockPayment | None) -> Unpaid | None:
    """Shown until one of the ways is taken: once the first step is begun, the start was a free one."""
    if payment is None or payment.is_settling or workshop.mark(FIRST_STEP.slug).status != "not_started":
        return None
    return unpaid(visit, payment.pack_slug, unpaid_text(payment))


async def _undo(visit: Visit, workshop: WorkshopRecord) -> UndoOffer | None:
    """The way back from an unlock; nothing more is read where there is none."""
    facts = workshop.undo_facts
    if facts.unlocked_at is None or barrier_of(facts, visit.now) is not None:
        return None
    unlock_id = await standing_unlock(visit.user_id, workshop.id)
    return UndoOffer(unlock_id, open_until(facts.unlocked_at)) if unlock_id else None


async def _offer(
    visit: Visit,
    workshop: WorkshopRecord,
    here: Step,
    *,
    at_gate: bool,
    is_saved: bool = False,
    tries: int = 0,
    notice: str = "",
) -> OfferView:
    access = visit.access(workshop)
    if access.is_open:  # a webhook was faster than this page
        raise OpenedMeanwhile(workshop_id=workshop.id)
    around = Circumstances(
        here=step_href(workshop.id, here),
        at_gate=at_gate,
        payment=await unlock_payment(visit.user_id, workshop.id),
        debt_cause_id=await debt_cause(visit.user_id) if visit.balance_credits < 0 else None,
        form_key=visit.form_key,
        is_saved=is_saved,
        tries=tries,
        notice=notice,
    )
    return offer_view(workshop, offer_for(access, visit.catalog), around)
