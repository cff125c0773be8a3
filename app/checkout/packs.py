"""Decides what a row of buy forms holds, wherever it stands: pricing, dashboard, an offer. Pure."""

from dataclasses import dataclass

from app.catalog.cards import PackCard
from app.catalog.packs import UNLOCK_PRICE_CREDITS, Contact


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs with their buy forms, and what every one of those forms carries along.

    `form_key` is one fresh key, of which each form makes its own. `workshop_title` is empty where the workshop
    to unlock cannot be named yet. `contact` is the offer without a price, where the page shows it.
    Units: `balance_credits` are whole credits, below zero where the buyer owes some.
    """

    cards: tuple[PackCard, ...]
    form_key: str
    workshop_id: str = ""
    workshop_title: str = ""
    return_to: str = ""
    contact: Contact | None = None
    balance_credits: int = 0

    @property
    def owed_credits(self) -> int:
        """What the buyer owes, and any purchase pays first."""
        return max(0, -self.balance_credits)

    def left_credits(self, card: PackCard) -> int:
        """What a pack leaves of itself after the debt."""
        return max(0, card.credits - self.owed_credits)

    def unlocks(self, card: PackCard) -> bool:
        """True when the buyer could unlock a workshop with it; else it only pays what is owed."""
        return self.balance_credits + card.credits >= UNLOCK_PRICE_CREDITS

    def workshop_of(self, card: PackCard) -> str:
        """The workshop that buying this pack unlocks, or nothing: nobody is sold an unlock that cannot come."""
        return self.workshop_id if self.unlocks(card) else ""
