"""The page people come back to from paying: each state of a payment in words of its own."""

import re
from xml.etree.ElementTree import Element

import pytest

from app.checkout.view import POLL_SECONDS
from app.database import row
from tests.checkout.pages.site import (
    FRAGMENT,
    Browser,
    Seen,
    Site,
    purchase_of_session,
    return_path,
    return_to_of,
)
from tests.factories import make_user, make_workshop, owe
from tests.web.reading import by_id, fragment, words

SINGLE, TRIPLE = "single-flight", "serial-entrepreneur"


async def movements_of(user_id: str) -> list[int]:
    found = await row(
        "SELECT array_agg(amount ORDER BY seq) AS amounts FROM credit_transactions"
        " WHERE clerk_user_id = $1 AND seq IS NOT NULL",
        user_id,
    )
    return list(found["amounts"] or []) if found else []


async def test_granted_says_what_was_added_and_the_badge_has_it_already(site: Site) -> None:
    """BILL-03, BILL-09, CRED-01."""
    user_id = await make_user(balance_credits=1)
    browser = await site.browser_of(user_id)
    session_id = await browser.buy(TRIPLE, "/pricing?return_to=/transactions")
    await site.sandbox.pay(session_id)
    seen = await browser.get(return_path(session_id))
    assert (seen.status, seen.heading) == (200, "3 credits added. You have 4.")
    assert "4 credits" in seen.badge
    assert seen.links()["Go back to the transactions"] == "/transactions"
    purchase = await purchase_of_session(session_id)
    assert seen.links()["Receipt"] == f"/purchases/{purchase['id']}"
    assert seen.links()["See this transaction"].startswith("/transactions/ctx_")
    assert "This payment was added on" not in seen.text


async def test_already_shows_the_same_card_and_when_it_was_added(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """BILL-03, BILL-04, BILL-09."""
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id)
    await site.webhook(session_id)
    for _ in range(3):
        seen = await alice.get(return_path(session_id))
        assert seen.heading == "1 credit added. You have 1."
        assert "This payment was added on" in seen.text
        assert "1 credit" in seen.badge
    assert await movements_of(alice_id) == [1]


async def test_once_granted_the_page_needs_stripe_no_more(site: Site, alice: Browser) -> None:
    """H07."""
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id)
    await alice.get(return_path(session_id))
    site.sandbox.fault("api", "503", times=1000)
    seen = await alice.get(return_path(session_id))
    assert seen.heading == "1 credit added. You have 1."
    assert site.sandbox.state.faults.active[0].times == 1000


async def test_a_purchase_that_only_settles_a_debt_says_what_is_still_owed(site: Site) -> None:
    """REFD-03."""
    user_id = await make_user(balance_credits=-2)
    browser = await site.browser_of(user_id)
    session_id = await browser.buy(SINGLE)
    await site.sandbox.pay(session_id)
    seen = await browser.get(return_path(session_id))
    assert seen.heading == "1 credit added. You owe 1 credit."


async def test_an_open_checkout_is_processing_and_offers_the_payment_page(site: Site, alice: Browser) -> None:
    """BILL-09."""
    session_id = await alice.buy(SINGLE)
    seen = await alice.get(return_path(session_id))
    assert (seen.status, seen.heading) == (200, "We are looking for your payment")
    assert "Not paid yet?" in seen.text
    back = await alice.get(seen.links()["Go back to the payment page."])
    assert back.location == f"{site.sandbox.url}/c/pay/{session_id}"
    assert seen.links()["Check again"] == return_path(session_id)


async def test_a_bank_debit_is_settling_and_nothing_is_added(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """BILL-09, M10."""
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id, method="sepa_debit", outcome="stuck")
    seen = await alice.get(return_path(session_id))
    assert seen.heading == "Your payment is settling"
    assert "Not paid yet?" not in seen.text
    assert (await purchase_of_session(session_id))["id"] in seen.text
    assert "0 credits" in seen.badge
    assert "+1 pending" in seen.badge
    assert await movements_of(alice_id) == []


async def test_the_fragment_looks_again_slower_and_slower_and_stops_after_thirty_seconds(
    site: Site, alice: Browser
) -> None:
    """H15."""
    assert sum(POLL_SECONDS) == 30
    assert list(POLL_SECONDS) == sorted(POLL_SECONDS)
    session_id = await alice.buy(SINGLE)
    status = by_id((await alice.get(return_path(session_id))).html, "checkout-status")
    for seconds in POLL_SECONDS:
        assert status.get("data-hx-trigger") == f"load delay:{seconds}s"
        answer = await alice.get(str(status.get("data-hx-get")), FRAGMENT)
        status = part_of(answer)
    assert status.get("data-hx-trigger") is None
    assert "Still processing. It is safe to leave." in words(status)
    assert "Check again" in words(status)


