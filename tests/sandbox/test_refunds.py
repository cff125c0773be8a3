"""Refunds: what they do to the charge, what is told of them, and what is refused."""

from typing import Any

import pytest
from stripe import InvalidRequestError, Refund

from tests.sandbox.shop import Shop
from tests.sandbox_server import RunningSandbox

REFUNDED = ["refund.created", "charge.refunded"]
UPDATED = ["refund.updated", "charge.refund.updated"]


async def test_a_payment_without_refunds_or_disputes_has_empty_lists(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    intent_id, _ = await paid(shop, sandbox)
    refunds = await shop.stripe.v1.refunds.list_async({"payment_intent": intent_id})
    disputes = await shop.stripe.v1.disputes.list_async({"payment_intent": intent_id})
    assert (refunds.data, refunds.has_more) == ([], False)
    assert (disputes.data, disputes.has_more) == ([], False)


async def test_a_full_refund_is_told_and_counted(shop: Shop, sandbox: RunningSandbox) -> None:
    intent_id, before = await paid(shop, sandbox)
    refund = await refunded(shop, intent_id)
    charge = await shop.stripe.v1.charges.retrieve_async(str(refund.charge))
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 7900, "usd")
    assert (charge.amount_refunded, charge.refunded) == (7900, True)
    assert (await shop.event_types())[before:] == REFUNDED


async def test_parts_add_up_and_the_rest_can_be_refunded(shop: Shop, sandbox: RunningSandbox) -> None:
    intent_id, _ = await paid(shop, sandbox)
    parts = [(await refunded(shop, intent_id, amount=cents)).amount for cents in (1000, 2500)]
    rest = await refunded(shop, intent_id)
    assert [*parts, rest.amount] == [1000, 2500, 4400]
    listed = await shop.stripe.v1.refunds.list_async({"payment_intent": intent_id})
    assert [one.amount for one in listed.data] == [4400, 2500, 1000]


async def test_more_than_is_left_is_refused_and_a_second_full_refund_too(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    intent_id, _ = await paid(shop, sandbox)
    await refunded(shop, intent_id, amount=7000)
    with pytest.raises(InvalidRequestError) as too_much:
        await refunded(shop, intent_id, amount=901)
    await refunded(shop, intent_id)
    with pytest.raises(InvalidRequestError) as nothing_left:
        await refunded(shop, intent_id)
    assert (too_much.value.http_status, too_much.value.param) == (400, "amount")
    assert nothing_left.value.code == "charge_already_refunded"


async def test_an_unpaid_payment_cannot_be_refunded(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session()
    await sandbox.pay(session.id, number="4000000000000002")
    intent_id = str((await shop.read(session.id)).payment_intent)
    with pytest.raises(InvalidRequestError):
        await refunded(shop, intent_id)
    with pytest.raises(InvalidRequestError):
        await shop.stripe.v1.refunds.create_async({})


async def test_a_pending_refund_counts_only_when_it_arrives(shop: Shop, sandbox: RunningSandbox) -> None:
    sandbox.state.clock.time_scale = 1.0
    intent_id, before = await paid(shop, sandbox, number="4000000000007726")
    refund = await refunded(shop, intent_id)
    assert (refund.status, await amount_refunded(shop, refund)) == ("pending", 0)
    sandbox.advance(60)
    arrived = await shop.stripe.v1.refunds.retrieve_async(refund.id)
    assert (arrived.status, await amount_refunded(shop, refund)) == ("succeeded", 7900)
    assert (await shop.event_types())[before:] == ["refund.created", *UPDATED, "charge.refunded"]
    assert await former_values(shop, "refund.updated") == {
        "balance_transaction": None,
        "pending_reason": "processing",
        "status": "pending",
    }


async def test_a_refund_that_fails_later_leaves_the_charge_as_if_it_had_never_been(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    sandbox.state.clock.time_scale = 1.0
    intent_id, before = await paid(shop, sandbox, number="4000000000005126")
    refund = await refunded(shop, intent_id)
    assert (refund.status, await amount_refunded(shop, refund)) == ("succeeded", 7900)
    sandbox.advance(60)
    failed = await shop.stripe.v1.refunds.retrieve_async(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert await amount_refunded(shop, refund) == 0
    assert (await shop.event_types())[before:] == [*REFUNDED, "charge.refund.updated", "refund.failed"]
    assert (await refunded(shop, intent_id)).amount == 7900


async def test_a_pending_refund_can_be_called_back_and_an_arrived_one_cannot(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    sandbox.state.clock.time_scale = 1.0
    intent_id, _ = await paid(shop, sandbox, number="4000000000007726")
    refund = await refunded(shop, intent_id)
    assert (await shop.stripe.v1.refunds.cancel_async(refund.id)).status == "canceled"
    sandbox.advance(60)
    assert (await shop.stripe.v1.refunds.retrieve_async(refund.id)).status == "canceled"
    with pytest.raises(InvalidRequestError):
        await shop.stripe.v1.refunds.cancel_async(refund.id)


async def test_new_metadata_is_told_as_an_update(shop: Shop, sandbox: RunningSandbox) -> None:
    intent_id, before = await paid(shop, sandbox)
    refund = await refunded(shop, intent_id)
    changed = await shop.stripe.v1.refunds.update_async(refund.id, {"metadata": {"note": "x"}})
    assert changed.metadata is not None and changed.metadata.to_dict() == {"note": "x"}
    assert (await shop.event_types())[before:] == [*REFUNDED, *UPDATED]
    for event_type in UPDATED:
        assert await former_values(shop, event_type) == {"metadata": {"note": None}}


async def test_the_balance_adds_up(shop: Shop, sandbox: RunningSandbox) -> None:
    intent_id, _ = await paid(shop, sandbox)
    await refunded(shop, intent_id, amount=900)
    entries = (await shop.stripe.v1.balance_transactions.list_async()).data
    assert [(entry.type, entry.net) for entry in entries] == [("refund", -900), ("charge", 7900)]


async def paid(shop: Shop, sandbox: RunningSandbox, **fields: str) -> tuple[str, int]:
    """The payment intent of a paid session, and how many events there were by then."""
    session = await shop.session()
    await sandbox.pay(session.id, **fields)
    return str((await shop.read(session.id)).payment_intent), len(await shop.event_types())


async def refunded(shop: Shop, intent_id: str, **more: Any) -> Refund:
    params: Any = {"payment_intent": intent_id, **more}
    return await shop.stripe.v1.refunds.create_async(params)


async def amount_refunded(shop: Shop, refund: Refund) -> int:
    return (await shop.stripe.v1.charges.retrieve_async(str(refund.charge))).amount_refunded


async def former_values(shop: Shop, event_type: str) -> object:
    """What the newest event of this type says was otherwise before."""
    events = await shop.stripe.v1.events.list_async({"type": event_type, "limit": 1})
    return events.data[0].to_dict()["data"].get("previous_attributes")
