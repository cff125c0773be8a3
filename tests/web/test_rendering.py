"""Page or fragment, and how an act leads to the next page."""

import httpx
import pytest
from litestar import Litestar

from app.web.csrf import csrf_token
from app.web.rendering import wants_fragment
from tests.web.reading import by_id, fragment, parsed, words
from tests.web.small_site import OPTIONS, client_of

HTMX = {"hx-request": "true", "hx-request-type": "partial"}
WHOLE = [
    {},
    {"hx-request": "1"},
    HTMX | {"hx-boosted": "true"},
    HTMX | {"hx-history-restore-request": "true"},
    {"hx-request": "true", "hx-request-type": "full"},
]
TOKEN = {"csrf_token": csrf_token("session of alice", OPTIONS.secret)}


@pytest.mark.parametrize("headers", WHOLE, ids=str)
async def test_whoever_needs_a_page_gets_one(alice: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """H10: boosted and history-restoring requests carry htmx's header too."""
    assert not wants_fragment(headers)
    tree = parsed((await alice.get("/told", headers=headers)).text)
    assert words(by_id(tree, "main")).startswith("A sentence")


async def test_htmx_gets_the_fragment_the_balance_and_the_sentence(alice: httpx.AsyncClient) -> None:
    """UI-05: a fragment renews the badge, and the live region says what changed."""
    answer = await alice.get("/told", headers=HTMX)
    notice, balance, live = fragment(answer.text)
    assert [each.get("id") for each in (notice, balance, live)] == ["errors-notice", "balance", "live"]
    assert (balance.get("data-hx-swap-oob"), words(balance)) == ("true", "Your balance: 3 credits")
    assert (live.get("data-hx-swap-oob"), words(live)) == ("innerHTML", "2 rows")


async def test_the_balance_that_a_handler_changed_is_the_one_that_is_shown(alice: httpx.AsyncClient) -> None:
    """UI-05"""
    balance = fragment((await alice.get("/balance-changed", headers=HTMX)).text)[1]
    assert (words(balance), balance.get("data-seq")) == ("Your balance: 2 credits", "8")
    page = parsed((await alice.get("/balance-changed")).text)
    assert words(by_id(page, "balance")) == "Your balance: 2 credits"


async def test_signed_out_fragments_carry_no_balance(nobody: httpx.AsyncClient) -> None:
    roots = fragment((await nobody.get("/told", headers=HTMX)).text)
    assert [root.get("id") for root in roots] == ["errors-notice", "live"]


async def test_the_badge_names_debt_and_what_is_pending(site: Litestar) -> None:
    """UI-05"""
    async with client_of(site, who="bob") as bob:
        badge = by_id(parsed((await bob.get("/help")).text), "balance")
    assert words(badge) == "Your balance: 1 credit owed +3 pending"
    assert badge.get("href") == "/pricing"


async def test_an_act_leads_on_with_a_sentence_that_is_shown_once(alice: httpx.AsyncClient) -> None:
    answer = await alice.post("/act", data=TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/help")
    first = by_id(parsed((await alice.get("/help")).text), "flash")
    assert words(first) == "1 credit used <b> See it"
    assert first[0].get("tabindex") == "-1" and "autofocus" in first[0].attrib
    assert not words(by_id(parsed((await alice.get("/help")).text), "flash"))


async def test_the_flash_is_the_first_thing_in_main(alice: httpx.AsyncClient) -> None:
    assert by_id(parsed((await alice.get("/help")).text), "main")[0].get("id") == "flash"


async def test_htmx_is_sent_on_by_a_header_since_it_must_not_follow(alice: httpx.AsyncClient) -> None:
    """H14"""
    answer = await alice.post("/pay", data=TOKEN, headers=HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (
        200,
        "https://checkout.stripe.com/c/pay/cs_1",
    )
    assert "location" not in answer.headers


async def test_a_plain_form_is_sent_to_the_payment_page(alice: httpx.AsyncClient) -> None:
    """UI-14"""
    answer = await alice.post("/pay", data=TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://checkout.stripe.com/c/pay/cs_1")


@pytest.mark.parametrize("value", ["", "x", "eyJ9.deadbeef", "e30.\u00e9", "....", "%00.%00"])
async def test_a_forged_flash_is_not_shown(site: Litestar, value: str) -> None:
    async with client_of(site) as client:
        answer = await client.get("/help", headers=[(b"cookie", f"flash={value}".encode())])
    assert answer.status_code == 200
    assert not words(by_id(parsed(answer.text), "flash"))


async def test_nobody_who_is_signed_out_sees_what_needs_a_session(nobody: httpx.AsyncClient) -> None:
    header = words(by_id(parsed((await nobody.get("/help")).text), "site-header"))
    assert header == "Workshop Credits Pricing Help Sign in"


async def test_the_header_holds_every_way(alice: httpx.AsyncClient) -> None:
    header = by_id(parsed((await alice.get("/help")).text), "site-header")
    ways = [link.get("href") for link in header.iter("a")]
    assert ways[:6] == ["/", "/dashboard", "/transactions", "/pricing", "/help", "/pricing"]
    assert "/account" in ways and [form.get("action") for form in header.iter("form")] == ["/sign-out"]
