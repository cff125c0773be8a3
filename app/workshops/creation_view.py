"""Decides what the pages of a workshop that is to be know. Pure; templates compute nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.web.words import said
from app.workshops.access import WorkshopFacts, decide
from app.workshops.creating import LONGEST_TITLE, is_choice_needed
from app.workshops.offer import Offer, PackOffer, offer_for
from app.workshops.steps import FIRST_PAID_SLUG, FREE_RANGE, PAID_RANGE, PAID_STEPS, STEPS
from app.workshops.view import Unpaid
from app.workshops.visit import Visit


@dataclass(frozen=True, slots=True)
class NewPage:
    """The form of a new workshop. Nothing paid is ever chosen beforehand; without `has_choice` it simply begins."""

    title: str
    has_choice: bool
    offer: Offer
    ways_to_buy: tuple[PackOffer, ...]
    form_key: str
    longest_title: int = LONGEST_TITLE
    step_count: int = len(STEPS)
    free_range: str = FREE_RANGE
    paid_range: str = PAID_RANGE
    behind: str = field(default_factory=lambda: ", ".join(said(step.name) for step in PAID_STEPS))
    problems: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True, slots=True)
class UnpaidPage:
    """The workshop is there, its payment could not be started."""

    title: str
    unpaid: Unpaid


def new_page(
    visit: Visit,
    *,
    title: str,
    form_key: str,
    problems: Mapping[str, str] | None = None,
    notice: str = "",
) -> NewPage:
    """The form, with the ways to start that this balance allows."""
    access = decide(WorkshopFacts(visit.now, None), FIRST_PAID_SLUG, visit.balance_credits, visit.rules)
    offer = offer_for(access, visit.catalog)
    return NewPage(
        title=title,
        has_choice=is_choice_needed(visit.rules, now=visit.now),
        offer=offer,
        ways_to_buy=_opening(offer),
        form_key=form_key,
        problems=problems or {},
        notice=notice,
    )


def _opening(offer: Offer) -> tuple[PackOffer, ...]:
    """The packs that would open the workshop, the best first."""
    packs = (offer.best, *offer.others) if offer.best else ()
    return tuple(each for each in packs if each.opens)
