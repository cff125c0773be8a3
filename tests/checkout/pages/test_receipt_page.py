"""The lasting document of a purchase, in every state."""

import pytest

from app.database import row, tx
from app.ledger.payments import give_back, take_back
from app.ledger.posting import Actor
from app.web.filters import money
from tests.checkout.pages.site import Browser, Seen, Site, purchase_of_session, return_path
from tests.factories import make_purchase, make_user
from tests.web.reading import words

SINGLE, TRIPLE = "single-flight", "serial-entrepreneur"
STRIPE = Actor("stripe", "evt_test")
HELD = "A dispute is open on this payment. Its credits are held until it is decided."


async def bought(site: Site, browser: Browser, pack: str) -> str:
    """A paid purchase; its id."""
    session_id = await browser.buy(pack)
    await site.sandbox.pay(session_id)
    await browser.get(return_path(session_id))
    return str((await purchase_of_session(session_id))["id"])


async def test_a_paid_purchase_names_seller_buyer_lines_method_date_and_credits(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """BILL-07."""
    purchase_id, pack = await bought(site, alice, TRIPLE), site.catalog.pack(TRIPLE)
    assert pack is not None
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert (seen.status, seen.heading) == (200, "Receipt")
    price = money(pack.amount_cents, pack.currency)
    for said in (purchase_id, "Workshop Credits", "support@example.com", "Alice", f"{alice_id}@example.test"):
        assert said in seen.text
    for said in (pack.name, price, "Visa ending 4242", "Tax", "Total (USD)", "Paid", "UTC", "+3"):
        assert said in seen.text
    assert "noindex" in seen.answer.text
    assert stamp_of(seen) == "Paid"


async def test_stripe_is_given_the_buyers_e_mail(site: Site, alice: Browser, alice_id: str) -> None:
    """BILL-07."""
    purchase = await purchase_of_session(await alice.buy(SINGLE))
    customer = site.sandbox.stored("customer", purchase["stripe_customer_id"])
    assert customer["email"] == f"{alice_id}@example.test"


async def test_stripes_own_receipt_is_reached_by_a_fresh_link(site: Site, alice: Browser) -> None:
    """BILL-07."""
    purchase_id = await bought(site, alice, SINGLE)
    link = (await alice.get(f"/purchases/{purchase_id}")).links()["Stripe's receipt"]
    sent_on = await alice.get(link)
    assert sent_on.status == 303
    assert sent_on.location.startswith("http")


async def test_with_stripe_down_our_receipt_is_whole_and_says_so(site: Site, alice: Browser) -> None:
    """BILL-07."""
    purchase_id = await bought(site, alice, SINGLE)
    site.sandbox.fault("api", "garbage", times=10)
    seen = await alice.get(f"/purchases/{purchase_id}/stripe-receipt")
    assert seen.status == 200
    assert "Stripe's receipt cannot be fetched right now." in seen.text
    assert purchase_id in seen.text
    assert (await alice.get(f"/purchases/{purchase_id}")).status == 200


async def test_returned_money_and_credits_are_both_on_it(site: Site, alice: Browser, alice_id: str) -> None:
    """REFD-01."""
    purchase_id = await bought(site, alice, TRIPLE)
    async with tx():
        await take_back(
            alice_id,
            purchase_id,
            1,
            description="Refund of Serial Entrepreneur",
            actor=STRIPE,
            reason="refund",
        )
    await row("UPDATE purchases SET amount_refunded_cents = 5000 WHERE id = $1", purchase_id)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert stamp_of(seen) == "Partly refunded"
    assert "$50.00" in seen.text
    assert "Credits taken back−1" in seen.text
    await row("UPDATE purchases SET amount_refunded_cents = amount_cents WHERE id = $1", purchase_id)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert stamp_of(seen) == "Refunded"


async def test_credits_that_came_back_are_not_called_taken(site: Site, alice: Browser, alice_id: str) -> None:
    """REFD-02."""
    purchase_id = await bought(site, alice, SINGLE)
    async with tx():
        for move in (take_back, give_back):
            await move(alice_id, purchase_id, 1, description="Dispute", actor=STRIPE, reason="dispute")
    assert "taken back" not in (await alice.get(f"/purchases/{purchase_id}")).text


@pytest.mark.parametrize(
    ("dispute", "told"),
    [
        ("needs_response", ("Disputed", HELD)),
        ("never_heard_of", ("Disputed", HELD)),
        ("lost", ("Charged back", "the bank returned the money, and its credits stay taken back.")),
        ("won", ("Paid", "the payment stood, and its credits were given back.")),
        ("warning_needs_response", ("Paid", "No money moved, and its credits stay.")),
        ("warning_closed", ("Paid", "The bank had asked, opened 20 Mar 2026")),
    ],
)
async def test_a_dispute_is_told_as_it_stands(
    site: Site, alice: Browser, alice_id: str, dispute: str, told: tuple[str, str]
) -> None:
    """REFD-02."""
    stamp, sentence = told
    purchase_id = await make_purchase(user_id=alice_id, status="paid")
    sql = "UPDATE purchases SET dispute_status = $2, disputed_at = '2026-03-20 08:00Z' WHERE id = $1"
    await row(sql, purchase_id, dispute)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert stamp_of(seen) == stamp
    assert sentence in seen.text
    assert "opened 20 Mar 2026" in seen.text


async def test_a_refund_on_its_way_is_on_it(site: Site, alice: Browser, alice_id: str) -> None:
    """REFD-01."""
    purchase_id = await make_purchase(user_id=alice_id, status="paid")
    await row("UPDATE purchases SET refund_pending_cents = 5000 WHERE id = $1", purchase_id)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert stamp_of(seen) == "Paid"
    assert "On its way back $50.00" in seen.text
    assert "$50.00 is on its way back. Nothing is taken for it until it has arrived." in seen.text


async def test_a_payment_that_was_not_accepted_says_when_its_money_is_back(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """RECN-05: no credits came of it, so none are spoken of as taken."""
    purchase_id = await make_purchase(user_id=alice_id, status="refused")
    await row("UPDATE purchases SET amount_refunded_cents = amount_cents WHERE id = $1", purchase_id)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert "The whole price, $79.00, was returned." in seen.text
    assert "taken back" not in seen.text


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("started", ("Not paid", "Nothing was charged so far.")),
        ("open", ("Not paid", "Nothing was charged so far.")),
        ("settling", ("Settling", "The credits are added as soon as it is confirmed.")),
        ("failed", ("Failed", "The payment did not go through. Nothing was charged.")),
        ("expired", ("Expired", "This checkout has expired. Nothing was charged.")),
        ("refused", ("In review", "No credits were added, and we are looking at it.")),
    ],
)
async def test_what_was_not_paid_is_no_receipt_and_says_how_it_stands(
    site: Site, alice: Browser, alice_id: str, status: str, told: tuple[str, str]
) -> None:
    stamp, sentence = told
    purchase_id = await make_purchase(user_id=alice_id, status=status)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert seen.heading == "Purchase"
    assert stamp_of(seen) == stamp
    assert sentence in seen.text
    assert "Stripe's receipt" not in seen.text
    assert ("Go back to the payment page" in seen.links()) == (status in {"started", "open"})
    assert (
        await alice.get(f"/purchases/{purchase_id}/stripe-receipt")
    ).location == f"/purchases/{purchase_id}"


