"""Decides what the pages of a workshop know: one frozen dataclass each. Pure; templates compute nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from app.catalog.packs import UNLOCK_PRICE_CREDITS, Pack
from app.web.words import marked, said
from app.workshops.access import Access, AccessKind
from app.workshops.offer_view import OfferView
from app.workshops.reading import Notes, StepMark, UnlockPayment, WorkshopRecord
from app.workshops.saving import LONGEST_NOTES
from app.workshops.steps import FREE_STEPS, LAST_FREE_STEP, PAID_RANGE, PAID_STEPS, STEPS, Step, is_reached

State: TypeAlias = Literal["Done", "Current", "Not yet", "Locked"]
ICONS: Mapping[str, str] = {
    marked("Done"): "check",
    marked("Current"): "current",
    marked("Not yet"): "todo",
    marked("Locked"): "lock",
}


@dataclass(frozen=True, slots=True)
class StepItem:
    """One line of the list of steps."""

    number: int
    name: str
    href: str
    state: State
    icon: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class StepsList:
    """All steps: the free ones, and behind the gate the paid ones; `price_credits` is 0 where these are open."""

    free: tuple[StepItem, ...]
    paid: tuple[StepItem, ...]
    paid_range: str
    price_credits: int


@dataclass(frozen=True, slots=True)
class NotesBox:
    """The notes as the form holds them. `stored_text`: what was saved elsewhere meanwhile, to be seen beside them.

    `is_kept`: they were typed before a sign-in ended, and are not saved yet.
    """

    text: str
    version: int
    stored_text: str | None = None
    problem: str = ""
    is_saved: bool = False
    is_kept: bool = False
    longest: int = LONGEST_NOTES


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A payment that was meant to unlock the workshop and came to nothing so far; `pack` is offered again."""

    text: str
    pack: Pack
    workshop_id: str
    return_to: str
    form_key: str


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """The way back from an unlock, while there is one. `unlock_id`: the movement that it undoes."""

    unlock_id: str
    until_at: datetime
    price_credits: int = UNLOCK_PRICE_CREDITS


@dataclass(frozen=True, slots=True)
class StepPage:
    """A step that is open. `meets_gate`: its next one is locked; `offer` is there once "Save and continue" was pressed."""

    workshop_id: str
    title: str
    step: Step
    step_count: int
    marker: str
    steps: StepsList
    notes: NotesBox
    comes_first: Step | None
    build_pack_href: str
    is_settling: bool
    meets_gate: bool
    paid_range: str
    unpaid: Unpaid | None = None
    undo: UndoOffer | None = None
    offer: OfferView | None = None

    @property
    def href(self) -> str:
        """The address of this step, for its form."""
        return step_href(self.workshop_id, self.step)


@dataclass(frozen=True, slots=True)
class LockedPage:
    """A step behind the gate, with nothing of its content."""

    workshop_id: str
    title: str
    here: Step
    steps: StepsList
    offer: OfferView
    current: Step


@dataclass(frozen=True, slots=True)
class BuildPackPage:
    """The notes of all steps on one paper."""

    workshop_id: str
    title: str
    notes: tuple[Notes, ...]


@dataclass(frozen=True, slots=True)
class NotCompletePage:
    """The Build Pack, before its time."""

    workshop_id: str
    title: str
    current: Step
    last: Step


@dataclass(frozen=True, slots=True)
class StaysPage:
    """An unlock that cannot be undone any more: why, and the way back."""

    workshop_id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeletePage:
    """The question before a workshop goes."""

    workshop_id: str
    title: str
    is_unlocked: bool


def step_href(workshop_id: str, step: Step) -> str:
    """The address of a step."""
    return f"/workshops/{workshop_id}/steps/{step.slug}"


def steps_list(workshop: WorkshopRecord, here: Step, gate: Access) -> StepsList:
    """All steps of a workshop; `gate` is the decision on the paid ones, `here` the step of this page."""
    items = {
        mark.step.slug: _item(workshop, mark, here, is_locked=mark.step in PAID_STEPS and not gate.is_open)
        for mark in workshop.marks
    }
    return StepsList(
        free=tuple(items[step.slug] for step in FREE_STEPS),
        paid=tuple(items[step.slug] for step in PAID_STEPS),
        paid_range=PAID_RANGE,
        price_credits=gate.price_credits,
    )


def marker_of(here: Step, gate: Access) -> str:
    """The word beside a step: in the free part, or unlocked; none where it is open for another reason."""
    if gate.kind is AccessKind.UNLOCKED:
        return marked("Unlocked")
    return marked("Free part") if here in FREE_STEPS and not gate.is_open else ""


def step_page(
    workshop: WorkshopRecord,
    here: Step,
    gate: Access,
    notes: NotesBox,
    *,
    payment: UnlockPayment | None = None,
    unpaid: Unpaid | None = None,
    undo: UndoOffer | None = None,
) -> StepPage:
    """The page of an open step."""
    reached = is_reached(here.slug, workshop.current.slug)
    return StepPage(
        workshop_id=workshop.id,
        title=workshop.title,
        step=here,
        step_count=len(STEPS),
        marker=marker_of(here, gate),
        steps=steps_list(workshop, here, gate),
        notes=notes,
        comes_first=None if reached else workshop.current,
        build_pack_href=f"/workshops/{workshop.id}/build-pack"
        if workshop.is_completed and gate.is_open
        else "",
        is_settling=payment is not None and payment.is_settling and not gate.is_open,
        meets_gate=here == LAST_FREE_STEP and not gate.is_open,
        paid_range=PAID_RANGE,
        unpaid=unpaid,
        undo=undo,
    )


def unpaid_text(payment: UnlockPayment) -> str:
    """What became of a payment that is not there."""
    if payment.status == "started":
        return said("The payment was not started. Nothing was charged.")
    if payment.status == "open":
        return said("The payment was not finished. Nothing was charged.")
    return said("The payment did not go through. Nothing was charged.")


def _item(workshop: WorkshopRecord, mark: StepMark, here: Step, *, is_locked: bool) -> StepItem:
    state = _state(workshop, mark, is_locked=is_locked)
    return StepItem(
        number=mark.step.number,
        name=mark.step.name,
        href=step_href(workshop.id, mark.step),
        state=state,
        icon=ICONS[state],
        is_here=mark.step == here,
    )


def _state(workshop: WorkshopRecord, mark: StepMark, *, is_locked: bool) -> State:
    if is_locked:
        return "Locked"
    if mark.status == "completed" or mark.step.number < workshop.current.number:
        return "Done"
    return "Current" if mark.step == workshop.current else "Not yet"
