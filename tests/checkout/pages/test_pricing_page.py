"""The price list: what it says to whom, and what its buttons carry."""

from pathlib import Path

from app.catalog.cards import pack_cards
from app.database import row
from app.settings import PACKS_FILE
from app.web.filters import credits, money
from app.workshops.steps import FIRST_PAID_SLUG, LAST_FREE_STEP
from tests.checkout.pages.site import (
    Browser,
    Site,
    purchase_of_session,
    purchases_of,
    return_path,
    return_to_of,
    running_site,
)
from tests.factories import make_user, make_workshop
from tests.web.reading import by_id, words


async def test_the_three_cards_say_what_the_catalogue_says(site: Site) -> None:
    """PRIC-01."""
    seen = await site.stranger().get("/pricing")
    items = [card for card in by_id(seen.html, "checkout-packs") if card.tag == "li"]
    assert len(items) == len(site.catalog.packs) + 1
    for card, item in zip(pack_cards(site.catalog), items, strict=False):
        said = words(item)
        assert card.name in said
        assert f"Buy {credits(card.credits)}, {money(card.amount_cents, card.currency)}" in said
        assert f"{money(card.per_credit_cents, card.currency)} per credit" in said
        saves = f"Saves {money(card.saving_cents, card.currency)} ({card.saving_percent} %)"
        assert (saves in said) == (card.saving_cents > 0)


async def test_the_terms_the_tax_and_the_refund_words_stand_at_the_price(site: Site) -> None:
    seen = await site.stranger().get("/pricing")
    assert "One-time payment. No subscription. Credits never expire." in seen.text
    assert "Prices are in USD. The price shown is the whole price: no tax or fee is added" in seen.text
    assert "Refunds: write to support@example.com." in seen.text
    assert len(list(seen.html.iter("details"))) >= 4


async def test_agency_is_a_mail_link_and_nothing_to_buy(site: Site) -> None:
    """PRIC-02."""
    seen = await site.stranger().get("/pricing")
    assert seen.links()["Write to sales"].startswith("mailto:sales@example.com")
    assert {form["pack"] for form in seen.forms("/checkout")} == {pack.slug for pack in site.catalog.packs}


async def test_strangers_land_on_the_price_list_and_signed_in_people_on_the_dashboard(
    site: Site, alice: Browser
) -> None:
    assert (await site.stranger().get("/")).heading == (await site.stranger().get("/pricing")).heading
    seen = await alice.get("/")
    assert (seen.status, seen.location) == (303, "/dashboard")


async def test_signed_out_buying_goes_through_sign_in_and_finds_the_pack_marked(site: Site) -> None:
    """PRIC-03: the choice is kept, and buying is pressed again."""
    stranger, pack = site.stranger(), site.catalog.largest
    listed = await stranger.get("/pricing?workshop=ws_1&return_to=/transactions")
    pressed = await stranger.press(listed, "/checkout", pack=pack.slug)
    assert pressed.status == 303
    assert pressed.location.startswith("/sign-in?")
    back = await (await site.browser_of(await make_user())).get(return_to_of(pressed.location))
    [marked] = [card for card in by_id(back.html, "checkout-packs") if "marked" in (card.get("class") or "")]
    assert pack.name in words(marked)
    assert {form["return_to"] for form in back.forms("/checkout")} == {"/transactions"}


async def test_the_workshop_one_came_from_is_named_and_carried_along(
    site: Site, alice: Browser, alice_id: str
) -> None:
    workshop = await make_workshop(user_id=alice_id, title="Launch <plan>")
    seen = await alice.get(f"/pricing?workshop={workshop}")
    assert "You came from Launch <plan>." in seen.text
    assert seen.links()["Go back to “Launch <plan>”"] == f"/workshops/{workshop}"
    assert {form["workshop_id"] for form in seen.forms("/checkout")} == {workshop}


async def test_somebody_elses_workshop_is_neither_named_nor_carried(
    site: Site, alice_id: str, bob: Browser
) -> None:
    """ACCT-02."""
    workshop = await make_workshop(user_id=alice_id, title="Alice's secret")
    seen = await bob.get(f"/pricing?workshop={workshop}")
    assert "secret" not in seen.answer.text
    assert all("workshop_id" not in form for form in seen.forms("/checkout"))


async def test_who_owes_credits_is_told_what_each_pack_would_leave(site: Site) -> None:
    """REFD-03, 5.13: a pack that only pays the debt is sold without the promise to unlock."""
    debtor = await make_user(balance_credits=-1)
    workshop = await make_workshop(user_id=debtor)
    seen = await (await site.browser_of(debtor)).get(f"/pricing?workshop={workshop}")
    assert "You owe 1 credit, because a payment was returned after its credit was used." in seen.text
    assert seen.links()["See what happened"] == "/transactions?type=refund&status=completed"
    assert "Goes to the 1 credit you owe; unlocks nothing" in seen.text
    assert "Pays the 1 credit you owe first; 2 credits remain" in seen.text
    unlocking = {form["pack"] for form in seen.forms("/checkout") if "workshop_id" in form}
    assert unlocking == {site.catalog.largest.slug}


