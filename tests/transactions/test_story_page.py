"""The story of one movement: each kind and status, and nobody else's."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from app.database import row, rows
from app.transactions.asking import KINDS, STATUSES, Filters
from app.transactions.history import history_page
from app.transactions.story import TOLD
from app.transactions.story_words import ACTORS
from app.web.filters import balance_text, change, money
from tests.factories import make_user, make_workshop
from tests.transactions.ledgers import (
    NOW,
    buy,
    buy_and_unlock,
    correct,
    dispute,
    give,
    give_back_refund,
    refund,
    undo,
    unlock,
    use,
    win_back,
    write_varied_ledger,
)
from tests.transactions.signed_in import Html, signed_in
from tests.web.reading import untokened

AT = NOW - timedelta(days=9)


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
    for said in ("The payment service", "Paid", bought, f"pi_{bought}", "Statement October 2026"):
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
    """REFD-01: what went back, of how much, and what it took; the row's money is its own, the purchase's is all."""
    bought = await buy(alice, AT, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
    await refund(alice, bought, AT, cents=5000)
    await refund(alice, bought, AT + timedelta(days=1), cents=5000)
    text = await told(client, alice, "refund")
    assert (
        "$50.00 of the $149.00 paid for Serial Entrepreneur went back to you, so 1 credit was taken back."
        in text
    )
    assert "Returned so far $100.00 of $149.00" in text
    assert "Partly refunded" in text
    assert "Rows that belong to it" in text
    assert "Purchase of Serial Entrepreneur" in text


@pytest.mark.parametrize(
    ("cents", "credits", "said"),
    [
        (
            4900,
            0,
            "$49.00 of $149.00 was returned. That is less than one credit cost, so none was taken back.",
        ),
        (5000, 1, "$50.00 of $149.00 was returned, so 1 of its 3 credits was taken back."),
        (10000, 2, "$100.00 of $149.00 was returned, so 2 of its 3 credits were taken back."),
        (14900, 3, "The whole price, $149.00, was returned, so all of its 3 credits were taken back."),
    ],
)
async def test_a_purchase_tells_what_went_back_of_it(
    client: httpx.AsyncClient, alice: str, cents: int, credits: int, said: str
) -> None:
    """REFD-01: also where so little went back that no row tells of it."""
    bought = await buy(alice, AT, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
    if credits:
        await refund(alice, bought, AT, cents=cents, credits=credits)
    await row("UPDATE purchases SET amount_refunded_cents = $2 WHERE id = $1", bought, cents)
    text = await told(client, alice, "purchase")
    assert said in text
    assert f"Returned so far {money(cents, 'usd')} of $149.00" in text


async def test_money_on_its_way_back_is_told_and_takes_nothing(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, AT)
    await row("UPDATE purchases SET refund_pending_cents = 7900 WHERE id = $1", bought)
    text = await told(client, alice, "purchase")
    assert "$79.00 is on its way back. Nothing is taken for it until it has arrived." in text
    assert "On its way back $79.00" in text


async def test_a_dispute_is_told_as_it_stands(client: httpx.AsyncClient, alice: str) -> None:
    """REFD-02."""
    bought = await buy(alice, AT, credits=3, amount_cents=14900)
    await refund(alice, bought, AT, cents=5000)
    await dispute(alice, bought, AT, credits=2)
    text = await told(client, alice, "refund")
    assert "When it was opened, 2 credits of Single Flight were taken." in text
    assert "A dispute is open on this payment. Its credits are held until it is decided." in text
    assert "Dispute Not decided yet, opened 23 Oct 2026" in text
    await row("UPDATE purchases SET dispute_status = 'lost' WHERE id = $1", bought)
    text = await told(client, alice, "refund")
    assert (
        "The dispute on this payment is over: the bank returned the money, and its credits stay taken back."
        in text
    )
    assert "Charged back" in text


async def test_a_refund_stays_a_refund_when_a_dispute_follows(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, AT, credits=3, amount_cents=14900)
    await refund(alice, bought, AT, cents=5000)
    refunded_id = await newest(alice, "refund")
    await dispute(alice, bought, AT, credits=2)
    text = Html(await client.get(f"/transactions/{refunded_id}")).one("p", class_="lead").text
    assert (
        text == "$50.00 of the $149.00 paid for Single Flight went back to you, so 1 credit was taken back."
    )


async def test_what_was_undone_and_what_undid_it_name_each_other(
    client: httpx.AsyncClient, alice: str
) -> None:
    """REFD-02: won, the credits come back, and the story says from what."""
    bought = await buy(alice, AT)
    await dispute(alice, bought, AT)
    await win_back(alice, bought, AT)
    held, won = await newest(alice, "refund"), await newest(alice, "reversal")
    page = Html(await client.get(f"/transactions/{won}"))
    assert (
        "The dispute about the payment for Single Flight no longer holds it, so 1 credit came back."
        in page.text
    )
    assert "Gives back Dispute" in page.text
    assert page.one("dl").one("a", href=f"/transactions/{held}").text == "Dispute"
    page = Html(await client.get(f"/transactions/{held}"))
    assert "the payment stood, and its credits were given back." in page.text
    assert page.one("dl").one("a", href=f"/transactions/{won}").text == "Dispute ended"


async def test_both_kinds_of_giving_back_say_what_was_undone(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, AT)
    transaction_id, _ = await use(alice, AT)
    await undo(transaction_id, AT)
    assert "The unlock of “Launch plan” was undone, so 1 credit came back." in await told(
        client, alice, "reversal"
    )
    await refund(alice, bought, AT)
    await give_back_refund(alice, bought, AT)
    text = await told(client, alice, "reversal")
    assert "A refund of Single Flight did not go through after all, so 1 credit came back." in text


async def test_an_unlock_that_was_undone_says_so(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-05: nothing that no longer holds is told, and each of the two leads to the other."""
    await give(alice, AT)
    transaction_id, _ = await use(alice, AT)
    page = Html(await client.get(f"/transactions/{transaction_id}"))
    assert page.one("p", class_="lead").text.endswith("All of its steps opened for good.")
    await undo(transaction_id, AT + timedelta(days=1))
    page = Html(await client.get(f"/transactions/{transaction_id}"))
    assert (
        page.one("p", class_="lead").text
        == "You used 1 credit to unlock “Launch plan”. That was undone on 24 Oct 2026, and 1 credit came back."
    )
    reversal = await newest(alice, "reversal")
    assert page.one("dl").one("a", href=f"/transactions/{reversal}").text == "Unlock undone"


