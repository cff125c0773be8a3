"""What can stand in the way of a purchase, as values. Knows nothing of HTTP."""

from app.errors import BillingError


class WorkshopAlreadyOpen(BillingError):
    """A purchase was to unlock a workshop whose steps are all open; nothing was written and Stripe was not asked."""

    def __init__(self, *, workshop_id: str, pack_slug: str) -> None:
        self.workshop_id = workshop_id
        self.pack_slug = pack_slug
        super().__init__(f"{workshop_id} is open already")


class PackNotOffered(BillingError):
    """Stripe has no price for this pack, or another than the catalogue; nothing was written."""

    def __init__(self, pack_slug: str) -> None:
        self.pack_slug = pack_slug
        super().__init__(f"{pack_slug} cannot be sold now")
