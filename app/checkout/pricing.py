"""Puts the price list together for whoever looks at it. Knows the catalogue and the gateway, no HTTP."""

from app.catalog.cards import pack_cards
from app.checkout.offers import unsellable
from app.checkout.packs import Packs
from app.checkout.reading import workshop_title
from app.checkout.start import Shop
from app.checkout.view import Order, PricingProblem, PricingView, pricing_way_back


async def price_list(
    user_id: str | None,
    shop: Shop,
    order: Order,
    *,
    balance_credits: int,
    problem: PricingProblem,
    form_key: str,
) -> PricingView:
    """The packs with their buy forms, which carry the order's workshop and way back along.

    Signed out, the workshop is carried unnamed and checked later; signed in, one that is not theirs is dropped.
    """
    named = await workshop_title(user_id, order.workshop_id) if user_id else None
    is_carried = problem != "already_open" and (named is not None or user_id is None)
    unavailable = await unsellable(shop.catalog, shop.gateway)
    packs = Packs(
        pack_cards(shop.catalog, unavailable=unavailable, marked=order.pack),
        form_key,
        workshop_id=order.workshop_id if is_carried else "",
        workshop_title=(named or "") if is_carried else "",
        return_to=order.return_to or (f"/workshops/{order.workshop_id}" if named else ""),
        contact=shop.catalog.contact,
        balance_credits=balance_credits,
    )
    return PricingView(packs, problem, pricing_way_back(order, named))
