"""What Stripe's events about refunds and disputes set off, from the signed bytes to the ledger."""

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from app.checkout.start import Started
from app.database import rows
from tests.checkout.bank import (
    charge_of,
    dispute,
    fail_refund,
    fingerprint,
    followed,
    lose,
    payment_of,
    refund,
    win,
)
from tests.checkout.till import balance_of, movements_of, purchase, session_id_of
from tests.factories import give, make_user
from tests.webhooks.site import Site, stored
from tests.webhooks.test_events import fresh_id, quietly_bought

REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
DISPUTE_EVENTS = tuple(
    f"charge.dispute.{kind}"
    for kind in ("created", "updated", "funds_withdrawn", "funds_reinstated", "closed")
)


async def sold(site: Site, user_id: str, pack: str = "serial-entrepreneur") -> Started:
    started: Started = await site.till.bought(user_id, pack)
    await site.till.sandbox.quiet()
    assert (await purchase(started.purchase_id))["status"] == "paid"
    return started


def event_about(kind: str, about: dict[str, Any], **more: Any) -> dict[str, Any]:
    event = {"id": fresh_id(), "object": "event", "type": kind, "livemode": False}
    return event | {"data": {"object": about}} | more


async def kept_about(object_id: str) -> list[tuple[str, str, str | None]]:
    found = await rows(
        "SELECT type, state, purchase_id FROM stripe_events WHERE object_id = $1 ORDER BY type", object_id
    )
    return [(each["type"], each["state"], each["purchase_id"]) for each in found]


async def test_credits_that_find_no_room_when_a_refund_fails_are_put_aside_at_once(site: Site) -> None:
    """M39: no other delivery can help, so none is asked for."""
    alice = await make_user()
    made = refund(site.till, await sold(site, alice))
    await site.till.sandbox.quiet()
    await give(alice, 2**31 - 1)
    fail_refund(site.till, made)
    await site.till.sandbox.quiet()
    states = {kind: state for kind, state, _ in await kept_about(made)}
    assert (states["refund.created"], states["refund.failed"]) == ("done", "quarantined")
    assert await balance_of(alice) == 2**31 - 1


async def test_a_refund_made_at_stripe_reaches_the_ledger(site: Site) -> None:
    """REFD-01, M17: every one of its events is done, the first one takes."""
    alice = await make_user()
    started = await sold(site, alice)
    made = refund(site.till, started)
    await site.till.sandbox.quiet()
    assert await followed(started.purchase_id) == [(-3, 14_900, "refunded")]
    assert await kept_about(made) == [("refund.created", "done", started.purchase_id)]
    charge = str(charge_of(site.till, started)["id"])
    assert ("charge.refunded", "done", started.purchase_id) in await kept_about(charge)
    [taken] = await rows(
        "SELECT actor, actor_id, request_id FROM credit_transactions WHERE purchase_id = $1 AND type = 'refund'",
        started.purchase_id,
    )
    assert (taken["actor"], str(taken["actor_id"]).startswith("evt_")) == ("stripe", True)
    assert taken["request_id"]


async def test_a_refund_that_the_bank_sends_back_returns_its_credits(site: Site) -> None:
    """M19, REFD-05."""
    alice = await make_user()
    started = await sold(site, alice)
    for _ in range(2):
        fail_refund(site.till, refund(site.till, started, 5000))
        await site.till.sandbox.quiet()
    refund(site.till, started, 5000)
    await site.till.sandbox.quiet()
    assert (await purchase(started.purchase_id))["amount_refunded_cents"] == 5000
    assert await balance_of(alice) == 2


@pytest.mark.parametrize(("ends", "balance_credits"), [(win, 3), (lose, 0)])
async def test_a_dispute_is_followed_from_its_opening_to_its_end(
    site: Site, ends: Callable[..., None], balance_credits: int
) -> None:
    """REFD-02, M22, M23."""
    alice = await make_user()
    started = await sold(site, alice)
    disputed = dispute(site.till, started)
    await site.till.sandbox.quiet()
    assert await balance_of(alice) == 0
    ends(site.till, disputed)
    await site.till.sandbox.quiet()
    assert await balance_of(alice) == balance_credits
    assert {state for _, state, _ in await kept_about(disputed)} == {"done"}


async def test_an_inquiry_moves_nothing(site: Site) -> None:
    """REFD-02, M22."""
    alice = await make_user()
    started = await sold(site, alice)
    asked = dispute(site.till, started, inquiry=True)
    await site.till.sandbox.quiet()
    assert await kept_about(asked) == [("charge.dispute.created", "done", started.purchase_id)]
    assert (await balance_of(alice), await followed(started.purchase_id)) == (3, [])


@pytest.mark.parametrize("kind", [*REFUND_EVENTS, *DISPUTE_EVENTS, "charge.refunded"])
async def test_every_event_about_money_back_makes_us_look(site: Site, kind: str) -> None:
    """REFD-04: what an event is called decides nothing, its object's payment does."""
    alice = await make_user()
    started = await sold(site, alice)
    site.till.sandbox.fault("delivery", "drop", match="*", times=99)
    made = refund(site.till, started)
    await site.till.sandbox.quiet()
    assert await followed(started.purchase_id) == []
    event = event_about(kind, {"id": made, "payment_intent": payment_of(site.till, started)})
    assert (await site.send(event)).status_code == 200
    assert (await stored(event["id"]))["state"] == "done"
    assert await followed(started.purchase_id) == [(-3, 14_900, "refunded")]


