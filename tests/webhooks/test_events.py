"""What Stripe's events set off, from the signed bytes to the ledger, in the whole application."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.database import row, tx
from app.ids import new_id
from app.ledger.payments import PurchaseMovement, await_purchase
from app.ledger.posting import Actor, lock_user
from tests.checkout.till import balance_of, movements_of, purchase, session_id_of
from tests.factories import make_user, make_workshop
from tests.proof import IS_PROOF, chosen_seed
from tests.webhooks.site import Site, event_of, events_about, stored

RECORDED = sorted((Path(__file__).parent.parent / "stripe_events").glob("*.json"))
ONE = [("purchase", "completed", 1)]
RETURN_STATES = ("credit added", "This payment was added on", "We are looking for your payment")


def fresh_id() -> str:
    return new_id("evt").replace("evt_", "evt_stripe_")


async def quietly_bought(site: Site, user_id: str, pack: str = "single-flight", **more: Any) -> Any:
    """Paid, and Stripe's own delivery is lost: the test delivers."""
    site.till.sandbox.fault("delivery", "drop", match="checkout.session.completed")
    started = await site.till.bought(user_id, pack, **more)
    await site.till.sandbox.quiet()
    assert await events_about(session_id_of(started)) == []
    return started


async def test_what_stripe_delivers_is_credited(site: Site) -> None:
    """BILL-04, PAYW-08: from the payment page to the unlocked workshop, with no page of ours open."""
    alice = await make_user()
    workshop = await make_workshop(user_id=alice, current_step="journey-mapping")
    started = await site.till.bought(alice, intent_workshop_id=workshop)
    await site.till.sandbox.quiet()
    [event] = await events_about(session_id_of(started))
    assert (event["type"], event["state"], event["attempts"]) == ("checkout.session.completed", "done", 1)
    assert (event["purchase_id"], event["error"]) == (started.purchase_id, None)
    assert await movements_of(alice) == [("purchase", "completed", 1), ("consumption", "completed", -1)]
    movement = await row(
        "SELECT actor, actor_id, request_id FROM credit_transactions WHERE purchase_id = $1",
        started.purchase_id,
    )
    assert movement is not None
    assert (movement["actor"], movement["actor_id"]) == ("stripe", event["stripe_event_id"])
    assert movement["request_id"]


@pytest.mark.parametrize("fault", ["bad_signature", "stale", "future"])
async def test_a_delivery_that_cannot_be_believed_is_made_again(site: Site, fault: str) -> None:
    """W35, W36: the sandbox sends the next one well."""
    alice = await make_user()
    site.till.sandbox.fault("delivery", fault, match="checkout.session.completed")
    started = await site.till.bought(alice)
    await site.till.sandbox.quiet()
    site.till.sandbox.advance(10)  # the next try is due
    await site.till.sandbox.quiet()
    [event] = await events_about(session_id_of(started))
    deliveries = site.till.sandbox.deliveries("checkout.session.completed")
    [delivery] = [found for found in deliveries if found["event_id"] == event["stripe_event_id"]]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [400, 200]
    assert await movements_of(alice) == ONE


@pytest.mark.parametrize("fault", ["duplicate", "thin"])
async def test_repeated_and_thin_deliveries_credit_once(site: Site, fault: str) -> None:
    alice = await make_user()
    site.till.sandbox.fault("delivery", fault, match="checkout.session.completed")
    started = await site.till.bought(alice)
    await site.till.sandbox.quiet()
    assert await movements_of(alice) == ONE
    assert [event["state"] for event in await events_about(session_id_of(started))] == ["done"]


async def test_fifty_copies_at_once_are_one_purchase(site: Site) -> None:
    """M07: 50 × 200, one movement, one row in the inbox."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    answers = await asyncio.gather(*(site.send(event) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert await movements_of(alice) == ONE
    assert [found["state"] for found in await events_about(session_id_of(started))] == ["done"]


async def test_two_events_about_one_session_credit_once(site: Site) -> None:
    """M08: the event id only saves work; session and purchase decide."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    for kind in ("completed", "async_payment_succeeded", "completed"):
        answer = await site.send(event_of(session_id_of(started), event_id=fresh_id(), kind=kind))
        assert answer.status_code == 200
    assert await movements_of(alice) == ONE
    assert [event["state"] for event in await events_about(session_id_of(started))] == ["done"] * 3


