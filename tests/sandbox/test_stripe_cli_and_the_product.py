"""Stripe's own command line beside the whole product: what it buys of ours counts, and nothing else does."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from app.database import rows
from tests.checkout.till import movements_of, purchase, session_id_of
from tests.factories import make_user
from tests.sandbox.stripe_cli import CommandLine, command_line
from tests.sandbox.test_stripe_cli import SCENES
from tests.webhooks.site import Site, events_about, open_site, stored

BOUGHT = ("purchase", "completed", 1)
TAKEN = ("refund", "completed", -1)
GIVEN = ("reversal", "completed", 1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(database_url: str, pool: None) -> AsyncIterator[Site]:
    async with open_site(database_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def cli(site: Site) -> AsyncIterator[CommandLine]:
    async with command_line(site.till.sandbox.url) as found:
        yield found


async def test_a_purchase_paid_and_given_back_from_the_command_line_is_booked(
    site: Site, cli: CommandLine
) -> None:
    """BILL-04, REFD-01."""
    alice, session_id = await _bought(site, cli)
    assert await movements_of(alice) == [BOUGHT]
    intent_id = site.till.sandbox.stored("checkout.session", session_id)["payment_intent"]
    refund = await cli.ask("refunds", "create", f"--payment-intent={intent_id}")
    await site.till.sandbox.quiet()
    assert refund["status"] == "succeeded"
    assert await movements_of(alice) == [BOUGHT, TAKEN]


async def test_an_event_that_is_sent_again_changes_nothing(site: Site, cli: CommandLine) -> None:
    alice, session_id = await _bought(site, cli)
    [event] = await events_about(session_id)
    [endpoint] = site.till.made("webhook_endpoint")
    await cli.ask("events", "resend", event["stripe_event_id"], "--webhook-endpoint", endpoint["id"])
    await site.till.sandbox.quiet()
    [delivery, again] = [
        found
        for found in site.till.sandbox.deliveries("checkout.session.completed")
        if found["event_id"] == event["stripe_event_id"]
    ]
    assert [found["attempts"][0]["status"] for found in (delivery, again)] == [200, 200]
    assert (await stored(event["stripe_event_id"]))["state"] == "done"
    assert await movements_of(alice) == [BOUGHT]


async def test_a_disputing_card_takes_the_credit_and_a_won_dispute_brings_it_back(
    site: Site, cli: CommandLine
) -> None:
    """REFD-02."""
    alice, session_id = await _bought(site, cli, "pm_card_createDispute")
    site.till.sandbox.advance(60)
    await site.till.sandbox.quiet()
    assert await movements_of(alice) == [BOUGHT, TAKEN]
    intent_id = site.till.sandbox.stored("checkout.session", session_id)["payment_intent"]
    [dispute] = [found for found in site.till.made("dispute") if found["payment_intent"] == intent_id]
    evidence = "evidence[uncategorized_text]=winning_evidence"
    assert (await cli.ask("post", f"/v1/disputes/{dispute['id']}", "-d", evidence))["status"] == "won"
    await site.till.sandbox.quiet()
    assert await movements_of(alice) == [BOUGHT, TAKEN, GIVEN]


@pytest.mark.parametrize("scene", SCENES)
async def test_what_a_stranger_buys_is_nothing_of_ours(site: Site, cli: CommandLine, scene: str) -> None:
    """M33: taken note of, and ignored."""
    earlier, booked = {event["id"] for event in site.till.made("event")}, await _booked()
    await _play(site, cli, scene)
    told = [event for event in site.till.made("event") if event["id"] not in earlier]
    assert sorted(event["type"] for event in told) == sorted(SCENES[scene])
    assert {await _state_of(event["id"]) for event in told} == {("ignored", None)}
    assert await _booked() == booked


@pytest.mark.parametrize(
    "scene",
    [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
    ],
)
@pytest.mark.parametrize("named", ["ours", "nobody's"])
async def test_a_session_with_forged_metadata_is_put_aside_and_credits_nobody(
    site: Site, cli: CommandLine, scene: str, named: str
) -> None:
    """M33: a session that is not ours names a purchase of ours, or one that never was."""
    alice = await make_user()
    started = await site.till.start(alice)
    forged = started.purchase_id if named == "ours" else "pur_that_never_was"
    booked = await _booked()
    await _play(site, cli, scene, "--add", f"checkout_session:metadata.purchase_id={forged}")
    session_id = site.till.made("checkout.session")[0]["id"]
    events = await events_about(session_id)
    assert {event["type"] for event in events} == {name for name in SCENES[scene] if "session" in name}
    assert {event["state"] for event in events} == {"quarantined"}
    assert await _booked() == booked
    assert (await purchase(started.purchase_id))["status"] == "open"


@pytest.mark.parametrize("scene", ["charge.refunded", "charge.dispute.created"])
async def test_a_payment_with_forged_metadata_takes_nothing_from_a_purchase(
    site: Site, cli: CommandLine, scene: str
) -> None:
    """M33: somebody else's refund or dispute names a purchase of ours that is paid."""
    alice, session_id = await _bought(site, cli)
    purchase_id = site.till.sandbox.stored("checkout.session", session_id)["metadata"]["purchase_id"]
    booked, earlier = await _booked(), {event["id"] for event in site.till.made("event")}
    await _play(site, cli, scene, "--add", f"payment_intent:metadata.purchase_id={purchase_id}")
    told = [event for event in site.till.made("event") if event["id"] not in earlier]
    about_money = [event["id"] for event in told if event["type"].startswith(("refund.", scene))]
    assert about_money
    assert {(await _state_of(event_id))[0] for event_id in about_money} == {"quarantined"}
    assert await _booked() == booked
    assert await movements_of(alice) == [BOUGHT]


async def _bought(
    site: Site, cli: CommandLine, payment_method: str = "pm_card_visa", price_cents: int = 7900
) -> tuple[str, str]:
    """Somebody new, and the session that was paid for them from the command line."""
    alice = await make_user()
    session_id = session_id_of(await site.till.start(alice))
    pays = ("-d", f"payment_method={payment_method}", "-d", f"expected_amount={price_cents}")
    await cli.ask("post", f"/v1/payment_pages/{session_id}/confirm", *pays)
    await site.till.sandbox.quiet()
    return alice, session_id


async def _play(site: Site, cli: CommandLine, scene: str, *more: str) -> None:
    """Let a scene happen to its end."""
    await cli.trigger(scene, *more)
    site.till.sandbox.advance(60)
    await site.till.sandbox.quiet()


async def _state_of(event_id: str) -> tuple[str, str | None]:
    event = await stored(event_id)
    return event["state"], event["purchase_id"]


async def _booked() -> int:
    """How many movements there are in all ledgers."""
    [found] = await rows("SELECT count(*) AS number FROM credit_transactions")
    return int(found["number"])