@pytest.mark.parametrize("kind", ["refund", "charge", "dispute"])
async def test_an_event_that_only_names_its_object_is_followed_too(site: Site, kind: str) -> None:
    """2.7: thin events carry an id and nothing else."""
    alice = await make_user()
    started = await sold(site, alice)
    site.till.sandbox.fault("delivery", "drop", match="*", times=99)
    named = {
        "refund": lambda: refund(site.till, started),
        "charge": lambda: (refund(site.till, started), str(charge_of(site.till, started)["id"]))[1],
        "dispute": lambda: dispute(site.till, started),
    }[kind]()
    types = {"refund": "refund.created", "charge": "charge.refunded", "dispute": "charge.dispute.created"}
    event: dict[str, Any] = {
        "id": fresh_id(),
        "object": "v2.core.event",
        "type": f"v1.{types[kind]}",
        "created": "2026-11-24T12:00:00Z",
        "livemode": False,
        "related_object": {"id": named, "type": kind, "url": f"/v1/{kind}s/{named}"},
    }
    assert (await site.send(event)).status_code == 200
    assert (await stored(event["id"]))["state"] == "done"
    assert await balance_of(alice) == 0


async def test_a_replay_after_the_inbox_was_emptied_takes_nothing_more(site: Site, owner_url: str) -> None:
    """M17, M44: five times, and by what is written, not by what is remembered."""
    alice = await make_user()
    started = await sold(site, alice)
    made = refund(site.till, started)
    await site.till.sandbox.quiet()
    event = event_about("refund.created", {"id": made, "payment_intent": payment_of(site.till, started)})
    before = await fingerprint(alice, started.purchase_id)
    owner = await asyncpg.connect(owner_url)
    for _ in range(5):
        assert (await site.send(event)).status_code == 200
        await owner.execute("DELETE FROM stripe_events WHERE object_id = $1", made)
    await owner.close()
    assert await fingerprint(alice, started.purchase_id) == before


async def test_a_refund_that_is_heard_of_first_counts_the_purchase_too(site: Site) -> None:
    """M16: reverse delivery; the purchase's own event then has nothing left to do."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    refund(site.till, started)
    await site.till.sandbox.quiet()
    assert await movements_of(alice) == [("purchase", "completed", 1), ("refund", "completed", -1)]
    event = event_about("checkout.session.completed", {"id": session_id_of(started)})
    assert (await site.send(event)).status_code == 200
    assert (await stored(event["id"]))["state"] == "done"
    assert await balance_of(alice) == 0


async def test_while_stripe_cannot_be_asked_the_event_is_to_come_again(site: Site) -> None:
    """RECN-04, C17."""
    alice = await make_user()
    started = await sold(site, alice)
    site.till.sandbox.fault("delivery", "drop", match="*", times=99)
    made = refund(site.till, started)
    event = event_about("refund.created", {"id": made, "payment_intent": payment_of(site.till, started)})
    site.till.sandbox.fault("api", "503", match="GET /v1/refunds*", times=3)
    assert (await site.send(event)).status_code == 503
    assert ((await stored(event["id"]))["state"], await balance_of(alice)) == ("received", 3)
    site.till.sandbox.state.faults.clear()
    assert (await site.send(event)).status_code == 200
    assert ((await stored(event["id"]))["state"], await balance_of(alice)) == ("done", 0)


@pytest.mark.parametrize(
    ("kind", "about", "state", "error"),
    [
        ("refund.created", {"id": "re_other", "payment_intent": "pi_other"}, "ignored", "not a sale of ours"),
        ("charge.refunded", {"id": "ch_other"}, "quarantined", "Stripe does not know the charge"),
        ("charge.dispute.created", {"id": "du_other"}, "quarantined", "Stripe does not know the dispute"),
        ("refund.failed", {}, "quarantined", "names no object"),
    ],
)
async def test_what_is_not_ours_or_not_there_has_no_effect_and_is_kept(
    site: Site, kind: str, about: dict[str, Any], state: str, error: str
) -> None:
    """M33, M46, RECN-04."""
    event = event_about(kind, about)
    assert (await site.send(event)).status_code == 200
    kept = await stored(event["id"])
    assert (kept["state"], kept["error"]) == (state, error)


async def test_a_refund_of_a_payment_with_forged_metadata_is_quarantined(site: Site) -> None:
    """M31: the purchase it names is another's, and is left as it is."""
    alice = await make_user()
    victim = await sold(site, alice)
    before = await fingerprint(alice, victim.purchase_id)
    forged = await quietly_bought(site, await make_user(name="Charlie"))
    payment = payment_of(site.till, forged)
    site.till.sandbox.tamper("payment_intent", payment, metadata={"purchase_id": victim.purchase_id})
    site.till.sandbox.fault("delivery", "drop", match="*", times=99)
    made = refund(site.till, forged)
    event = event_about("refund.created", {"id": made, "payment_intent": payment})
    assert (await site.send(event)).status_code == 200
    kept = await stored(event["id"])
    assert (kept["state"], kept["error"], kept["purchase_id"]) == (
        "quarantined",
        "another payment",
        victim.purchase_id,
    )
    assert await fingerprint(alice, victim.purchase_id) == before
