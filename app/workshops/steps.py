"""Decides which steps a workshop has, in which order, and where the paid part begins. Pure; knows no table.

The gate hangs on a slug: a step that is inserted or moved renumbers the others and leaves the gate where it is.
"""

from dataclasses import dataclass

from app.errors import NotFound
from app.web.words import marked

FIRST_PAID_SLUG = "reframe"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps. `number` counts from 1 in the order of `STEPS`."""

    number: int
    slug: str
    name: str
    purpose: str


_IN_ORDER = (
    (
        "challenge",
        marked("Challenge"),
        marked("Say which problem you want to solve, for whom, and how you will know it is solved"),
    ),
    (
        "stakeholder-mapping",
        marked("Stakeholder mapping"),
        marked("List who is affected and who decides, and how much each can help or hinder"),
    ),
    (
        "user-research",
        marked("User research"),
        marked("Collect what people do and say: questions, observations, quotes"),
    ),
    ("sense-making", marked("Sense making"), marked("Group the observations and name what they tell you")),
    (
        "persona",
        marked("Persona"),
        marked("Describe one person who stands for your users: goals, worries, situation"),
    ),
    (
        "journey-mapping",
        marked("Journey mapping"),
        marked("Follow that person through today's way of doing it and mark where it hurts"),
    ),
    ("reframe", marked("Reframe"), marked("Turn the sharpest pain into one question worth answering")),
    ("ideation", marked("Ideation"), marked("Find many answers, then choose the few worth shaping")),
    (
        "concept",
        marked("Concept"),
        marked("Shape the chosen answer: what it is, how it works, why it is better"),
    ),
    ("validate", marked("Validate"), marked("Test it against evidence and write down the verdict")),
)

STEPS = tuple(Step(number, *words) for number, words in enumerate(_IN_ORDER, start=1))
_BY_SLUG = {step.slug: step for step in STEPS}
_GATE = _BY_SLUG[FIRST_PAID_SLUG].number
FREE_STEPS = tuple(step for step in STEPS if step.number < _GATE)
PAID_STEPS = tuple(step for step in STEPS if step.number >= _GATE)
FIRST_STEP, LAST_STEP = STEPS[0], STEPS[-1]
LAST_FREE_STEP, FIRST_PAID_STEP = FREE_STEPS[-1], PAID_STEPS[0]
FREE_RANGE = f"{FREE_STEPS[0].number}–{LAST_FREE_STEP.number}"
PAID_RANGE = f"{FIRST_PAID_STEP.number}–{LAST_STEP.number}"


def step(slug: str) -> Step:
    """The step of that slug.

    Raises: NotFound: there is none.
    """
    found = _BY_SLUG.get(slug)
    if found is None:
        raise NotFound("step")
    return found


def is_paid(slug: str) -> bool:
    """True for a step behind the gate, and for everything that is no step: what is unknown stays closed."""
    return slug not in _BY_SLUG or _BY_SLUG[slug].number >= _GATE


def step_after(slug: str) -> Step | None:
    """The step that follows, or None after the last."""
    number = step(slug).number
    return STEPS[number] if number < len(STEPS) else None


def is_reached(slug: str, current_slug: str) -> bool:
    """True when a workshop that stands at `current_slug` has come as far as `slug`."""
    return step(slug).number <= step(current_slug).number
