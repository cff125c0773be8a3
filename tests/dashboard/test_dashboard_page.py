"""The dashboard as people see it: balance, workshops, payments, offers, latest rows, and what it costs to show."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from app.database import row, rows
from app.workshops.steps import FREE_STEPS, STEPS
from tests.checkout.till import Till
from tests.factories import make_purchase, make_user, make_workshop
from tests.transactions.counting import counted_queries
from tests.transactions.ledgers import NOW, buy, give, refund, use, write_varied_ledger
from tests.transactions.signed_in import Html, reading_app, signed_in, stranger

PATH = "/dashboard"


async def dashboard(client: httpx.AsyncClient, path: str = PATH) -> Html:
    answer = await client.get(path)
    assert answer.status_code == 200
    return Html(answer)


async def test_the_balance_stands_large_with_its_sentence_and_the_same_in_the_badge(
    client: httpx.AsyncClient, alice: str
) -> None:
    """CRED-01, 5.13"""
    await buy(alice, NOW - timedelta(days=9), credits=3, amount_cents=14900)
    await use(alice, NOW - timedelta(days=8))
    await buy(alice, NOW - timedelta(days=1), status="settling")
    page = await dashboard(client)
    assert page.one("p", class_="figure-number").text == "2 credits"
    said = [each.text for each in page.all("p", class_="figure-text")]
    assert said == ["You bought 3 credits and used 1. 2 left.", "1 credit is pending and not counted yet."]
    assert page.one("a", id="balance").text == "Your balance: 2 credits +1 pending"


async def test_each_number_of_the_sentence_leads_to_rows_that_add_up_to_it(
    client: httpx.AsyncClient, alice: str
) -> None:
    await write_varied_ledger(alice, seed=11, moves=40)
    sentence = (await dashboard(client)).all("p", class_="figure-text")[0]
    links = sentence.all("a")
    assert len(links) > 3
    for link in links:
        total = Html(await client.get(link["href"])).one("tfoot").all("td", class_="num")[0].text
        assert total.lstrip("+−") == link.text.split()[0]


async def test_a_debt_is_said_in_words_and_what_pays_it(client: httpx.AsyncClient, alice: str) -> None:
    """5.13"""
    bought = await buy(alice, NOW - timedelta(days=9))
    await use(alice, NOW - timedelta(days=8))
    await refund(alice, bought, NOW - timedelta(days=7))
    page = await dashboard(client)
    assert page.one("p", class_="figure-number").text == "1 credit owed"
    assert "You owe 1 credit, because a payment was returned after its credit was used." in page.text
    assert page.all("path", class_="chart-zero")
    [rows_of_it] = [each for each in page.all("a") if each.text == "See what happened"]
    assert page.one("a", href="#packs-title").text == "Go to the packs"
    assert "Refund" in Html(await client.get(rows_of_it["href"])).text


async def test_the_step_line_says_its_figures_in_a_table(client: httpx.AsyncClient, alice: str) -> None:
    await give(alice, NOW - timedelta(days=200))
    await give(alice, NOW - timedelta(days=20))
    chart = (await dashboard(client)).one("svg", role="img")
    assert chart.one("desc").text == "From 1 credit to 2 credits, in 1 step."
    figures = (await dashboard(client)).one("details").all("td")
    assert [each.text for each in figures] == ["1"] * 10 + ["2"] * 3


async def test_a_purchase_with_its_unlock_reaches_what_was_there_between(
    client: httpx.AsyncClient, alice: str
) -> None:
    await buy(alice, NOW - timedelta(minutes=9))
    await use(alice, NOW - timedelta(minutes=8))
    chart = (await dashboard(client)).one("svg", role="img")
    assert chart.one("desc").text == (
        "From 0 credits to 0 credits, in 2 steps. Highest 1 credit, lowest 0 credits."
    )
    assert "V0H" in str(chart.one("path", class_="chart-line")["d"])


async def test_a_line_that_would_be_flat_is_left_out(client: httpx.AsyncClient, alice: str) -> None:
    await give(alice, NOW - timedelta(days=200))
    page = await dashboard(client)
    assert not page.all("svg", role="img")
    [balance] = page.all("div", class_="figure")
    assert balance.one("a", href="/balance").text == "Balance explained"


async def test_workshops_say_step_and_state_and_lead_on(client: httpx.AsyncClient, alice: str) -> None:
    await give(alice, NOW - timedelta(days=9))
    _, unlocked = await use(alice, NOW - timedelta(days=8), title="Launch plan")
    free = await make_workshop(user_id=alice, title="Second", current_step="user-research")
    await make_workshop(user_id=alice, title="Gone", deleted=True)
    items = (await dashboard(client)).one("ul", id="workshops-list").all("li")
    assert [each.text for each in items] == [
        f"Second Step 3 of {len(STEPS)}, User research · Free part Continue Second",
        f"Launch plan Step 1 of {len(STEPS)}, Challenge · Unlocked Continue Launch plan",
    ]
    assert [each.all("a")[0]["href"] for each in items] == [f"/workshops/{free}", f"/workshops/{unlocked}"]


async def test_old_workshops_are_open_and_with_the_paywall_off_none_is_marked(alice: str, pool: None) -> None:
    """5.15"""
    await make_workshop(user_id=alice, title="Old", created_at=NOW - timedelta(days=9))
    grandfathering = reading_app(paywall_cutoff=NOW - timedelta(days=8))
    assert (
        "· Open"
        in (await dashboard(await signed_in(grandfathering, alice))).one("ul", id="workshops-list").text
    )
    switched_off = reading_app(paywall_enabled=False)
    assert (
        "·" not in (await dashboard(await signed_in(switched_off, alice))).one("ul", id="workshops-list").text
    )


async def test_workshops_are_paged(client: httpx.AsyncClient, alice: str) -> None:
    for number in range(20):
        await make_workshop(user_id=alice, title=f"W{number}", created_at=NOW - timedelta(days=number))
    seen: list[str] = []
    path = PATH
    while path:
        page = await dashboard(client, path)
        seen += [each.text for each in page.all("p", class_="rows-title")]
        path = next((each["href"] for each in page.all("a", rel="next")), "")
    assert seen == [f"W{number}" for number in range(20)]


async def test_a_payment_that_was_not_made_stands_beside_its_workshop_with_two_ways_on(
    client: httpx.AsyncClient, alice: str
) -> None:
    """5.4: until one is chosen the dashboard shows "Payment not started"."""
    workshop_id = await make_workshop(user_id=alice, title="Launch plan")
    await make_purchase(user_id=alice, status="started", unlock_workshop_id=workshop_id)
    page = await dashboard(client)
    card = page.one("ul", id="workshops-list").one("li")
    assert "Payment not started" in card.text
    again, start = card.all("form")
    assert (again["action"], start["action"]) == ("/checkout", f"/workshops/{workshop_id}/start")
    assert again.one("input", name="workshop_id")["value"] == workshop_id
    assert "Payments" not in [each.text for each in page.all("h2")]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("started", "The payment could not be started. Nothing was charged."),
        ("open", "The payment page is still open. Nothing was charged."),
        ("settling", "The money is on its way."),
        ("failed", "The payment did not go through. Nothing was charged."),
        ("refused", "We received a payment that does not match this order."),
    ],
)
async def test_payments_under_way_or_gone_wrong_are_told(
    client: httpx.AsyncClient, alice: str, status: str, words: str
) -> None:
    await make_purchase(user_id=alice, status=status)
    page = await dashboard(client)
    [section] = [each for each in page.all("section") if each["aria-labelledby"] == "payments-title"]
    assert words in section.text


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ("dispute_status = 'needs_response'", "Disputed", "Its credits are held until it is decided."),
        ("dispute_status = 'warning_needs_response'", "Paid", "The bank has asked about this payment."),
        ("refund_pending_cents = 7900", "Paid", "$79.00 is on its way back."),
    ],
)
async def test_a_payment_that_is_disputed_or_on_its_way_back_is_told(
    client: httpx.AsyncClient, alice: str, change: str, status: str, words: str
) -> None:
    """REFD-02, 5.14."""
    bought = await buy(alice, NOW - timedelta(days=9))
    await row(f"UPDATE purchases SET {change} WHERE id = $1", bought)
    item = (await dashboard(client)).one("ul", class_="rows")
    assert status in item.text
    assert words in item.text
    assert item.one("a", href=f"/purchases/{bought}").text == "See this payment"


@pytest.mark.parametrize(
    ("status", "change"),
    [
        *(("paid", f"dispute_status = '{over}'") for over in ("won", "lost", "prevented", "warning_closed")),
        ("paid", "amount_refunded_cents = amount_cents"),
        ("refused", "amount_refunded_cents = amount_cents"),
    ],
)
async def test_what_is_over_is_left_to_the_rows(
    client: httpx.AsyncClient, alice: str, status: str, change: str
) -> None:
    bought = await make_purchase(user_id=alice, status=status)
    await row(f"UPDATE purchases SET {change} WHERE id = $1", bought)
    assert "Payments" not in [each.text for each in (await dashboard(client)).all("h2")]


async def test_old_failures_expired_checkouts_and_paid_ones_are_not_told(
    client: httpx.AsyncClient, alice: str
) -> None:
    long_ago = NOW - timedelta(days=60)
    await buy(alice, long_ago, status="failed", closed_at=NOW - timedelta(days=31))
    await buy(
        alice, NOW - timedelta(days=5), status="failed", closed_at=NOW - timedelta(days=5), pack_name="Other"
    )
    await buy(alice, NOW - timedelta(days=4), pack_name="Other")
    await make_purchase(user_id=alice, status="expired")
    assert "Payments" not in [each.text for each in (await dashboard(client)).all("h2")]


async def test_a_first_visit_says_what_to_do_and_owes_nothing(app: Litestar) -> None:
    """UI-07: what is free, what a credit opens, and the balance."""
    charlie = await make_user(name="Charlie", onboarding_complete=False)
    page = await dashboard(await signed_in(app, charlie))
    assert "No workshop yet." in page.text
    assert "No transactions yet." in page.text
    assert f"Steps 1 to {len(FREE_STEPS)} are free" in page.one("section", id="onboarding-welcome").text
    assert not page.all("svg", role="img")


async def test_the_five_latest_rows_lead_to_the_history(client: httpx.AsyncClient, alice: str) -> None:
    for day in range(7):
        await give(alice, NOW - timedelta(days=day))
    page = await dashboard(client)
    table = page.one("div", class_="table-region").one("table")
    assert len(table.one("tbody").all("tr")) == 5
    assert page.all("a", href="/transactions")


@pytest.mark.parametrize("balance_credits", [-1, 0, 1, 25])
async def test_one_press_on_the_dashboard_reaches_the_payment_page(till: Till, balance_credits: int) -> None:
    """BILL-06: buy forms at any balance."""
    app = reading_app(stripe_api_base=till.sandbox.url, stripe_checkout_origins=(till.sandbox.url,))
    app.state.gateway = till.shop.gateway
    client = await signed_in(app, await make_user(balance_credits=balance_credits))
    forms = (await dashboard(client)).one("ul", id="checkout-packs").all("form")
    assert len(forms) == len(till.shop.catalog.packs)
    for form in forms:
        fields = {each["name"]: each["value"] for each in form.all("input")}
        answer = await client.post(form["action"], data=fields)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{till.sandbox.url}/c/pay/cs_")


async def test_the_dashboard_takes_a_fixed_number_of_queries(client: httpx.AsyncClient, alice: str) -> None:
    """SCHM-10"""
    async with counted_queries() as empty:
        await dashboard(client)
    await write_varied_ledger(alice, seed=12, moves=40)
    for _ in range(5):
        await make_purchase(user_id=alice, status="refused")
    async with counted_queries() as full:
        await dashboard(client)
    assert full.queries == empty.queries


async def test_all_of_the_page_is_of_one_moment(client: httpx.AsyncClient, alice: str) -> None:
    """M47: the badge, the figure and the newest row agree, even when the session was read before."""
    await give(alice, NOW, 4)
    page = await dashboard(client)
    [stored] = await rows("SELECT ledger_seq FROM users WHERE clerk_user_id = $1", alice)
    assert page.one("a", id="balance")["data-seq"] == str(stored["ledger_seq"])
    assert page.one("p", class_="figure-number").text == "4 credits"
    assert page.all("td")[-3].text == "4"


async def test_an_unreadable_place_in_the_list_shows_its_beginning(
    client: httpx.AsyncClient, alice: str
) -> None:
    await make_workshop(user_id=alice, title="Launch plan")
    assert "Launch plan" in (await dashboard(client, f"{PATH}?workshops=%00x")).text


async def test_signed_out_people_sign_in_first(app: Litestar) -> None:
    answer = await stranger(app).get(PATH)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?return_to=/dashboard")


async def test_a_title_with_markup_is_text(client: httpx.AsyncClient, alice: str) -> None:
    """W22"""
    await make_workshop(user_id=alice, title="<script>alert(1)</script>")
    await row("UPDATE users SET name = '<img src=x>' WHERE clerk_user_id = $1", alice)
    page = await dashboard(client)
    assert "<script>alert(1)</script>" in page.one("ul", id="workshops-list").text
    assert not page.all("img")