async def test_without_scripts_the_page_reloads_itself_just_as_often(site: Site, alice: Browser) -> None:
    """PAYW-08."""
    session_id = await alice.buy(SINGLE)
    seen = await alice.get(return_path(session_id))
    reload = rf'<noscript>\s*<meta http-equiv="refresh"\s+content="2; url={re.escape(return_path(session_id))}&amp;try=1">'
    assert re.search(reload, seen.answer.text)
    last = await alice.get(f"{return_path(session_id)}&try={len(POLL_SECONDS)}")
    assert "http-equiv" not in last.answer.text
    assert "Still processing. It is safe to leave." in last.text


async def test_the_fragment_that_finds_the_credits_renews_the_badge_and_is_announced(
    site: Site, alice: Browser
) -> None:
    """CRED-01, UI-05, UI-15."""
    session_id = await alice.buy(TRIPLE)
    poll = by_id((await alice.get(return_path(session_id))).html, "checkout-status").get("data-hx-get")
    await site.sandbox.pay(session_id)
    answer = await alice.get(str(poll), FRAGMENT)
    status, badge, live = fragment(answer.answer.text)
    assert status.get("data-hx-trigger") is None
    assert "3 credits added. You have 3." in words(status)
    assert (badge.get("id"), badge.get("data-hx-swap-oob")) == ("balance", "true")
    assert "3 credits" in words(badge)
    assert (live.get("id"), words(live)) == ("live", "3 credits added.")


async def test_a_failed_debit_says_so_and_offers_the_same_again(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """BILL-09, M12."""
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id, method="sepa_debit", outcome="fail")
    site.sandbox.advance(10 * 86400)
    seen = await alice.get(return_path(session_id))
    assert (seen.status, seen.heading) == (200, "The payment did not go through. Nothing was charged.")
    again = await alice.press(seen, "/checkout", pack=SINGLE)
    assert again.location.startswith(site.sandbox.url)
    assert session_id not in again.location
    assert await movements_of(alice_id) == []


async def test_an_expired_checkout_has_words_of_its_own(site: Site, alice: Browser) -> None:
    """BILL-09, M14."""
    session_id = await alice.buy(SINGLE)
    await site.gateway.expire_checkout_session(session_id)
    seen = await alice.get(return_path(session_id))
    assert (seen.status, seen.heading) == (200, "This checkout has expired. Nothing was charged.")
    assert (await alice.press(seen, "/checkout", pack=SINGLE)).location.startswith(site.sandbox.url)


async def test_a_payment_of_another_amount_is_in_review(site: Site, alice: Browser, alice_id: str) -> None:
    """BILL-09, RECN-05, M26."""
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id)
    site.sandbox.tamper("checkout.session", session_id, amount_total=1)
    seen = await alice.get(return_path(session_id))
    assert seen.status == 200
    assert (
        "We received a payment that does not match this order. No credits were added, and we are looking at it."
        in seen.text
    )
    assert (await purchase_of_session(session_id))["id"] in seen.text
    assert "support@example.com" in seen.text
    assert await movements_of(alice_id) == []


async def test_while_stripe_is_silent_it_is_processing_and_claims_no_more(site: Site, alice: Browser) -> None:
    """BILL-09."""
    session_id = await alice.buy(SINGLE)
    site.sandbox.fault("api", "garbage", times=10)
    seen = await alice.get(return_path(session_id))
    assert (seen.status, seen.heading) == (200, "We are looking for your payment")


async def test_somebody_elses_and_an_invented_session_are_answered_with_the_same_bytes(
    site: Site, alice: Browser, bob: Browser
) -> None:
    """BILL-09, M32: and Stripe is not asked."""
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id)
    site.sandbox.fault("api", "503", times=1000)
    foreign, invented = await bob.get(return_path(session_id)), await bob.get(return_path("cs_invented"))
    assert (foreign.status, foreign.bare) == (404, invented.bare)
    assert (
        "We do not know this purchase in this account. If you paid with another e-mail, sign in with that one."
        in foreign.text
    )
    assert site.sandbox.state.faults.active[0].times == 1000
    assert "0 credits" in foreign.badge