async def test_a_pack_whose_price_vanished_meanwhile_is_not_sold(
    site: Site, alice_id: str, database_url: str, tmp_path: Path
) -> None:
    unknown = _cheaper_catalogue(tmp_path, amount_cents=2345)
    async with running_site(database_url, site.sandbox, catalog_file=unknown, without_prices=True) as other:
        browser = await other.browser_of(alice_id)
        [unpriced] = [pack.slug for pack in other.catalog.packs if pack.amount_cents == 2345]
        [first, *_] = (await browser.get("/pricing")).forms("/checkout")
        refused = await browser.send("/checkout", first | {"pack": unpriced})
    assert refused.status == 409
    assert "This pack cannot be bought right now. Nothing was charged." in refused.text
    assert await purchases_of(alice_id) == 0


async def test_a_way_back_that_leaves_the_site_is_not_carried(site: Site, alice: Browser) -> None:
    """ACCT-03."""
    for hostile in ("https://evil.example", "//evil.example", "/\\evil.example", "/%2F%2Fevil.example"):
        seen = await alice.client.get("/pricing", params={"return_to": hostile})
        assert "evil" not in seen.text


async def test_odd_ids_and_texts_in_the_address_do_no_harm(site: Site, alice: Browser) -> None:
    for odd in ("%00", "%FF", "x" * 2000, "%F0%9F%92%A9"):
        seen = await alice.get(f"/pricing?workshop={odd}&pack={odd}&return_to={odd}")
        assert seen.status == 200


async def test_a_pack_without_its_price_at_stripe_says_so_in_place_of_its_button(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    unknown = _cheaper_catalogue(tmp_path, amount_cents=1234)
    async with running_site(database_url, site.sandbox, catalog_file=unknown, without_prices=True) as other:
        seen = await other.stranger().get("/pricing")
        sold = {form["pack"] for form in seen.forms("/checkout")}
        assert sold == {pack.slug for pack in other.catalog.packs if pack.amount_cents != 1234}
        assert "This pack cannot be bought right now." in seen.text


async def test_while_stripe_is_silent_every_pack_is_offered(site: Site, database_url: str) -> None:
    site.sandbox.fault("api", "slow", match="GET /v1/prices*", times=20, seconds=3)
    async with running_site(database_url, site.sandbox, without_prices=True) as fresh:
        seen = await fresh.stranger().get("/pricing")
    assert len(seen.forms("/checkout")) == len(site.catalog.packs)


async def test_a_changed_catalogue_changes_every_surface(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    """PRIC-01: every page with a price, the payment page, the stored purchase and the receipt follow the file."""
    changed, price = _cheaper_catalogue(tmp_path, amount_cents=4321), "$43.21"
    async with running_site(database_url, site.sandbox, catalog_file=changed) as other:
        [pack] = [each for each in other.catalog.packs if each.amount_cents == 4321]
        buyer = await make_user()
        browser, here = await other.browser_of(buyer), LAST_FREE_STEP.slug
        steps = f"/workshops/{await make_workshop(user_id=buyer, current_step=here)}/steps"
        for path in ("/pricing", "/dashboard", "/workshops/new", f"{steps}/{FIRST_PAID_SLUG}"):
            assert price in (await browser.get(path)).text, path
        [form] = (await browser.get(f"{steps}/{here}")).forms(f"{steps}/{here}")
        prompt = await browser.send(f"{steps}/{here}", form | {"continue": "1"})
        assert (prompt.status, price in prompt.text) == (402, True)
        session_id = await browser.buy(pack.slug)
        assert other.sandbox.stored("checkout.session", session_id)["amount_total"] == 4321
        purchase = await purchase_of_session(session_id)
        assert (purchase["amount_cents"], purchase["credits"]) == (4321, pack.credits)
        await other.sandbox.pay(session_id)
        assert price in (await browser.get(return_path(session_id))).text
        assert price in (await browser.get(f"/purchases/{purchase['id']}")).text
        moved = await row("SELECT amount FROM credit_transactions WHERE purchase_id = $1", purchase["id"])
        assert moved is not None
        assert moved["amount"] == pack.credits


def _cheaper_catalogue(folder: Path, *, amount_cents: int) -> Path:
    """The catalogue with another price for its first pack."""
    lines, changed = PACKS_FILE.read_text().splitlines(), folder / "packs.toml"
    first = next(n for n, line in enumerate(lines) if line.startswith("amount_cents"))
    lines[first] = f"amount_cents = {amount_cents}"
    changed.write_text("\n".join(lines))
    return changed
