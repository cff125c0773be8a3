"""The catalogue: what the file may say, and what is computed from it."""

from pathlib import Path

import pytest

from app.catalog.cards import pack_cards
from app.catalog.packs import Catalog, load_catalog
from app.settings import PACKS_FILE

OFFER = 'currency = "usd"\n[contact]\nslug = "agency"\nname = "Agency"\ntagline = "Ask us"\n'
PACK = '[[pack]]\nslug = "{slug}"\nname = "P"\ncredits = {credits}\namount_cents = {cents}\ntagline = "t"\n'


def catalog_of(tmp_path: Path, text: str) -> Catalog:
    file = tmp_path / "packs.toml"
    file.write_text(text)
    return load_catalog(file)


def test_the_two_packs_cost_what_the_product_says() -> None:
    """PRIC-01, BILL-01, BILL-02"""
    catalog = load_catalog(PACKS_FILE)
    assert [(pack.slug, pack.credits, pack.amount_cents, pack.currency) for pack in catalog.packs] == [
        ("single-flight", 1, 7900, "usd"),
        ("serial-entrepreneur", 3, 14900, "usd"),
    ]
    assert catalog.contact.slug == "agency"
    assert catalog.pack("agency") is None


def test_price_per_credit_and_saving_are_computed() -> None:
    _, serial = pack_cards(load_catalog(PACKS_FILE))
    assert (serial.per_credit_cents, serial.saving_cents, serial.saving_percent) == (4967, 8800, 37)
    assert serial.compared_with == "3 × Single Flight"


def test_a_larger_pack_that_saves_nothing_claims_nothing(tmp_path: Path) -> None:
    text = (
        OFFER + PACK.format(slug="one", credits=2, cents=100) + PACK.format(slug="two", credits=5, cents=90)
    )
    assert [(card.saving_cents, card.saving_percent) for card in pack_cards(catalog_of(tmp_path, text))] == [
        (0, 0),
        (0, 0),
    ]


@pytest.mark.parametrize(
    ("missing_credits", "slug"),
    [(1, "single-flight"), (2, "serial-entrepreneur"), (3, "serial-entrepreneur"), (4, None)],
)
def test_the_cheapest_pack_that_covers_what_is_missing(missing_credits: int, slug: str | None) -> None:
    found = load_catalog(PACKS_FILE).cheapest_covering(missing_credits)
    assert (found.slug if found else None) == slug


def test_another_amount_is_another_price_at_stripe(tmp_path: Path) -> None:
    before = catalog_of(tmp_path, OFFER + PACK.format(slug="one", credits=1, cents=100)).packs[0]
    after = catalog_of(tmp_path, OFFER + PACK.format(slug="one", credits=1, cents=101)).packs[0]
    assert before.lookup_key != after.lookup_key


@pytest.mark.parametrize(
    "text",
    [
        "",
        OFFER,
        OFFER + PACK.format(slug="one", credits=0, cents=100),
        OFFER + PACK.format(slug="one", credits=1, cents=0),
        OFFER + PACK.format(slug="one", credits="1.5", cents=100),
        OFFER + PACK.format(slug="One two", credits=1, cents=100),
        OFFER + PACK.format(slug="agency", credits=1, cents=100),
        OFFER + PACK.format(slug="one", credits=1, cents=100) + "discount = 3\n",
        OFFER.replace("usd", "USD") + PACK.format(slug="one", credits=1, cents=100),
        "not toml at all [",
    ],
)
def test_a_catalogue_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError):
        catalog_of(tmp_path, text)
