"""Reads the packs that are sold and answers which one covers what. Knows no Stripe, no SQL, no page."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

UNLOCK_PRICE_CREDITS = 1

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _PackEntry(_Strict):
    slug: Slug
    name: Text
    credits: int = Field(ge=1, le=1000)
    amount_cents: int = Field(ge=1, le=99_999_999)
    tagline: Text


class Contact(_Strict):
    """An offer without a price: a mail to the sales address instead of a checkout."""

    slug: Slug
    name: Text
    tagline: Text


class _File(_Strict):
    currency: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
    pack: list[_PackEntry] = Field(min_length=1)
    contact: Contact

    @model_validator(mode="after")
    def _slugs_differ(self) -> "_File":
        slugs = [pack.slug for pack in self.pack] + [self.contact.slug]
        if len(set(slugs)) != len(slugs):
            raise ValueError("two offers share a slug")
        return self


@dataclass(frozen=True)
class Pack:
    """Credits for a price. `amount_cents` are minor units of `currency`."""

    slug: str
    name: str
    credits: int
    amount_cents: int
    currency: str
    tagline: str

    @property
    def per_credit_cents(self) -> int:
        """Price of one credit, rounded half up to a whole minor unit; for showing, never for charging."""
        return (2 * self.amount_cents + self.credits) // (2 * self.credits)

    @property
    def lookup_key(self) -> str:
        """Under which Stripe knows this price: another amount is another price there."""
        return f"{self.slug}-{self.amount_cents}-{self.currency}"


@dataclass(frozen=True)
class Catalog:
    """What is sold, in the order of the file."""

    packs: tuple[Pack, ...]
    contact: Contact

    def pack(self, slug: str) -> Pack | None:
        """The pack of this slug, if it is one that can be bought."""
        return next((pack for pack in self.packs if pack.slug == slug), None)

    def cheapest_covering(self, missing_credits: int) -> Pack | None:
        """The pack with the lowest price that brings at least these credits; None when no single pack does."""
        covering = [pack for pack in self.packs if pack.credits >= missing_credits]
        return min(covering, key=lambda pack: pack.amount_cents, default=None)

    @property
    def largest(self) -> Pack:
        """The pack with the most credits."""
        return max(self.packs, key=lambda pack: pack.credits)


def load_catalog(path: Path) -> Catalog:
    """The catalogue of this file. Raises: OSError, ValueError: it cannot be read, or an entry makes no sense."""
    with path.open("rb") as file:
        content = _File.model_validate(tomllib.load(file))
    packs = tuple(Pack(currency=content.currency, **entry.model_dump()) for entry in content.pack)
    return Catalog(packs, content.contact)
