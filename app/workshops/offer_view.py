"""Decides the words and figures of an offer at a locked step. Pure; knows no request and no table."""

from dataclasses import dataclass

from app.web.polling import Poll, next_look
from app.web.words import counted, said
from app.workshops.offer import Offer
from app.workshops.reading import UnlockPayment, WorkshopRecord
from app.workshops.sample import SAMPLE, TOPIC, SampleLine
from app.workshops.steps import FREE_STEPS, LAST_FREE_STEP, PAID_RANGE, PAID_STEPS, STEPS

POLL_SECONDS = (2, 4, 8, 15, 30, 60)  # a settling payment is looked for this long, then on request


@dataclass(frozen=True, slots=True)
class Progress:
    """How many steps are done, as a bar and in words."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """The offer as prompt, step page and locked page show it. `notice` says what stood in the way just now."""

    workshop_id: str
    workshop_title: str
    offer: Offer
    headline: str
    progress: Progress
    paid_range: str
    sample: tuple[SampleLine, ...]
    sample_topic: str
    dismiss_label: str
    dismiss_href: str
    return_to: str
    form_key: str
    is_settling: bool
    debt_href: str
    check_href: str
    poll: Poll | None
    notice: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the offer depends on beside the workshop. `here`: the path of the closed step that was asked for.

    `at_gate`: the person has just been there, so the gate's words are true of them. `is_saved`: with notes, which
    that press saved.
    """

    here: str
    at_gate: bool
    payment: UnlockPayment | None
    debt_cause_id: str | None
    form_key: str
    is_saved: bool = False
    tries: int = 0
    notice: str = ""


def offer_view(workshop: WorkshopRecord, offer: Offer, around: Circumstances) -> OfferView:
    """The offer of this workshop, for the locked page or for the prompt at the gate."""
    back = f"/workshops/{workshop.id}/steps/{workshop.current.slug}"
    is_settling = around.payment is not None and around.payment.is_settling
    return OfferView(
        workshop_id=workshop.id,
        workshop_title=workshop.title,
        offer=offer,
        headline=headline(at_gate=around.at_gate),
        progress=progress(workshop, at_gate=around.at_gate),
        paid_range=PAID_RANGE,
        sample=SAMPLE,
        sample_topic=TOPIC,
        dismiss_label=said("Save and decide later") if around.is_saved else said("Not now"),
        dismiss_href=back,
        return_to=f"/workshops/{workshop.id}",
        form_key=around.form_key,
        is_settling=is_settling,
        debt_href=f"/transactions/{around.debt_cause_id}" if around.debt_cause_id else "",
        check_href=around.here,
        poll=next_look(around.here, around.tries, POLL_SECONDS) if is_settling else None,
        notice=around.notice,
    )


def is_at_gate(workshop: WorkshopRecord) -> bool:
    """True for a person who stands at the last free step and has written there: the next press meets the gate."""
    return workshop.current == LAST_FREE_STEP and workshop.mark(LAST_FREE_STEP.slug).has_notes


def headline(*, at_gate: bool) -> str:
    """At the gate the outcome; elsewhere the plain fact."""
    if at_gate:
        return counted(
            "Your Build Pack is %(num)s step away", "Your Build Pack is %(num)s steps away", len(PAID_STEPS)
        )
    return said("Steps %(steps)s are locked", steps=PAID_RANGE)


def progress(workshop: WorkshopRecord, *, at_gate: bool) -> Progress:
    """At the gate all free steps are done, the last of them with the press that met the gate; else what is true."""
    done = len(FREE_STEPS) if at_gate else workshop.completed_count
    told = counted(
        "%(done)s of %(num)s step complete", "%(done)s of %(num)s steps complete", len(STEPS), done=done
    )
    return Progress(done, len(STEPS), told)
