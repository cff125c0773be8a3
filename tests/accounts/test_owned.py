"""Loading a row and checking whose it is."""

import pytest

from app.accounts.owned import owned
from app.checkout.tables import Purchase
from app.errors import NotFound
from app.workshops.tables import Workshop
from tests.factories import make_purchase, make_user, make_workshop


async def test_the_owner_gets_every_column(pool: None) -> None:
    """ACCT-02"""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice, title="Launch plan")
    found = await owned(Workshop, alice, workshop)
    assert found["title"] == "Launch plan"
    assert set(found) == {column._meta.name for column in Workshop.all_columns()}


async def test_a_table_that_deletes_nothing_is_served_too(pool: None) -> None:
    """ACCT-02"""
    alice = await make_user()
    purchase = await make_purchase(user_id=alice)
    assert (await owned(Purchase, alice, purchase))["id"] == purchase


async def test_another_persons_a_deleted_and_an_unknown_row_are_equally_missing(pool: None) -> None:
    """ACCT-02"""
    alice, bob = await make_user(), await make_user(name="Bob")
    workshop = await make_workshop(user_id=alice)
    deleted = await make_workshop(user_id=bob, deleted=True)
    told = set()
    for row_id in (workshop, deleted, "ws_unknown", "", "\0", "\ud800", "ws_\n", "x" * 5000):
        with pytest.raises(NotFound) as caught:
            await owned(Workshop, bob, row_id)
        told.add(str(caught.value))
    assert len(told) == 1
