"""Pressing a buy button: on to the payment page, or a page that says why not."""

import pytest

from app.database import row
from app.web.filters import money
from tests.checkout.pages.site import (
    FRAGMENT,
    Browser,
    Site,
    purchase_of_session,
    purchases_of,
    return_path,
    session_id_of,
)
from tests.factories import make_user, make_workshop

SINGLE, TRIPLE = "single-flight", "serial-entrepreneur"


@pytest.mark.parametrize("slug", [SINGLE, TRIPLE])
async def test_price_list_purchase_and_payment_page_name_one_price(
    site: Site, alice: Browser, slug: str
) -> None:
    """BILL-01, BILL-02, PRIC-03."""
    pack = site.catalog.pack(slug)
    assert pack is not None
    session_id = await alice.buy(slug)
    purchase = await purchase_of_session(session_id)
    asked = site.sandbox.stored("checkout.session", session_id)
    assert (purchase["amount_cents"], purchase["currency"]) == (pack.amount_cents, pack.currency)
    assert (asked["amount_total"], asked["currency"]) == (pack.amount_cents, pack.currency)
    assert money(pack.amount_cents, pack.currency) in (await alice.get("/pricing")).text


@pytest.mark.parametrize("balance", [-1, 0, 1, 25])
async def test_at_any_balance_one_press_on_the_dashboard_reaches_the_payment_page(
    site: Site, balance: int
) -> None:
    """BILL-06."""
    browser = await site.browser_of(await make_user(balance_credits=balance))
    for slug in (SINGLE, TRIPLE):
        pressed = await browser.press(await browser.get("/dashboard"), "/checkout", pack=slug)
        assert pressed.status == 303
        assert pressed.location.startswith(site.sandbox.url)


@pytest.mark.parametrize("slug", ["agency", "invented", ""])
async def test_what_is_not_sold_is_refused_with_the_real_offers(
    site: Site, alice: Browser, alice_id: str, slug: str
) -> None:
    """BILL-08."""
    [first, *_] = (await alice.get("/pricing")).forms("/checkout")
    seen = await alice.send("/checkout", first | {"pack": slug})
    assert seen.status == 422
    assert "This pack cannot be bought here. Nothing was charged." in seen.text
    assert len(seen.forms("/checkout")) == len(site.catalog.packs)
    assert await purchases_of(alice_id) == 0


async def test_a_price_sent_by_the_browser_counts_for_nothing(site: Site, alice: Browser) -> None:
    """M29."""
    [first, *_] = (await alice.get("/pricing")).forms("/checkout")
    pressed = await alice.send("/checkout", first | {"amount_cents": "1", "credits": "1000", "quantity": "9"})
    bought = await purchase_of_session(session_id_of(pressed.location))
    pack = site.catalog.pack(first["pack"])
    assert pack is not None
    assert (bought["amount_cents"], bought["credits"]) == (pack.amount_cents, pack.credits)


async def test_somebody_elses_and_an_invented_workshop_are_the_same_404(
    site: Site, alice: Browser, alice_id: str, bob: Browser
) -> None:
    """WORK-04, ACCT-02."""
    workshop = await make_workshop(user_id=alice_id)
    deleted = await make_workshop(user_id=alice_id, deleted=True)
    [first, *_] = (await bob.get("/pricing")).forms("/checkout")
    answers = [
        await bob.send("/checkout", first | {"workshop_id": each}) for each in (workshop, "ws_invented")
    ]
    assert [each.status for each in answers] == [404, 404]
    assert answers[0].bare == answers[1].bare
    [first, *_] = (await alice.get("/pricing")).forms("/checkout")
    assert (await alice.send("/checkout", first | {"workshop_id": deleted})).status == 404
    assert await purchases_of(alice_id) == 0


