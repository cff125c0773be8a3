"""The packs as cards: what a page says about each. Pure; the saving is computed, never claimed."""

from collections.abc import Set
from dataclasses import dataclass

from app.catalog.packs import Catalog, Pack


@dataclass(frozen=True)
class PackCard:
    """One pack beside the smallest one. Money in minor units of `currency`; `saving_cents` is 0 when there is none."""

    slug: str
    name: str
    tagline: str
    credits: int
    amount_cents: int
    per_credit_cents: int
    currency: str
    saving_cents: int
    saving_percent: int
    compared_with: str
    available: bool
    marked: bool


def pack_cards(
    catalog: Catalog, *, unavailable: Set[str] = frozenset(), marked: str | None = None
) -> tuple[PackCard, ...]:
    """Every pack, in the catalogue's order. `marked` is the one that was chosen before."""
    smallest = min(catalog.packs, key=lambda pack: pack.credits)
    return tuple(
        _card(pack, smallest, available=pack.slug not in unavailable, marked=pack.slug == marked)
        for pack in catalog.packs
    )


def _card(pack: Pack, smallest: Pack, *, available: bool, marked: bool) -> PackCard:
    saving_cents, saving_percent = _saving(pack, smallest)
    return PackCard(
        slug=pack.slug,
        name=pack.name,
        tagline=pack.tagline,
        credits=pack.credits,
        amount_cents=pack.amount_cents,
        per_credit_cents=pack.per_credit_cents,
        currency=pack.currency,
        saving_cents=saving_cents,
        saving_percent=saving_percent,
        compared_with=f"{pack.credits // smallest.credits} × {smallest.name}",
        available=available,
        marked=marked,
    )


def _saving(pack: Pack, smallest: Pack) -> tuple[int, int]:
    if pack.credits % smallest.credits:
        return 0, 0
    singly_cents = pack.credits // smallest.credits * smallest.amount_cents
    saving_cents = max(0, singly_cents - pack.amount_cents)
    return saving_cents, (200 * saving_cents + singly_cents) // (2 * singly_cents)
