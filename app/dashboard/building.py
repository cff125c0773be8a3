"""Decides how the facts of the dashboard become its page. Knows nothing of HTTP or SQL."""

from collections.abc import Set
from datetime import datetime

from app.catalog.cards import pack_cards
from app.catalog.packs import UNLOCK_PRICE_CREDITS, Catalog
from app.checkout.packs import Packs
from app.dashboard.balance_line import balance_line
from app.dashboard.cards import PATH, payment_card, workshop_card
from app.dashboard.reading import Facts
from app.dashboard.view import DashboardView, PaymentCard, WorkshopCard
from app.onboarding.welcome import Latest, Welcome
from app.transactions.balance.explaining import balance_sentence
from app.transactions.rows import ledger_row
from app.web.filters import balance_text
from app.workshops.access import PaywallRules
from app.workshops.steps import FREE_STEPS, PAID_RANGE, STEPS


def dashboard_view(
    facts: Facts,
    *,
    catalog: Catalog,
    unavailable: Set[str],
    rules: PaywallRules,
    now: datetime,
    is_first_page: bool,
    form_key: str,
) -> DashboardView:
    """The page. Each form on it gets a key of its own, made from `form_key`."""
    workshops = tuple(
        workshop_card(each, rules=rules, form_key=f"{form_key}-{each['id']}") for each in facts.workshops
    )
    number_text, _, unit_text = balance_text(facts.latest.balance_credits).partition(" ")
    return DashboardView(
        welcome=_welcome(facts, workshops) if is_first_page and not facts.has_seen_welcome else None,
        number_text=number_text,
        unit_text=unit_text,
        is_owed=facts.latest.balance_credits < 0,
        sentence=balance_sentence(facts.sums),
        line=balance_line(facts.changes, now=now) if len(facts.changes) > 1 else None,
        workshops=workshops,
        workshops_newest_href="" if is_first_page else PATH,
        workshops_older_href=f"{PATH}?workshops={facts.next_workshops}" if facts.next_workshops else "",
        payments=_payments(facts, workshops, form_key),
        packs=Packs(
            cards=pack_cards(catalog, unavailable=unavailable),
            form_key=form_key,
            return_to=PATH,
            balance_credits=facts.latest.balance_credits,
        ),
        latest=tuple(map(ledger_row, facts.latest.movements)),
    )


def _welcome(facts: Facts, workshops: tuple[WorkshopCard, ...]) -> Welcome:
    return Welcome(
        step_count=len(STEPS),
        first_free=FREE_STEPS[0].number,
        last_free=FREE_STEPS[-1].number,
        paid_range=PAID_RANGE,
        price_credits=UNLOCK_PRICE_CREDITS,
        balance_credits=facts.latest.balance_credits,
        latest=Latest(workshops[0].title, workshops[0].href) if workshops else None,
    )


def _payments(facts: Facts, workshops: tuple[WorkshopCard, ...], form_key: str) -> tuple[PaymentCard, ...]:
    """What the list of workshops does not say already, beside the workshop that waits for the payment."""
    said = {card.id for card in workshops if card.pay_again}
    return tuple(
        payment_card(each, form_key=f"{form_key}-{each['id']}")
        for each in facts.payments
        if each["workshop_id"] not in said or each["status"] in {"settling", "refused"}
    )
