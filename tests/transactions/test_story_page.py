"""The story of one movement: each kind and status, and nobody else's."""

from datetime import timedelta

import httpx
import pytest_asyncio
from litestar import Litestar

from app.database import row, rows
from tests.factories import make_user, make_workshop
from tests.transactions.ledgers import NOW, buy, correct, give, give_back_refund, refund, undo, use
from tests.transactions.signed_in import Html, signed_in

AT = NOW - timedelta(days=9)


@pytest_asyncio.fixture(loop_scope="session")
async def alice(pool: None) -> str:
    return await make_user()


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Litestar, alice: str) -> httpx.AsyncClient:
    return await signed_in(app, alice)


async def newest(user_id: str, kind: str) -> str:
    [found] = await rows(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND type = $2 ORDER BY created_at DESC, seq DESC LIMIT 1",
        user_id,
        kind,
    )
    return str(found["id"])


async def told(client: httpx.AsyncClient, user_id: str, kind: str) -> str:
    answer = await client.get(f"/transactions/{await newest(user_id, kind)}")
    assert answer.status_code == 200
    return Html(answer).one("main").text


async def test_a_purchase_tells_pack_price_payment_and_references(
    client: httpx.AsyncClient, alice: str
) -> None:
    bought = await buy(alice, AT, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
    text = await told(client, alice, "purchase")
    assert "You bought Serial Entrepreneur: 3 credits for $149.00." in text
    assert "0 credits → 3 credits" in text
    for said in ("The payment service", "Paid", bought, f"pi_{bought}"):
        assert said in text


async def test_an_unlock_tells_its_workshop_even_when_that_is_gone(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, AT)
    transaction_id, workshop_id = await use(alice, AT, title="Launch plan")
    answer = await client.get(f"/transactions/{transaction_id}")
    assert Html(answer).one("a", href=f"/workshops/{workshop_id}").text == "Launch plan"
    await row("UPDATE workshops SET deleted_at = clock_timestamp() WHERE id = $1", workshop_id)
    text = await told(client, alice, "consumption")
    assert "You used 1 credit to unlock “Launch plan”." in text
    assert "Launch plan (deleted workshop)" in text


async def test_a_refund_tells_the_money_and_names_its_purchase(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, AT, credits=3, amount_cents=14900)
    await refund(alice, bought, AT, cents=5000)
    text = await told(client, alice, "refund")
    assert "$50.00 of the price of Single Flight went back to you so far." in text
    assert "Partly refunded" in text
    assert "Rows that belong to it" in text
    assert "Purchase of Single Flight" in text


async def test_a_dispute_is_told_as_one(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, AT)
    await refund(alice, bought, AT, cents=0)
    await row("UPDATE purchases SET dispute_status = 'needs_response' WHERE id = $1", bought)
    text = await told(client, alice, "refund")
    assert "A dispute is open on this payment. Its credits are held until it is decided." in text
    await row("UPDATE purchases SET dispute_status = 'lost' WHERE id = $1", bought)
    assert "The dispute on this payment was lost, so 1 credit was taken back." in await told(
        client, alice, "refund"
    )


async def test_both_kinds_of_giving_back_say_what_was_undone(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, AT)
    transaction_id, _ = await use(alice, AT)
    await undo(transaction_id, AT)
    assert "The unlock of “Launch plan” was undone, so 1 credit came back." in await told(
        client, alice, "reversal"
    )
    await refund(alice, bought, AT)
    await give_back_refund(alice, bought, AT)
    assert "1 credit came back, because what had taken them back was undone." in await told(
        client, alice, "reversal"
    )


async def test_a_grant_and_a_correction_give_their_reason(client: httpx.AsyncClient, alice: str) -> None:
    await give(alice, AT, 2)
    text = await told(client, alice, "grant")
    assert "We gave you 2 credits. The reason: Goodwill." in text
    assert "Our support" in text
    await correct(alice, AT, -1)
    assert "We corrected your balance by −1. The reason: Miscounted." in await told(
        client, alice, "adjustment"
    )


async def test_what_does_not_count_shows_no_balance(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-04"""
    await buy(alice, AT, status="settling")
    text = await told(client, alice, "purchase")
    assert "The money is settling; its credits count as soon as it arrives." in text
    assert "(not counted)" in text
    assert "→" not in text
    await buy(alice, NOW, status="failed")
    assert "did not go through. Nothing was charged." in await told(client, alice, "purchase")


async def test_a_purchase_with_an_intent_names_it_and_its_outcome(
    client: httpx.AsyncClient, alice: str
) -> None:
    workshop_id = await make_workshop(user_id=alice, title="Launch plan")
    bought = await buy(alice, AT, unlock_workshop_id=workshop_id)
    await row("UPDATE purchases SET intent_outcome = 'already_open' WHERE id = $1", bought)
    text = await told(client, alice, "purchase")
    assert "unlock “Launch plan”: the workshop was already open, so no credit was used" in text


async def test_somebody_elses_movement_is_a_missing_one(
    app: Litestar, client: httpx.AsyncClient, alice: str
) -> None:
    """ACCT-02: equal bytes, but for the person's own header."""
    bob = await make_user(name="Bob")
    await give(bob, AT)
    his = await client.get(f"/transactions/{await newest(bob, 'grant')}")
    missing = await client.get("/transactions/ctx_unknown")
    assert his.status_code == missing.status_code == 404
    assert his.content == missing.content
    assert (
        await (await signed_in(app, bob)).get(f"/transactions/{await newest(bob, 'grant')}")
    ).status_code == 200


async def test_an_odd_id_is_a_missing_one(client: httpx.AsyncClient) -> None:
    for odd in ("%00", "%ff", "a%0ab", "x" * 3000):
        assert (await client.get(f"/transactions/{odd}")).status_code in {400, 404}
