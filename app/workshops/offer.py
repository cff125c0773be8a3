"""Decides what a person is offered at a locked step, from values it is given. Pure; knows no page and no table."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.catalog.packs import Catalog, Pack
from app.workshops.access import Access


@dataclass(frozen=True, slots=True)
class PackOffer:
    """One pack as an answer to "what would it do for me": −1 + 3 − 1 = 1.

    Units: all in credits. `left_credits` is the balance after buying, and after unlocking if that `opens` it.
    """

    pack: Pack
    opens: bool
    balance_credits: int
    price_credits: int
    left_credits: int
    still_missing_credits: int

    @property
    def sum_text(self) -> str:
        """The sum spelled out, "−1 + 3 − 1 = 1"; empty without a debt, where it says nothing new."""
        if self.balance_credits >= 0:
            return ""
        unlock = f" − {self.price_credits}" if self.opens else ""
        return f"−{-self.balance_credits} + {self.pack.credits}{unlock} = {_signed(self.left_credits)}"

    @property
    def settles_debt_only(self) -> bool:
        """True when everything owed is paid and nothing is opened."""
        return not self.opens and self.balance_credits < 0 and self.left_credits >= 0


@dataclass(frozen=True, slots=True)
class Offer:
    """The price, what there is, and the one way forward: a credit (`is_covered`), or the best pack.

    Units: credits. `left_credits` is the balance after using a credit; it counts only where that is covered.
    """

    price_credits: int
    balance_credits: int
    missing_credits: int
    left_credits: int
    best: PackOffer | None
    others: tuple[PackOffer, ...]

    @property
    def is_covered(self) -> bool:
        """True when the balance covers the price, so that nothing is sold."""
        return self.missing_credits == 0

    @property
    def debt_credits(self) -> int:
        """Credits owed, which a purchase pays first."""
        return max(0, -self.balance_credits)


def offer_for(access: Access, catalog: Catalog) -> Offer:
    """What to offer for a locked step: the credit at hand, else the cheapest pack that covers what is missing.

    If none covers it, the largest pack, with what would still be missing.
    """
    left_credits = access.balance_credits - access.price_credits
    if access.missing_credits == 0:
        return Offer(access.price_credits, access.balance_credits, 0, left_credits, None, ())
    best = catalog.cheapest_covering(access.missing_credits) or catalog.largest
    return Offer(
        access.price_credits,
        access.balance_credits,
        access.missing_credits,
        left_credits,
        _pack_offer(best, access),
        _pack_offers([pack for pack in catalog.packs if pack != best], access),
    )


def _pack_offers(packs: Sequence[Pack], access: Access) -> tuple[PackOffer, ...]:
    return tuple(_pack_offer(pack, access) for pack in packs)


def _pack_offer(pack: Pack, access: Access) -> PackOffer:
    after_buying_credits = access.balance_credits + pack.credits
    opens = after_buying_credits >= access.price_credits
    return PackOffer(
        pack=pack,
        opens=opens,
        balance_credits=access.balance_credits,
        price_credits=access.price_credits,
        left_credits=after_buying_credits - (access.price_credits if opens else 0),
        still_missing_credits=max(0, access.price_credits - after_buying_credits),
    )


def _signed(credits: int) -> str:
    return f"−{-credits}" if credits < 0 else str(credits)
