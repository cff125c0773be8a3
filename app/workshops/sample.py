"""Decides what a locked step shows of its kind: one fixed example, the same for everybody, never anyone's notes."""

from dataclasses import dataclass

from app.web.words import marked
from app.workshops.steps import PAID_STEPS, Step

TOPIC = marked("Bringing library books back on time")

_LINES = {
    "reframe": marked("How might we make bringing a book back as easy as putting it down?"),
    "ideation": marked("23 answers, 3 kept: return by post, a shelf at the station, one-tap reminders."),
    "concept": marked(
        "A return shelf at the station: scan, drop, done. No detour, no queue, no opening hours."
    ),
    "validate": marked(
        "One shelf, two weeks: 61 of 80 books came back on time, up from 38. Verdict: build two more."
    ),
}


@dataclass(frozen=True, slots=True)
class SampleLine:
    """What one paid step became in the example."""

    step: Step
    text: str


SAMPLE = tuple(SampleLine(step, _LINES[step.slug]) for step in PAID_STEPS)
