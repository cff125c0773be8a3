"""From the prompt at the gate through the payment into the first paid step."""

import asyncio

import pytest

from app.checkout.fulfilment import Source, fulfil
from app.database import row, rows
from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP
from tests.checkout.till import Till
from tests.factories import give, make_user
from tests.web.reading import by_id, hidden, parsed, words
from tests.workshops.site import Site
from tests.workshops.stories import at_step, stored

FIELDS = ("csrf_token", "form_key", "pack", "workshop_id", "return_to")


async def webhook(till: Till, session_id: str) -> None:
    """What the webhook does once its signature is verified."""
    shop = till.shop
    await fulfil(
        session_id, source=Source("webhook"), gateway=shop.gateway, rules=shop.rules, now=shop.clock()
    )


@pytest.mark.parametrize("order", ["page first", "webhook first", "both at once"])
async def test_paying_at_the_gate_ends_in_the_first_paid_step(site: Site, order: str) -> None:
    """PAYW-04: rows +1 and −1, the last free step done, the first paid one current and its content there."""
    user = await make_user()
    alice = await site.browser(user)
    workshop = await at_step(user, LAST_FREE_STEP.slug)
    prompt = await alice.post(
        f"/workshops/{workshop}/steps/{LAST_FREE_STEP.slug}", {"notes": "It hurts here", "continue": "1"}
    )
    form = next(iter(by_id(parsed(prompt.text), "workshops-offer").iter("form")))
    to_payment = await alice.post("/checkout", {name: hidden(form, name) for name in FIELDS})
    assert to_payment.status_code == 303
    session_id = to_payment.headers["location"].rpartition("/")[2]
    paid = await site.till.sandbox.pay(session_id)
    back = paid.headers["location"].removeprefix("http://testserver")

    if order == "webhook first":
        await webhook(site.till, session_id)
    if order == "both at once":
        _, returned = await asyncio.gather(webhook(site.till, session_id), alice.get(back))
    else:
        returned = await alice.get(back)

    assert returned.status_code == 303
    step = returned
    while step.status_code == 303:
        step = await alice.get(step.headers["location"])
    assert str(step.url).endswith(f"/workshops/{workshop}/steps/{FIRST_PAID_SLUG}")
    assert "Turn the sharpest pain into one question" in words(parsed(step.text))
    after = await stored(workshop)
    assert (after.current_step, after.notes[LAST_FREE_STEP.slug]) == (FIRST_PAID_SLUG, "It hurts here")
    assert after.statuses[LAST_FREE_STEP.slug] == "completed"
    assert after.statuses[FIRST_PAID_SLUG] == "in_progress"
    movements = await rows(
        "SELECT type, amount FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY seq", user
    )
    assert [tuple(each) for each in movements] == [("purchase", 1), ("consumption", -1)]


async def test_a_workshop_opened_while_paying_keeps_the_bought_credit(site: Site) -> None:
    """WORK-04: opened while paying: credit kept, told so."""
    user = await make_user()
    alice = await site.browser(user)
    workshop = await at_step(user, "persona")
    offer = by_id(
        parsed((await alice.get(f"/workshops/{workshop}/steps/{FIRST_PAID_SLUG}")).text), "workshops-offer"
    )
    form = next(iter(offer.iter("form")))
    to_payment = await alice.post("/checkout", {name: hidden(form, name) for name in FIELDS})
    await give(user, 1)
    assert (await alice.post(f"/workshops/{workshop}/unlock")).status_code == 303
    paid = await site.till.sandbox.pay(to_payment.headers["location"].rpartition("/")[2])
    back = await alice.get(paid.headers["location"].removeprefix("http://testserver"))
    assert "already unlocked, so no credit was used" in words(parsed(back.text))
    found = await row("SELECT credit_balance FROM users WHERE clerk_user_id = $1", user)
    assert found is not None
    assert found["credit_balance"] == 1
