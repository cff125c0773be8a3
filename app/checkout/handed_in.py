"""The verb that the application hands to features that may not import checkout: buy a pack and unlock a workshop."""

from dataclasses import dataclass

from litestar.di import NamedDependency

from app.catalog.packs import Catalog
from app.checkout.errors import PackNotOffered
from app.checkout.start import Shop, start_purchase
from app.clock import Clock
from app.errors import BadInput
from app.payments.gateway import PaymentGateway
from app.settings import Settings
from app.workshops.access import PaywallRules


@dataclass(frozen=True, slots=True)
class BuyingForWorkshops:
    """Fulfils the port `BuyAndUnlock` of the workshops."""

    shop: Shop

    async def __call__(
        self, *, user_id: str, pack_slug: str, workshop_id: str, return_path: str, attempt_key: str
    ) -> str:
        """The address of the payment page; see `start_purchase`. Raises: BadInput: the pack cannot be sold now."""
        try:
            started = await start_purchase(
                user_id,
                pack_slug,
                intent_workshop_id=workshop_id,
                return_path=return_path,
                attempt_key=attempt_key,
                shop=self.shop,
            )
        except PackNotOffered as error:
            raise BadInput(start="This pack cannot be bought right now. Nothing was charged.") from error
        return started.url


async def buying_for_workshops(
    gateway: NamedDependency[PaymentGateway],
    catalog: NamedDependency[Catalog],
    rules: NamedDependency[PaywallRules],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> BuyingForWorkshops:
    """The dependency `buy_and_unlock`."""
    return BuyingForWorkshops(Shop(gateway, catalog, rules, settings.base_url, clock))