async def test_an_open_workshop_is_not_sold_again_but_credits_are(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """WORK-04."""
    workshop = await make_workshop(user_id=alice_id, title="Open already")
    await alice.buy(SINGLE, f"/pricing?workshop={workshop}")
    session_id = await alice.buy(SINGLE, f"/pricing?workshop={workshop}")
    await site.sandbox.pay(session_id)
    await alice.get(return_path(session_id))
    before = await purchases_of(alice_id)
    refused = await alice.press(
        await alice.get(f"/pricing?workshop={workshop}"), "/checkout", pack=SINGLE, workshop_id=workshop
    )
    assert refused.status == 409
    assert "This workshop is already open. Nothing was charged." in refused.text
    assert await purchases_of(alice_id) == before
    bought = await alice.press(refused, "/checkout", pack=SINGLE)
    assert bought.status == 303
    assert (await purchase_of_session(session_id_of(bought.location)))["unlock_workshop_id"] is None


async def test_with_stripe_down_nothing_is_charged_and_trying_again_uses_the_same_purchase(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """5.7."""
    site.sandbox.fault("api", "garbage", match="POST /v1/checkout/sessions", times=10)
    listed = await alice.get("/pricing?return_to=/transactions")
    down = await alice.press(listed, "/checkout", pack=SINGLE)
    assert down.status == 503
    assert down.heading == "The payment could not be started. Nothing was charged."
    assert down.answer.headers["retry-after"]
    assert down.links()["Go back to the transactions"] == "/transactions"
    assert await purchases_of(alice_id) == 1
    site.sandbox.state.faults.clear()
    again = await alice.press(down, "/checkout", pack=SINGLE)
    assert again.status == 303
    assert again.location.startswith(site.sandbox.url)
    assert await purchases_of(alice_id) == 1


async def test_a_purchase_that_never_got_its_page_leads_to_its_button(
    site: Site, alice: Browser, alice_id: str
) -> None:
    site.sandbox.fault("api", "garbage", match="POST /v1/checkout/sessions", times=10)
    await alice.press(await alice.get("/pricing"), "/checkout", pack=TRIPLE)
    site.sandbox.state.faults.clear()
    found = await row("SELECT id FROM purchases WHERE clerk_user_id = $1", alice_id)
    assert found is not None
    seen = await alice.get(f"/purchases/{found['id']}")
    assert "Not paid" in seen.text
    listed = await alice.get((await alice.get(seen.links()["Go back to the payment page"])).location)
    assert (await alice.press(listed, "/checkout", pack=TRIPLE)).status == 303
    assert await purchases_of(alice_id) == 1


async def test_two_presses_and_two_tabs_lead_to_one_payment_page(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """BILL-10, H05."""
    listed, other_tab = await alice.get("/pricing"), await alice.get("/pricing")
    pages = [await alice.press(each, "/checkout", pack=SINGLE) for each in (listed, listed, other_tab)]
    assert len({each.location for each in pages}) == 1
    assert await purchases_of(alice_id) == 1


async def test_pressing_a_paid_form_again_leads_to_its_return_page(site: Site, alice: Browser) -> None:
    """H06: Back after paying, then the same button."""
    listed = await alice.get("/pricing")
    session_id = session_id_of((await alice.press(listed, "/checkout", pack=SINGLE)).location)
    await site.sandbox.pay(session_id)
    await alice.get(return_path(session_id))
    again = await alice.press(listed, "/checkout", pack=SINGLE)
    assert (again.status, again.location) == (303, return_path(session_id))


async def test_one_list_sells_both_packs_one_after_the_other(site: Site, alice: Browser) -> None:
    """M40: each button has a key of its own."""
    listed = await alice.get("/pricing")
    for slug in (SINGLE, TRIPLE):
        assert (await alice.press(listed, "/checkout", pack=slug)).status == 303


async def test_htmx_is_sent_on_by_a_header_since_it_cannot_follow_to_another_site(
    site: Site, alice: Browser
) -> None:
    """H14."""
    [first, *_] = (await alice.get("/pricing")).forms("/checkout")
    seen = await alice.send("/checkout", first, FRAGMENT)
    assert seen.status == 200
    assert seen.answer.headers["hx-redirect"].startswith(site.sandbox.url)


async def test_without_its_token_the_form_buys_nothing(site: Site, alice: Browser, alice_id: str) -> None:
    """ACCT-04."""
    [first, *_] = (await alice.get("/pricing")).forms("/checkout")
    seen = await alice.send("/checkout", first | {"csrf_token": "forged"})
    assert seen.status == 403
    assert await purchases_of(alice_id) == 0


async def test_a_form_key_out_of_bounds_does_no_harm(site: Site, alice: Browser) -> None:
    [first, *_] = (await alice.get("/pricing")).forms("/checkout")
    for key in ("k" * 5000, "", "schlüssel"):
        assert (await alice.send("/checkout", first | {"form_key": key})).status == 303