async def test_a_replay_after_the_inbox_was_emptied_changes_nothing(site: Site, owner_url: str) -> None:
    """M44: the ledger's own key holds."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    await site.send(event)
    owner = await asyncpg.connect(owner_url)
    await owner.execute("DELETE FROM stripe_events WHERE stripe_event_id = $1", event["id"])
    await owner.close()
    assert (await site.send(event)).status_code == 200
    assert await movements_of(alice) == ONE


async def test_an_event_whose_handling_failed_is_run_again(site: Site) -> None:
    """RECN-04: seen is not done."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    site.till.sandbox.fault("api", "503", match="GET /v1/checkout/sessions/*", times=3)
    answer = await site.send(event)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert ((await stored(event["id"]))["state"], await movements_of(alice)) == ("received", [])
    site.till.sandbox.state.faults.clear()
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], await movements_of(alice)) == ("done", ONE)
    assert (await stored(event["id"]))["attempts"] == 2


async def test_a_held_person_makes_stripe_come_again(site: Site, owner_url: str) -> None:
    """C14: the lock timeout ends it, others are served meanwhile."""
    alice, bob = await make_user(), await make_user(name="Bob")
    started, other = await quietly_bought(site, alice), await quietly_bought(site, bob)
    event = event_of(session_id_of(started), event_id=fresh_id())
    owner = await asyncpg.connect(owner_url)
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM users WHERE clerk_user_id = $1 FOR UPDATE", alice)
        blocked, served = await asyncio.gather(
            site.send(event), site.send(event_of(session_id_of(other), event_id=fresh_id()))
        )
    await owner.close()
    assert (blocked.status_code, served.status_code) == (503, 200)
    assert (await site.send(event)).status_code == 200
    assert await movements_of(alice) == ONE


async def test_an_event_that_fails_for_our_own_reason_is_put_aside_in_the_end(site: Site) -> None:
    """C19, RECN-04: poison does not block the door for ever, and a person is told."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    async with tx():
        await lock_user(alice)
        await await_purchase(
            PurchaseMovement(alice, started.purchase_id, 2, "A contradiction"), actor=Actor("system")
        )
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert [(await site.send(event)).status_code for _ in range(5)] == [500, 500, 500, 500, 200]
    kept = await stored(event["id"])
    assert (kept["state"], kept["attempts"]) == ("quarantined", 5)
    assert "IdempotencyConflict" in kept["error"]
    other = await quietly_bought(site, await make_user(name="Bob"))
    assert (await site.send(event_of(session_id_of(other), event_id=fresh_id()))).status_code == 200


async def test_what_was_only_postponed_is_not_held_against_an_event(site: Site) -> None:
    """C19, RECN-04: answered 503 for as long as Stripe contradicts itself; then its first failure is the first."""
    alice = await make_user()
    started = await site.till.start(alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert [(await site.send(event)).status_code for _ in range(6)] == [503] * 6
    kept = await stored(event["id"])
    assert (kept["state"], kept["attempts"], kept["failures"]) == ("received", 6, 0)
    async with tx():
        await lock_user(alice)
        wrong = PurchaseMovement(alice, started.purchase_id, 2, "A contradiction")
        await await_purchase(wrong, actor=Actor("system"))
    site.till.sandbox.fault("delivery", "drop", match="checkout.session.completed")
    await site.till.pay(started)
    assert [(await site.send(event)).status_code for _ in range(5)] == [500, 500, 500, 500, 200]
    kept = await stored(event["id"])
    assert (kept["state"], kept["attempts"], kept["failures"]) == ("quarantined", 11, 5)


async def test_a_payment_that_finds_no_room_is_put_aside_at_once(site: Site) -> None:
    """M39: no other delivery can help, so none is asked for."""
    alice = await make_user(balance_credits=2**31 - 1)
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert (await site.send(event)).status_code == 200
    kept = await stored(event["id"])
    assert (kept["state"], kept["error"]) == ("quarantined", "no room in the balance")


async def test_an_unknown_type_is_ignored(site: Site) -> None:
    """BILL-04."""
    event = event_of("cs_test_1", event_id=fresh_id()) | {"type": "payout.paid"}
    assert (await site.send(event)).status_code == 200
    assert (await stored(event["id"]))["state"] == "ignored"


@pytest.mark.parametrize("kind", ["completed", "expired", "async_payment_failed"])
async def test_a_known_type_that_names_no_object_is_quarantined(site: Site, kind: str) -> None:
    """M46, RECN-04."""
    event = event_of(None, event_id=fresh_id(), kind=kind)
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], (await stored(event["id"]))["error"]) == (
        "quarantined",
        "names no object",
    )


async def test_an_event_of_another_account_has_no_effect(site: Site) -> None:
    """M35."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id(), account="acct_other")
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], await movements_of(alice)) == ("ignored", [])


async def test_an_event_of_the_other_mode_has_no_effect(site: Site) -> None:
    """M34, RECN-05."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id(), livemode=True)
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], await movements_of(alice)) == ("quarantined", [])


async def test_a_sale_that_is_not_ours_is_ignored_and_counted(site: Site) -> None:
    """M33."""
    started = await quietly_bought(site, await make_user(name="Charlie"))
    await forget(site, started, metadata={}, client_reference_id=None)
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], (await stored(event["id"]))["error"]) == (
        "ignored",
        "not a sale of ours",
    )


@pytest.mark.parametrize("which", ["unknown", "bound to another session"])
async def test_a_session_that_names_a_purchase_wrongly_is_quarantined(site: Site, which: str) -> None:
    """M31, M33: never a quiet 200, and never a grant."""
    alice = await make_user()
    victim = await quietly_bought(site, alice)
    before = await purchase(victim.purchase_id)
    named = "pur_unknown" if which == "unknown" else victim.purchase_id
    started = await quietly_bought(site, await make_user(name="Charlie"))
    await forget(site, started, metadata={"purchase_id": named}, client_reference_id=named)
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert (await site.send(event)).status_code == 200
    assert (await stored(event["id"]))["state"] == "quarantined"
    assert (await purchase(victim.purchase_id), await movements_of(alice)) == (before, [])


async def test_a_payment_that_does_not_match_is_quarantined(site: Site) -> None:
    """RECN-05: for operators to see, beside the purchase itself."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    change_session(site, session_id_of(started), amount_total=1)
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert (await site.send(event)).status_code == 200
    kept = await stored(event["id"])
    assert (kept["state"], kept["error"], kept["purchase_id"]) == (
        "quarantined",
        "amount",
        started.purchase_id,
    )
    assert ((await purchase(started.purchase_id))["status"], await movements_of(alice)) == ("refused", [])
    change_session(site, session_id_of(started), amount_total=7900)
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], await movements_of(alice)) == ("done", ONE)


async def test_an_end_that_stripe_does_not_show_yet_is_asked_for_again(site: Site) -> None:
    """The event was faster than Stripe's own reading: answering 200 would lose it."""
    alice = await make_user()
    started = await site.till.start(alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    assert (await site.send(event)).status_code == 503
    assert (await stored(event["id"]))["state"] == "received"


@pytest.mark.parametrize("outcome", ["succeed", "fail"])
async def test_a_bank_debit_settles_days_later(site: Site, outcome: str) -> None:
    """M10, M11, M12."""
    alice = await make_user()
    started = await site.till.start(alice)
    await site.till.pay(started, method="sepa_debit", outcome=outcome)
    await site.till.sandbox.quiet()
    site.till.sandbox.advance(7 * 86_400)
    await site.till.sandbox.quiet()
    kinds = [event["type"].rpartition(".")[2] for event in await events_about(session_id_of(started))]
    late = {"succeed": "async_payment_succeeded", "fail": "async_payment_failed"}[outcome]
    assert sorted(kinds) == sorted(["completed", late])
    status, credits = {"succeed": ("paid", 1), "fail": ("failed", 0)}[outcome]
    assert ((await purchase(started.purchase_id))["status"], await balance_of(alice)) == (status, credits)


async def test_an_expired_page_closes_the_purchase(site: Site) -> None:
    """M14."""
    alice = await make_user()
    started = await site.till.start(alice)
    site.till.sandbox.advance(25 * 3600)
    await site.till.sandbox.quiet()
    assert (await purchase(started.purchase_id))["status"] == "expired"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_event_is_carried_out_whatever_else_it_holds(site: Site, path: Path) -> None:
    """M46: newer shapes carry more than we read; the session is read again anyway."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = json.loads(path.read_text())
    assert event["type"] == path.stem
    event |= {"id": fresh_id(), "data": {"object": event["data"]["object"] | {"id": session_id_of(started)}}}
    assert (await site.send(event)).status_code == 200
    assert await movements_of(alice) == ONE


def change_session(site: Site, session_id: str, **fields: Any) -> None:
    with site.till.sandbox.state.change() as change:
        session = change.load("checkout.session", session_id)
        session |= fields
        change.save(session)


async def forget(site: Site, started: Any, **fields: Any) -> None:
    """Stripe's session stays; to us it is a stranger's."""
    change_session(site, session_id_of(started), **fields)
    await row("UPDATE purchases SET stripe_session_id = NULL WHERE id = $1", started.purchase_id)


PURCHASES = 100 if IS_PROOF else 4
AT_ONCE = 8  # purchases: forty requests, on a pool of eight


async def webhooks_and_pages_at_once(site: Site, purchases: int, seed: int) -> None:
    """Each purchase hears of its payment three times by webhook and twice by its page, 0 to 20 ms apart."""
    chance, turn = random.Random(seed), asyncio.Semaphore(AT_ONCE)
    buyers = [await make_user() for _ in range(purchases)]
    said: list[str] = []
    async with asyncio.TaskGroup() as group:
        for buyer in buyers:
            started = await quietly_bought(site, buyer)
            group.create_task(
                _five_voices(site, buyer, session_id_of(started), chance=chance, turn=turn, said=said)
            )
    assert len(said) == 2 * purchases, f"seed {seed}"
    assert [await movements_of(buyer) for buyer in buyers] == [ONE] * purchases, f"seed {seed}"
    assert [await balance_of(buyer) for buyer in buyers] == [1] * purchases, f"seed {seed}"


async def _five_voices(
    site: Site,
    buyer: str,
    session_id: str,
    *,
    chance: random.Random,
    turn: asyncio.Semaphore,
    said: list[str],
) -> None:
    async def webhook(event_id: str) -> None:
        await asyncio.sleep(chance.random() / 50)
        assert (await site.send(event_of(session_id, event_id=event_id))).status_code == 200

    async def page(browser: httpx.AsyncClient) -> None:
        await asyncio.sleep(chance.random() / 50)
        answer = await browser.get(f"/checkout/success?session_id={session_id}")
        assert answer.status_code == 200
        said.append(next(words for words in RETURN_STATES if words in answer.text))

    event_id = fresh_id()
    async with turn, await site.signed_in(buyer) as browser:
        voices = [webhook(event_id), webhook(event_id), webhook(fresh_id()), page(browser), page(browser)]
        chance.shuffle(voices)
        await asyncio.gather(*voices)


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_as_many_purchases_are_as_many_grants_whoever_tells_of_them(site: Site) -> None:
    """BILL-03, BILL-04, M09: 100 purchases, 300 webhooks, 200 page loads, 100 grants."""
    seed = chosen_seed()
    await webhooks_and_pages_at_once(site, PURCHASES, seed)
    print(f"M09: {PURCHASES} purchases, five voices each: {PURCHASES} grants; seed {seed}")
