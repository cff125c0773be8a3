"""Where people come who left the payment page: nothing was charged, and everything they had is still there."""

import pytest

from app.checkout.standing import perhaps_paid
from app.checkout.view import return_href
from app.database import row
from app.errors import StandingRefused, StripeRefused
from app.web.problems import row_for
from tests.checkout.pages.site import Browser, Site, purchase_of_session, return_to_of
from tests.factories import make_user, make_workshop

SINGLE = "single-flight"


async def cancel_path(session_id: str) -> str:
    return f"/checkout/cancel?purchase={(await purchase_of_session(session_id))['id']}"


async def test_nothing_was_charged_and_the_way_leads_back_to_the_interrupted_workshop(
    site: Site, alice: Browser, alice_id: str
) -> None:
    """5.9, UI-16."""
    workshop = await make_workshop(user_id=alice_id, title="Launch")
    seen = await alice.get(await cancel_path(await alice.buy(SINGLE, f"/pricing?workshop={workshop}")))
    assert (seen.status, seen.heading) == (200, "Nothing was charged.")
    assert seen.links()["Go to “Launch”"] == f"/workshops/{workshop}"
    assert "Your balance: 0 credits." in seen.text


async def test_the_way_leads_back_to_the_new_workshop_with_its_title(site: Site, alice: Browser) -> None:
    """5.9: pack and title are kept."""
    session_id = await alice.buy(SINGLE, "/pricing?return_to=/workshops/new%3Ftitle%3DMy%2520plan")
    seen = await alice.get(await cancel_path(session_id))
    assert seen.links()["Go back to the new workshop"] == "/workshops/new?title=My%20plan"


async def test_without_another_way_back_the_price_list_has_the_pack_marked(
    site: Site, alice: Browser
) -> None:
    seen = await alice.get(await cancel_path(await alice.buy(SINGLE)))
    assert seen.links()["Go back to the pricing"] == f"/pricing?pack={SINGLE}"


async def test_the_open_checkout_can_be_taken_up_again(site: Site, alice: Browser) -> None:
    session_id = await alice.buy(SINGLE)
    seen = await alice.get(await cancel_path(session_id))
    again = await alice.get(seen.links()["Go back to the payment page"])
    assert (again.status, again.location) == (303, f"{site.sandbox.url}/c/pay/{session_id}")


async def test_the_open_checkout_can_be_given_up_once(site: Site, alice: Browser, alice_id: str) -> None:
    session_id = await alice.buy(SINGLE, "/pricing?return_to=/transactions")
    seen = await alice.get(await cancel_path(session_id))
    purchase = await purchase_of_session(session_id)
    for _ in range(2):
        given_up = await alice.press(seen, f"/purchases/{purchase['id']}/close")
        assert given_up.status == 303
    assert site.sandbox.stored("checkout.session", session_id)["status"] == "expired"
    assert (await purchase_of_session(session_id))["status"] == "expired"
    assert (await alice.buy(SINGLE)) != session_id


async def test_giving_up_has_one_name_wherever_it_is_offered(alice: Browser) -> None:
    left = await cancel_path(await alice.buy(SINGLE))
    for path in (left, "/dashboard"):
        assert "Give up this purchase" in (await alice.get(path)).text, path


async def test_giving_up_says_so_where_it_leads(site: Site, alice: Browser) -> None:
    session_id = await alice.buy(SINGLE, "/pricing?return_to=/transactions")
    seen = await alice.get(await cancel_path(session_id))
    purchase = await purchase_of_session(session_id)
    given_up = await alice.press(seen, f"/purchases/{purchase['id']}/close")
    assert given_up.location == "/transactions"
    told = await alice.get("/transactions")
    assert "You gave up buying Single Flight. Nothing was charged." in told.text


async def test_paid_after_all_both_pages_tell_the_truth(site: Site, alice: Browser, alice_id: str) -> None:
    """5.9: paid in another tab, before anybody told us."""
    session_id = await alice.buy(SINGLE)
    left = await alice.get(path := await cancel_path(session_id))
    await site.sandbox.pay(session_id)
    purchase = await purchase_of_session(session_id)
    assert (await alice.get(path)).location == return_href(session_id)
    given_up = await alice.press(left, f"/purchases/{purchase['id']}/close")
    assert given_up.location == return_href(session_id)
    assert (await alice.get(given_up.location)).heading == "1 credit added. You have 1."
    assert (await alice.get(path)).location == return_href(session_id)


