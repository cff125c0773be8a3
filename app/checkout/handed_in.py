"""The verb that the application hands to features that may not import checkout: buy a pack and unlock a workshop."""

from dataclasses import dataclass

from litestar.di import NamedDependency

from app.checkout.errors import PackNotOffered, WorkshopAlreadyOpen
from app.checkout.start import Shop, start_purchase
from app.errors import BadInput
from app.web.words import said


@dataclass(frozen=True, slots=True)
class BuyingForWorkshops:
    """Fulfils the port `BuyAndUnlock` of the workshops."""

    shop: Shop

    async def __call__(
        self, *, user_id: str, pack_slug: str, workshop_id: str, return_path: str, attempt_key: str
    ) -> str:
        """As the port says; see `start_purchase`. Raises: BadInput: the pack cannot be sold now."""
        try:
            started = await start_purchase(
                user_id,
                pack_slug,
                intent_workshop_id=workshop_id,
                return_path=return_path,
                attempt_key=attempt_key,
                shop=self.shop,
            )
        except WorkshopAlreadyOpen:  # paid and counted since its owner pressed: there is nothing left to sell
            return return_path
        except PackNotOffered as error:
            raise BadInput(
                start=said("This pack cannot be bought right now. Nothing was charged.")
            ) from error
        return started.url


async def buying_for_workshops(shop: NamedDependency[Shop]) -> BuyingForWorkshops:
    """The dependency `buy_and_unlock`."""
    return BuyingForWorkshops(shop)
