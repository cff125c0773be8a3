"""Decides what the dashboard shows, as values. Knows nothing of HTTP or SQL."""

from dataclasses import dataclass

from app.checkout.packs import Packs
from app.onboarding.welcome import Welcome
from app.transactions.balance.chart import BalanceChart
from app.transactions.balance.explaining import Sentence
from app.transactions.rows import LedgerRow


@dataclass(frozen=True, slots=True)
class PayAgain:
    """What the form sends that takes up a payment which was not made."""

    pack: str
    workshop_id: str
    return_to: str
    form_key: str


@dataclass(frozen=True, slots=True)
class WorkshopCard:
    """A workshop in the list.

    `state_label` is "Free part", "Unlocked", "Open", or empty where the paywall is off. `payment_label` is set while
    a purchase that shall unlock it is under way or went wrong; `pay_again` and `start_href` (a POST) are the two
    ways on of a workshop whose payment was never made.
    """

    id: str
    title: str
    href: str
    step_number: int
    step_count: int
    current_step_name: str
    is_completed: bool
    state_label: str
    action_label: str
    payment_label: str = ""
    pay_again: PayAgain | None = None
    start_href: str = ""


@dataclass(frozen=True, slots=True)
class PaymentCard:
    """A purchase that is under way, or went wrong lately, with its ways on; an empty address is no way."""

    purchase_id: str
    what: str
    status: str
    text: str
    workshop_title: str
    at_iso: str
    at_text: str
    is_red: bool = False
    href: str = ""
    href_label: str = ""
    pay_again: PayAgain | None = None
    close_href: str = ""


@dataclass(frozen=True, slots=True)
class DashboardView:
    """The first page of a signed-in person. `welcome` is None once it was put away."""

    welcome: Welcome | None
    number_text: str
    unit_text: str
    is_owed: bool
    sentence: Sentence
    line: BalanceChart | None
    workshops: tuple[WorkshopCard, ...]
    workshops_newest_href: str
    workshops_older_href: str
    payments: tuple[PaymentCard, ...]
    packs: Packs
    latest: tuple[LedgerRow, ...]