async def test_a_seeded_purchase_says_that_no_money_moved(site: Site, alice: Browser, alice_id: str) -> None:
    purchase_id = await make_purchase(user_id=alice_id, status="paid")
    await row("UPDATE purchases SET origin = 'seed' WHERE id = $1", purchase_id)
    seen = await alice.get(f"/purchases/{purchase_id}")
    assert "Demo purchase" in seen.text
    assert "Stripe's receipt" not in seen.text


async def test_only_the_buyer_sees_it(site: Site, alice: Browser, bob: Browser) -> None:
    """UI-22, ACCT-02."""
    purchase_id = await bought(site, alice, SINGLE)
    for path in ("/purchases/{}", "/purchases/{}/stripe-receipt"):
        foreign, invented = [await bob.get(path.format(each)) for each in (purchase_id, "pur_invented")]
        assert (foreign.status, foreign.bare) == (404, invented.bare)


async def test_names_are_text_and_nothing_else(site: Site) -> None:
    """W22."""
    user_id = await make_user(name="<script>alert(1)</script>")
    browser = await site.browser_of(user_id)
    purchase_id = await make_purchase(user_id=user_id, status="paid")
    seen = await browser.get(f"/purchases/{purchase_id}")
    assert "<script>alert(1)</script>" in seen.text


def stamp_of(seen: Seen) -> str:
    """The one word that is stamped on the paper."""
    return words(next(each for each in seen.html.iter("p") if "stamp" in (each.get("class") or "")))
