"""The badge of a page that was left open: renewed in one small answer when it shows an older balance, else in none."""

import pytest

from tests.factories import give, make_user
from tests.transactions.signed_in import HTMX, Html, reading_app, signed_in, stranger

pytestmark = pytest.mark.usefixtures("pool")


async def test_an_older_badge_is_renewed_announced_and_told_on() -> None:
    """UI-05, CRED-01"""
    app, alice = reading_app(), await make_user(balance_credits=1)
    client = await signed_in(app, alice)
    asks = Html(await client.get("/account")).one("a", id="balance")["data-hx-get"]
    assert (await client.get(asks, headers=HTMX)).status_code == 204
    await give(alice, 2)
    answer = await client.get(asks, headers=HTMX)
    page = Html(answer)
    badge = page.one("a", id="balance")
    assert (badge.text, badge["data-hx-swap-oob"]) == ("Your balance: 3 credits", "true")
    assert page.one("div", id="live").text == "Your balance is now 3 credits."
    assert "moved" in answer.headers["hx-trigger"]
    assert len(answer.content) < 1000
    assert (await client.get(badge["data-hx-get"], headers=HTMX)).status_code == 204


async def test_signed_out_nothing_is_said_and_nobody_is_sent_away() -> None:
    """UI-25: what is typed on the page stays there."""
    answer = await stranger(reading_app()).get("/badge?shown=1.0", headers=HTMX)
    assert (answer.status_code, answer.text, "hx-redirect" in answer.headers) == (204, "", False)


async def test_a_list_that_was_left_open_asks_for_itself_as_it_is() -> None:
    """UI-17: with everything in its address, and no more of it than its part."""
    client = await signed_in(reading_app(), await make_user(balance_credits=1))
    main = Html(await client.get("/dashboard?workshops=x")).one("main", id="main")
    assert (main["data-hx-get"], main["data-hx-select"]) == ("/dashboard?workshops=x", "#main")
    hostile = Html(await client.get('/dashboard?workshops="><script>')).one("main", id="main")
    assert hostile["data-hx-get"].startswith("/dashboard?workshops=") or not hostile["data-hx-get"]