@pytest.mark.parametrize("odd", ["%00", "%F0%9F%92%A9", "x" * 300, "..%2F..", "%20"])
async def test_what_can_be_no_session_is_the_same_404(site: Site, alice: Browser, odd: str) -> None:
    """BILL-09."""
    seen = await alice.get(f"/checkout/success?session_id={odd}")
    invented = await alice.get(return_path("cs_invented"))
    assert seen.bare == invented.bare


async def test_without_a_session_the_way_leads_to_the_dashboard(site: Site, alice: Browser) -> None:
    seen = await alice.get("/checkout/success")
    assert (seen.status, seen.location) == (303, "/dashboard")


async def test_signed_out_the_page_waits_behind_sign_in(site: Site, alice: Browser) -> None:
    session_id = await alice.buy(SINGLE)
    await site.sandbox.pay(session_id)
    seen = await site.stranger().get(return_path(session_id))
    assert seen.status == 303
    assert return_to_of(seen.location) == return_path(session_id)
    assert (await purchase_of_session(session_id))["status"] == "open"


@pytest.mark.parametrize("webhook_first", [True, False])
async def test_with_an_intent_the_way_leads_straight_into_the_open_workshop(
    site: Site, alice: Browser, alice_id: str, webhook_first: bool
) -> None:
    """PAYW-04, UI-15."""
    workshop = await make_workshop(user_id=alice_id, title="Launch", current_step="journey-mapping")
    session_id = await alice.buy(TRIPLE, f"/pricing?workshop={workshop}")
    await site.sandbox.pay(session_id)
    if webhook_first:
        await site.webhook(session_id)
    seen = await alice.get(return_path(session_id))
    assert (seen.status, seen.location) == (303, f"/workshops/{workshop}")
    step = await alice.get((await alice.get(seen.location)).location)
    assert step.status == 200
    assert "3 credits added. “Launch” is unlocked. 1 credit used — 2 remaining." in step.text
    assert step.heading.endswith("Reframe")
    assert await movements_of(alice_id) == [3, -1]


async def test_the_poll_leads_a_whole_page_into_the_workshop(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """PAYW-08."""
    workshop = await make_workshop(user_id=alice_id)
    session_id = await alice.buy(SINGLE, f"/pricing?workshop={workshop}")
    poll = by_id((await alice.get(return_path(session_id))).html, "checkout-status").get("data-hx-get")
    await site.sandbox.pay(session_id)
    seen = await alice.get(str(poll), FRAGMENT)
    assert (seen.status, seen.answer.headers["hx-redirect"]) == (200, f"/workshops/{workshop}")


async def test_a_workshop_opened_meanwhile_costs_nothing_and_the_page_says_so(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """5.10, WORK-04."""
    workshop = await make_workshop(user_id=alice_id)
    first, second = [await alice.buy(pack, f"/pricing?workshop={workshop}") for pack in (SINGLE, TRIPLE)]
    for session_id in (first, second):
        await site.sandbox.pay(session_id)
    await alice.get(return_path(second))
    seen = await alice.get(return_path(first))
    assert seen.heading == "1 credit added. The workshop was already unlocked, so no credit was used."
    assert "You have 3." in seen.text


async def test_a_workshop_deleted_meanwhile_costs_nothing_and_the_page_says_so(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """5.10."""
    workshop = await make_workshop(user_id=alice_id)
    session_id = await alice.buy(SINGLE, f"/pricing?workshop={workshop}")
    await site.sandbox.pay(session_id)
    await row("UPDATE workshops SET deleted_at = clock_timestamp() WHERE id = $1", workshop)
    seen = await alice.get(return_path(session_id))
    assert seen.heading == "1 credit added. The workshop was deleted meanwhile, so no credit was used."


async def test_a_debt_that_eats_the_credit_leaves_the_workshop_locked_and_the_page_says_so(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """5.10, REFD-03."""
    workshop = await make_workshop(user_id=alice_id)
    session_id = await alice.buy(SINGLE, f"/pricing?workshop={workshop}")
    await owe(alice_id, 1)
    await site.sandbox.pay(session_id)
    seen = await alice.get(return_path(session_id))
    assert seen.heading == "1 credit added. That does not cover the unlock, so no credit was used."
    assert "You have 0." in seen.text


def part_of(seen: Seen) -> Element:
    """The fragment itself, before what comes out of band."""
    return fragment(seen.answer.text)[0]
