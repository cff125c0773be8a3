"""Decides what one request to a workshop works with: who asks, which workshop, and the rules of the moment."""

from dataclasses import dataclass
from datetime import datetime

from app.catalog.packs import Catalog
from app.ledger.posting import Actor
from app.workshops.access import Access, PaywallRules, decide
from app.workshops.reading import WorkshopRecord
from app.workshops.steps import FIRST_PAID_SLUG


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at one workshop, which is not yet known to be theirs. Units: `balance_credits` as of this request.

    `typed_key`: the key to notes that this browser typed before a sign-in ended, if it brings one.
    """

    user_id: str
    balance_credits: int
    workshop_id: str
    rules: PaywallRules
    catalog: Catalog
    now: datetime
    request_id: str | None
    form_key: str
    typed_key: str | None

    @property
    def actor(self) -> Actor:
        """Who causes the movements of this request."""
        return Actor("user", self.user_id)

    def access(self, workshop: WorkshopRecord, slug: str = FIRST_PAID_SLUG) -> Access:
        """The decision on a step; without one, on the paid part."""
        return decide(workshop.facts, slug, self.balance_credits, self.rules)