async def test_an_old_cancel_link_tells_that_the_checkout_has_expired(site: Site, alice: Browser) -> None:
    session_id = await alice.buy(SINGLE)
    path = await cancel_path(session_id)
    await site.gateway.expire_checkout_session(session_id)
    seen = await alice.get((await alice.get(path)).location)
    assert seen.heading == "This checkout has expired. Nothing was charged."


async def test_while_stripe_is_silent_the_page_claims_no_more_than_it_knows(
    site: Site, alice: Browser
) -> None:
    path = await cancel_path(await alice.buy(SINGLE))
    site.sandbox.fault("api", "garbage", times=10)
    seen = await alice.get(path)
    assert (seen.status, seen.heading) == (200, "No payment has reached us")


async def test_without_stripes_word_nobody_is_told_that_nothing_was_charged(
    site: Site, alice: Browser
) -> None:
    """5.9: it may have been paid in another tab; so say the way back to the payment page and giving up."""
    session_id = await alice.buy(SINGLE)
    left = await alice.get(await cancel_path(session_id))
    purchase = await purchase_of_session(session_id)
    await site.sandbox.pay(session_id)
    site.sandbox.fault("api", "garbage", match="*/v1/checkout/sessions/*", times=20)
    for seen in (
        await alice.get(f"/purchases/{purchase['id']}/payment"),
        await alice.press(left, f"/purchases/{purchase['id']}/close"),
    ):
        assert seen.status == 503
        assert "we cannot see whether this purchase was paid" in seen.text
        assert "charged" not in seen.text
    assert (await purchase_of_session(session_id))["status"] == "open"


def test_a_refusal_of_stripes_says_no_more_than_its_silence() -> None:
    with pytest.raises(StandingRefused) as caught, perhaps_paid():
        raise StripeRefused(code="permission", param=None, status=403)
    problem = row_for(caught.value)
    assert (problem.status, problem.is_logged) == (502, True)
    assert "we cannot see whether this purchase was paid" in problem.words(caught.value)


async def test_without_a_purchase_there_is_a_way_on(site: Site, alice: Browser) -> None:
    seen = await alice.get("/checkout/cancel")
    assert (seen.status, seen.heading) == (200, "Nothing was charged.")
    assert seen.links()["Go to the dashboard"] == "/dashboard"


async def test_somebody_elses_purchase_is_as_unknown_as_an_invented_one(
    site: Site, alice: Browser, bob: Browser
) -> None:
    """ACCT-02."""
    purchase = await purchase_of_session(await alice.buy(SINGLE))
    for path in ("/checkout/cancel?purchase={}", "/purchases/{}", "/purchases/{}/payment"):
        foreign, invented = [await bob.get(path.format(each)) for each in (purchase["id"], "pur_invented")]
        assert (foreign.status, foreign.bare) == (404, invented.bare)
    for odd in ("%00", "%F0%9F%92%A9", "x" * 3000):
        assert (await bob.get(f"/checkout/cancel?purchase={odd}")).status == 404
        assert (await bob.get(f"/purchases/{odd}")).status == 404


async def test_nobody_elses_purchase_can_be_given_up(site: Site, alice: Browser, bob: Browser) -> None:
    """ACCT-02."""
    session_id = await alice.buy(SINGLE)
    purchase = await purchase_of_session(session_id)
    [own, *_] = (await bob.get("/pricing")).forms("/checkout")
    token = own["csrf_token"]
    foreign, invented = [
        await bob.send(f"/purchases/{each}/close", {"csrf_token": token})
        for each in (purchase["id"], "pur_no")
    ]
    assert (foreign.status, foreign.bare) == (404, invented.bare)
    assert (await purchase_of_session(session_id))["status"] == "open"


async def test_a_stored_way_back_is_checked_again_before_it_is_used(site: Site, alice: Browser) -> None:
    """ACCT-03, W18."""
    session_id = await alice.buy(SINGLE)
    await row("UPDATE purchases SET return_path = '//evil.example/' WHERE stripe_session_id = $1", session_id)
    seen = await alice.get(await cancel_path(session_id))
    assert "evil" not in seen.answer.text


async def test_signed_out_every_page_of_a_purchase_waits_behind_sign_in(site: Site) -> None:
    """ACCT-02."""
    await make_user()
    for path in ("/checkout/cancel?purchase=pur_1", "/purchases/pur_1", "/purchases/pur_1/stripe-receipt"):
        seen = await site.stranger().get(path)
        assert seen.status == 303
        assert return_to_of(seen.location) == path
