"""Decides what a row of buy forms holds, wherever it stands: pricing, dashboard, an offer. Pure."""

from dataclasses import dataclass

from app.catalog.cards import PackCard
from app.catalog.packs import Contact


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs with their buy forms, and what every one of those forms carries along.

    `form_key` is one fresh key, of which each form makes its own. `workshop_title` is empty where the workshop
    to unlock cannot be named yet. `contact` is the offer without a price, where the page shows it.
    """

    cards: tuple[PackCard, ...]
    form_key: str
    workshop_id: str = ""
    workshop_title: str = ""
    return_to: str = ""
    contact: Contact | None = None