async def test_an_unlock_that_a_purchase_made_tells_that_purchase(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-05: who paid, what was bought for how much, its receipt; and the two rows name each other."""
    bought, unlocked, _ = await buy_and_unlock(alice, AT)
    page = Html(await client.get(f"/transactions/{unlocked}"))
    assert "Who You, when you paid for it" in page.text
    assert page.one("dl").one("a", href=f"/purchases/{bought}").text == "Single Flight, $79.00"
    assert page.one("a", class_="button", href=f"/purchases/{bought}").text == "Show the receipt"
    purchase = await newest(alice, "purchase")
    assert page.one("a", href=f"/transactions/{purchase}").text == "Purchase of Single Flight"
    page = Html(await client.get(f"/transactions/{purchase}"))
    assert "Who The payment service" in page.text
    assert page.one("a", href=f"/transactions/{unlocked}").text == "Unlock of Launch plan"


async def test_the_story_of_a_row_in_a_long_ledger_looks_up_what_it_needs(many_rows: str) -> None:
    """However many rows there are, of this person or of others: none of the movements is read to be left out."""
    [one] = await rows(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND seq = 5000", many_rows
    )
    plan = await rows(f"EXPLAIN {TOLD}", many_rows, one["id"])
    steps = "\n".join(each["QUERY PLAN"] for each in plan)
    assert "Bitmap Index Scan on movements_of_workshop" in steps
    assert "Seq Scan on credit_transactions" not in steps
    assert "Seq Scan on workshops" not in steps


async def test_an_unlock_by_hand_names_no_purchase(client: httpx.AsyncClient, alice: str) -> None:
    """Neither the one whose credit it used, nor one whose unlock of the same workshop was undone before."""
    bought, unlocked, workshop_id = await buy_and_unlock(alice, AT)
    await undo(unlocked, AT + timedelta(days=1))
    by_hand = await unlock(alice, workshop_id, AT + timedelta(days=2))
    page = Html(await client.get(f"/transactions/{by_hand}"))
    assert "when you paid for it" not in page.text
    assert f"/purchases/{bought}" not in [each["href"] for each in page.all("a")]
    assert "Who You, when you paid for it" in Html(await client.get(f"/transactions/{unlocked}")).text


async def test_every_kind_and_state_tells_money_people_and_what_belongs_to_it(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-05: of a ledger with all of them, each row: who, credits, balance, money; rows that belong together name
    each other.
    """
    await write_varied_ledger(alice, seed=1)
    pages = [await history_page(alice, Filters(status=status), now=NOW, page_rows=500) for status in STATUSES]
    movements = [each for page in pages for each in page.movements]
    kinds = {(each["type"], each["status"]) for each in movements}
    assert kinds >= {(kind, "completed") for kind in KINDS} | {
        ("purchase", "pending"),
        ("purchase", "failed"),
    }
    named: dict[str, set[str]] = {}
    for movement in movements:
        story = Html(await client.get(f"/transactions/{movement['id']}"))
        text = story.one("main").text
        assert story.one("h1").text == movement["description"]
        assert f"Kind {KINDS[movement['type']]}" in text
        assert any(f"Who {actor}" in text for actor in ACTORS.values())
        assert f"{change(movement['amount'])} credit" in text
        assert (f"→ {balance_text(movement['balance_after'])}" in text) == (movement["seq"] is not None)
        if movement["money_cents"] is not None:
            assert money(abs(movement["money_cents"]), movement["currency"]) in text
        belonging = [each["href"] for each in story.all("a") if each["href"].startswith("/transactions/ctx_")]
        named[movement["id"]] = {href.rpartition("/")[2] for href in belonging}
    assert any(named.values())
    for one, others in named.items():
        assert all(one in named[other] for other in others)


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
    assert untokened(his.text) == untokened(missing.text)
    assert (
        await (await signed_in(app, bob)).get(f"/transactions/{await newest(bob, 'grant')}")
    ).status_code == 200


async def test_an_odd_id_is_a_missing_one(client: httpx.AsyncClient) -> None:
    for odd in ("%00", "%ff", "a%0ab", "x" * 3000):
        assert (await client.get(f"/transactions/{odd}")).status_code in {400, 404}
