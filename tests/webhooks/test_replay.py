"""What a person can do with a kept event: look at it, have it carried out again, dismiss it. RECN-04."""

from typing import Any, get_args

import pytest

from app.checkout.start import Started
from app.cli.event_commands import EVENT_STATES
from app.clock import utc_now
from app.database import row
from app.errors import NotFound, StripeUnavailable
from app.webhooks.handlers import Means
from app.webhooks.inbox import State
from app.webhooks.kept import dismiss, kept_event, newest_events, unsettled_events
from app.webhooks.replay import replay
from tests.checkout.till import movements_of, purchase, session_id_of
from tests.factories import make_user
from tests.webhooks.site import Site, event_of, stored
from tests.webhooks.test_events import ONE, fresh_id, quietly_bought


def means(site: Site) -> Means:
    return Means(site.till.shop.gateway, site.till.shop.rules, utc_now())


async def left_lying(event_id: str) -> None:
    """As if nobody had worked on it for an hour."""
    await row(
        "UPDATE stripe_events SET received_at = received_at - interval '1 hour' WHERE stripe_event_id = $1",
        event_id,
    )


async def is_named(event_id: str) -> bool:
    return event_id in [kept.event_id for kept in await unsettled_events()]


async def unsettled(site: Site, user_id: str) -> tuple[str, str]:
    """A paid purchase whose event was taken in while Stripe was silent: the event's id and the purchase's."""
    started = await quietly_bought(site, user_id)
    event = event_of(session_id_of(started), event_id=fresh_id())
    site.till.sandbox.fault("api", "503", match="GET /v1/checkout/sessions/*", times=3)
    assert (await site.send(event)).status_code == 503
    site.till.sandbox.state.faults.clear()
    return event["id"], started.purchase_id


async def quarantined(site: Site, user_id: str) -> tuple[Started, dict[str, Any]]:
    """A purchase whose payment is of another sum than was asked for, and the event that told of it."""
    started = await quietly_bought(site, user_id)
    site.till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=1)
    event = event_of(session_id_of(started), event_id=fresh_id())
    await site.send(event)
    return started, event


async def test_an_event_that_was_left_lying_is_named_and_replayed_to_its_end(site: Site) -> None:
    """C18: the handler died; nothing was lost, and one replay credits once."""
    alice = await make_user()
    event_id, purchase_id = await unsettled(site, alice)
    assert not await is_named(event_id), "somebody may still work on it"
    await left_lying(event_id)
    assert await is_named(event_id)
    done = await replay(event_id, means(site))
    assert (done.state, done.attempts, done.purchase_id) == ("done", 2, purchase_id)
    assert await movements_of(alice) == ONE
    assert not await is_named(event_id)


async def test_a_replay_of_what_is_done_changes_nothing(site: Site) -> None:
    alice = await make_user()
    event_id, _ = await unsettled(site, alice)
    first = await replay(event_id, means(site))
    assert await replay(event_id, means(site)) == first
    assert await movements_of(alice) == ONE


async def test_a_replay_while_stripe_is_silent_leaves_the_event_to_be_replayed(site: Site) -> None:
    event_id, _ = await unsettled(site, await make_user())
    site.till.sandbox.fault("api", "503", match="GET /v1/checkout/sessions/*", times=3)
    with pytest.raises(StripeUnavailable):
        await replay(event_id, means(site))
    assert (await stored(event_id))["state"] == "received"


async def test_a_quarantined_event_is_judged_anew_from_the_bytes_that_were_signed(site: Site) -> None:
    """RECN-05: a replay is no way round the checks, and what was mended passes them."""
    alice = await make_user()
    started, event = await quarantined(site, alice)
    assert await is_named(event["id"])
    refused = await replay(event["id"], means(site))
    assert (refused.state, refused.error, await movements_of(alice)) == ("quarantined", "amount", [])
    site.till.sandbox.tamper("checkout.session", session_id_of(started), amount_total=7900)
    assert (await replay(event["id"], means(site))).state == "done"
    assert await movements_of(alice) == ONE


async def test_an_event_of_another_account_stays_ignored_however_often_it_is_replayed(site: Site) -> None:
    """M35: the account stands in the signed bytes, which are read again."""
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id(), account="acct_other")
    await site.send(event)
    assert (await replay(event["id"], means(site))).state == "ignored"
    assert await movements_of(alice) == []


async def test_an_ignored_event_is_carried_out_once_a_version_knows_its_kind(site: Site) -> None:
    alice = await make_user()
    started = await quietly_bought(site, alice)
    event = event_of(session_id_of(started), event_id=fresh_id())
    await site.send(event | {"type": "checkout.session.of_tomorrow"})
    assert (await stored(event["id"]))["state"] == "ignored"
    await row(
        "UPDATE stripe_events SET payload = convert_to(replace(convert_from(payload, 'UTF8'), 'of_tomorrow',"
        " 'completed'), 'UTF8') WHERE stripe_event_id = $1",
        event["id"],
    )
    assert (await replay(event["id"], means(site))).state == "done"
    assert await movements_of(alice) == ONE


async def test_a_person_dismisses_an_event_with_a_name_and_a_reason(site: Site) -> None:
    alice = await make_user()
    started, event = await quarantined(site, alice)
    dismissed = await dismiss(event["id"], who="bob", reason="refunded by hand")
    assert (dismissed.state, dismissed.error) == (
        "ignored",
        "dismissed by bob: refunded by hand (it was: amount)",
    )
    assert await dismiss(event["id"], who="carol", reason="again") == dismissed
    assert not await is_named(event["id"])
    assert (await site.send(event)).status_code == 200
    assert (await stored(event["id"]))["state"] == "ignored"
    assert (await purchase(started.purchase_id))["status"] == "refused"


async def test_what_is_done_cannot_be_dismissed(site: Site) -> None:
    event_id, _ = await unsettled(site, await make_user())
    done = await replay(event_id, means(site))
    assert await dismiss(event_id, who="bob", reason="no") == done


async def test_the_newest_events_come_first_and_by_state(site: Site) -> None:
    event_id, _ = await unsettled(site, await make_user())
    assert (await newest_events(None, limit=1))[0].event_id == event_id
    assert (await newest_events("received", limit=1))[0].event_id == event_id
    assert event_id not in [kept.event_id for kept in await newest_events("done", limit=50)]
    assert get_args(State) == EVENT_STATES


async def test_nobody_can_look_at_or_replay_what_was_never_taken_in(site: Site) -> None:
    for ask in (kept_event("evt_unknown"), replay("evt_unknown", means(site))):
        with pytest.raises(NotFound, match="evt_unknown"):
            await ask
