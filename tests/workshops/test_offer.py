"""What a person is offered at a locked step."""

import pytest

from app.catalog.packs import Catalog, Contact, Pack, load_catalog
from app.settings import PACKS_FILE
from app.workshops.access import Access, AccessKind
from app.workshops.offer import Offer, offer_for

CATALOG = load_catalog(PACKS_FILE)


def offered(balance_credits: int, *, price_credits: int = 1, catalog: Catalog = CATALOG) -> Offer:
    missing_credits = max(0, price_credits - balance_credits)
    return offer_for(Access(AccessKind.LOCKED, price_credits, balance_credits, missing_credits), catalog)


@pytest.mark.parametrize(("balance_credits", "left_credits"), [(1, 0), (3, 2), (25, 24)])
def test_a_balance_that_covers_it_is_offered_and_no_pack(balance_credits: int, left_credits: int) -> None:
    offer = offered(balance_credits)
    assert offer.is_covered
    assert (offer.left_credits, offer.best, offer.others) == (left_credits, None, ())


def test_without_credits_the_cheapest_pack_leads_and_the_other_stands_beside_it() -> None:
    offer = offered(0)
    assert offer.best is not None
    assert offer.best.pack.slug == "single-flight"
    assert (offer.best.opens, offer.best.left_credits) == (True, 0)
    [other] = offer.others
    assert (other.pack.slug, other.opens, other.left_credits) == ("serial-entrepreneur", True, 2)


def test_a_debt_of_one_is_counted_in() -> None:
    """5.13: owing 1, an unlock needs 2: −1 + 3 − 1 = 1; Single Flight settles the debt and unlocks nothing."""
    offer = offered(-1)
    assert offer.debt_credits == 1
    assert offer.best is not None
    assert (offer.best.pack.slug, offer.best.sum_text) == ("serial-entrepreneur", "−1 + 3 − 1 = 1")
    [single] = offer.others
    assert single.settles_debt_only
    assert not single.opens
    assert (single.sum_text, single.still_missing_credits) == ("−1 + 1 = 0", 1)


def test_a_debt_that_no_pack_covers_is_met_by_the_largest_and_says_what_is_missing() -> None:
    offer = offered(-4)
    assert offer.best is not None
    assert offer.best.pack == CATALOG.largest
    assert not offer.best.opens
    assert not offer.best.settles_debt_only
    assert (offer.best.left_credits, offer.best.still_missing_credits) == (-1, 2)
    assert offer.best.sum_text == "−4 + 3 = −1"


def test_the_price_and_not_the_number_of_credits_makes_a_pack_cheapest() -> None:
    dear, cheap = Pack("dear", "Dear", 1, 900, "usd", "x"), Pack("cheap", "Cheap", 5, 800, "usd", "x")
    offer = offered(0, catalog=Catalog((dear, cheap), Contact(slug="c", name="C", tagline="x")))
    assert offer.best is not None
    assert offer.best.pack == cheap


def test_a_sum_is_spelled_out_only_for_a_debt() -> None:
    offer = offered(0)
    assert offer.best is not None
    assert offer.best.sum_text == ""
