"""Disputes: how they begin and end, what is told of them, and which money moves."""

from collections.abc import Callable
from typing import Any

import pytest
from stripe import InvalidRequestError

from app.sandbox.change import Change
from app.sandbox.moves import disputing
from app.sandbox.store import Document
from tests.sandbox.shop import Shop
from tests.sandbox_server import RunningSandbox

OPENED = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
WON = ["charge.dispute.funds_reinstated", "charge.dispute.closed"]


@pytest.mark.parametrize(
    ("number", "reason", "status", "told"),
    [
        ("4000000000000259", "fraudulent", "needs_response", OPENED),
        ("4000000000002685", "product_not_received", "needs_response", OPENED),
        ("4000000000005423", "fraudulent", "needs_response", OPENED),
        ("4000000000001976", "fraudulent", "warning_needs_response", OPENED[:1]),
    ],
)
async def test_some_cards_pay_and_dispute_it_later(
    shop: Shop, sandbox: RunningSandbox, number: str, reason: str, status: str, *, told: list[str]
) -> None:
    intent_id = await _paid(shop, sandbox, number)
    before = await shop.event_types()
    sandbox.advance(60)
    (dispute,) = (await shop.stripe.v1.disputes.list_async({"payment_intent": intent_id})).data
    assert (dispute.reason, dispute.status, dispute.amount) == (reason, status, 7900)
    assert dispute.is_charge_refundable is status.startswith("warning_")
    assert (await shop.event_types())[len(before) :] == told


async def test_a_won_dispute_brings_the_money_back_first(shop: Shop, sandbox: RunningSandbox) -> None:
    dispute_id = await _disputed(shop, sandbox)
    await _answer(shop, dispute_id, "winning_evidence")
    dispute = await shop.stripe.v1.disputes.retrieve_async(dispute_id)
    assert [entry.amount for entry in dispute.balance_transactions] == [-7900, 7900]
    assert dispute.status == "won"
    assert (await shop.event_types())[-3:] == ["charge.dispute.updated", *WON]


async def test_a_lost_dispute_keeps_the_money_away(shop: Shop, sandbox: RunningSandbox) -> None:
    dispute_id = await _disputed(shop, sandbox)
    await _answer(shop, dispute_id, "losing_evidence")
    assert (await shop.stripe.v1.disputes.retrieve_async(dispute_id)).status == "lost"
    assert (await shop.event_types())[-2:] == ["charge.dispute.updated", "charge.dispute.closed"]


async def test_accepting_a_dispute_loses_it_once(shop: Shop, sandbox: RunningSandbox) -> None:
    dispute_id = await _disputed(shop, sandbox)
    assert (await shop.stripe.v1.disputes.close_async(dispute_id)).status == "lost"
    with pytest.raises(InvalidRequestError):
        await shop.stripe.v1.disputes.close_async(dispute_id)
    with pytest.raises(InvalidRequestError):
        await _answer(shop, dispute_id, "winning_evidence")


async def test_other_evidence_puts_a_dispute_under_review(shop: Shop, sandbox: RunningSandbox) -> None:
    dispute_id = await _disputed(shop, sandbox)
    await _answer(shop, dispute_id, "We delivered it.")
    dispute = await shop.stripe.v1.disputes.retrieve_async(dispute_id)
    assert (dispute.status, dispute.evidence_details.submission_count) == ("under_review", 1)


async def test_an_inquiry_ends_without_moving_money(shop: Shop, sandbox: RunningSandbox) -> None:
    dispute_id = await _disputed(shop, sandbox, "4000000000001976")
    closed = await shop.stripe.v1.disputes.close_async(dispute_id)
    assert (closed.status, closed.balance_transactions) == ("warning_closed", [])


async def test_a_disputed_charge_is_refunded_only_once_the_dispute_is_won(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    intent_id = await _paid(shop, sandbox, "4000000000000259")
    sandbox.advance(60)
    (dispute,) = (await shop.stripe.v1.disputes.list_async({"payment_intent": intent_id})).data
    with pytest.raises(InvalidRequestError) as refusal:
        await shop.stripe.v1.refunds.create_async({"payment_intent": intent_id})
    assert refusal.value.code == "charge_disputed"
    _decide(sandbox, dispute.id, disputing.win)
    assert (await shop.stripe.v1.refunds.create_async({"payment_intent": intent_id})).status == "succeeded"


def _decide(sandbox: RunningSandbox, dispute_id: str, move: Callable[[Change, Document], object]) -> None:
    with sandbox.state.change() as change:
        move(change, change.load("dispute", dispute_id))


async def _paid(shop: Shop, sandbox: RunningSandbox, number: str) -> str:
    sandbox.state.clock.time_scale = 1.0
    session = await shop.session()
    await sandbox.pay(session.id, number=number)
    return str((await shop.read(session.id)).payment_intent)


async def _disputed(shop: Shop, sandbox: RunningSandbox, number: str = "4000000000000259") -> str:
    intent_id = await _paid(shop, sandbox, number)
    sandbox.advance(60)
    (dispute,) = (await shop.stripe.v1.disputes.list_async({"payment_intent": intent_id})).data
    return dispute.id


async def _answer(shop: Shop, dispute_id: str, said: str) -> None:
    params: Any = {"evidence": {"uncategorized_text": said}}
    await shop.stripe.v1.disputes.update_async(dispute_id, params)
