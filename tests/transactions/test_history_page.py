"""The history page as people see it: rows, filters, pages, states, and its fragment."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar

from app.database import row
from app.transactions.cursor import after_counted
from app.transactions.history import PAGE_ROWS
from app.transactions.workshop_choices import MOST_CHOICES
from tests.factories import make_user
from tests.transactions.counting import counted_queries
from tests.transactions.ledgers import NOW, buy, give, refund, use, write_varied_ledger
from tests.transactions.signed_in import HTMX, Element, Html, signed_in, stranger

PATH = "/transactions"
OLDER = str(after_counted(5))


def body_rows(page: Html) -> list[Element]:
    """The rows of the table that are movements, not headings."""
    return [row for body in page.all("tbody") for row in body.all("tr") if "day" not in (row["class"] or "")]


def cells(row: Element) -> dict[str, str]:
    """The texts of a row by the label that a narrow screen shows."""
    return {cell["data-label"]: cell.text for cell in row.all("td")} | {"What": row.all("th")[-1].text}


async def test_a_row_says_date_kind_what_credits_balance_money_and_receipt(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-01, UI-19"""
    bought = await buy(
        alice, NOW - timedelta(days=3), credits=3, amount_cents=14900, pack_name="Serial Entrepreneur"
    )
    await use(alice, NOW - timedelta(days=2), title="Launch <plan>")
    page = Html(await client.get(PATH))
    used, purchase = map(cells, body_rows(page))
    assert used == {
        "Time": "12:00",
        "Kind": "Unlock",
        "What": "Unlock of Launch <plan>",
        "Credits": "−1",
        "Balance": "2",
        "Money": "",
        "Receipt": "",
    }
    assert (purchase["Credits"], purchase["Balance"], purchase["Money"]) == ("+3", "3", "$149.00")
    assert page.one("a", href=f"/purchases/{bought}").text.startswith("Receipt")
    assert "UTC" in page.one("thead").text
    assert [each.text for each in page.one("tfoot").all("td", class_="num")] == ["+2", "", "$149.00"]
    assert "+3 added, −1 used or taken back. Money: $149.00 paid." in page.text


async def test_rows_that_do_not_count_stand_above_without_a_balance(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-04"""
    await give(alice, NOW - timedelta(days=9))
    await buy(alice, NOW - timedelta(days=8), status="settling")
    await buy(alice, NOW - timedelta(days=7), status="failed")
    page = Html(await client.get(PATH))
    failed, settling, given = map(cells, body_rows(page))
    assert (failed["Balance"], settling["Balance"], given["Balance"]) == ("", "", "1")
    assert "Failed" in failed["What"]
    assert "Settling" in settling["What"]
    assert page.all("tbody")[0].all("tr")[0].text == "Not counted"
    assert page.one("tfoot").all("td", class_="num")[0].text == "+1"
    assert page.one("a", id="balance").text == "Your balance: 1 credit +1 pending"


async def test_an_empty_history_says_what_will_be_here(client: httpx.AsyncClient) -> None:
    """UI-21"""
    page = Html(await client.get(PATH))
    assert page.one("div", id="live").text == ""
    assert "No transactions yet. Everything you buy or use appears here, with its receipt." in page.text
    assert not page.all("table")


async def test_an_empty_result_has_words_of_its_own(client: httpx.AsyncClient, alice: str) -> None:
    """UI-21"""
    await give(alice, NOW)
    page = Html(await client.get(PATH, params={"q": "no such text"}))
    assert "Nothing matches these filters." in page.text
    assert "Clear filters" in page.text
    assert page.one("input", id="q")["value"] == "no such text"


async def test_filters_are_kept_in_the_form_and_said_in_words(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-02"""
    await give(alice, NOW - timedelta(days=9))
    _, workshop_id = await use(alice, NOW - timedelta(days=8), title="Launch plan")
    query = {
        "type": "consumption",
        "workshop": workshop_id,
        "from": "2026-01-01",
        "to": "2026-12-31",
        "q": "launch",
    }
    page = Html(await client.get(PATH, params=query))
    assert (
        "Only kind Unlock, workshop “Launch plan”, from 1 Jan 2026, to 31 Dec 2026, text “launch”."
        in page.text.replace(" ×(take away)", "")
    )
    assert page.one("option", selected="", value="consumption").text == "Unlock"
    assert page.one("option", selected="", value=workshop_id).text == "Launch plan"
    assert page.one("input", id="from")["value"] == "2026-01-01"
    assert len(body_rows(page)) == 1
    assert page.one("h2", id="rows-title").text == "1 row matches these filters"


async def test_each_filter_can_be_taken_away_alone(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-02, UI-17: a link each, and one for all."""
    await give(alice, NOW - timedelta(days=9))
    page = Html(await client.get(PATH, params={"type": "grant", "from": "2026-01-01", "q": "give"}))
    said = page.one("section", id="transactions-rows").all("p")[1]
    assert [each["href"] for each in said.all("a")] == [
        "/transactions?from=2026-01-01&q=give",
        "/transactions?type=grant&q=give",
        "/transactions?type=grant&from=2026-01-01",
        "/transactions",
    ]


async def test_rows_stand_by_day_and_the_day_is_said_once(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-01, UI-19"""
    for hours in (480, 80, 31, 30):
        await give(alice, NOW - timedelta(hours=hours))
    page = Html(await client.get(PATH))
    assert [each.text for each in page.all("th", scope="rowgroup")] == ["October 2026"]
    days = page.all("th", class_="date")
    assert [(each.text, each["rowspan"]) for each in days] == [
        ("Sat 31 Oct", "2"),
        ("Thu 29 Oct", "1"),
        ("Mon 12 Oct", "1"),
    ]
    assert [cells(each)["Time"] for each in body_rows(page)] == ["06:00", "05:00", "04:00", "12:00"]
    assert page.all("time", datetime="2026-10-31T05:00:00Z")


async def test_only_the_latest_workshops_are_listed_and_the_chosen_one_always(
    client: httpx.AsyncClient, alice: str
) -> None:
    """UI-03: a form does not grow with the history."""
    await give(alice, NOW - timedelta(days=90), MOST_CHOICES + 2)
    used = [
        await use(alice, NOW - timedelta(days=80 - number), title=f"Workshop {number}")
        for number in range(MOST_CHOICES + 2)
    ]
    oldest = used[0][1]
    options = Html(await client.get(PATH)).one("select", id="workshop").all("option")
    assert len(options) == MOST_CHOICES + 2  # "All workshops" first, and what to do for older ones last
    assert options[-1].text == "Older ones: search for the title"
    page = Html(await client.get(PATH, params={"workshop": oldest}))
    assert page.one("option", value=oldest).text == "Workshop 0"
    fragment = Html(await client.get(PATH, params={"workshop": oldest}, headers=HTMX))
    assert "Only workshop “Workshop 0”" in fragment.text


async def test_another_persons_workshop_is_not_named(client: httpx.AsyncClient, alice: str) -> None:
    """ACCT-02"""
    bob = await make_user(name="Bob")
    await give(bob, NOW)
    _, workshop_id = await use(bob, NOW, title="Secret plan")
    page = Html(await client.get(PATH, params={"workshop": workshop_id}))
    assert page.one("option", value=workshop_id).text == "Another workshop"
    assert "Secret" not in page.text


async def test_pages_lead_on_and_keep_the_filters(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-03"""
    for day in range(PAGE_ROWS + 3):
        await give(alice, NOW - timedelta(days=100 - day))
    first = Html(await client.get(PATH, params={"type": "grant"}))
    assert len(body_rows(first)) == PAGE_ROWS
    older = first.one("a", rel="next")["href"]
    assert parse_qs(urlsplit(older).query)["type"] == ["grant"]
    second = Html(await client.get(older))
    assert [cells(each)["Balance"] for each in body_rows(second)] == ["3", "2", "1"]
    assert not second.all("a", rel="next")
    assert second.one("a", rel="prev")["href"] == "/transactions?type=grant"


async def test_a_day_that_cannot_be_read_is_422_and_the_form_is_kept(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, NOW)
    answer = await client.get(PATH, params={"from": "31.12.2026", "q": "kept"})
    page = Html(answer)
    assert answer.status_code == 422
    assert page.one("input", id="from")["aria-invalid"] == "true"
    assert page.one("input", id="q")["value"] == "kept"
    assert "Write the day as 2026-01-31." in page.text
    assert not page.all("table")


async def test_an_unreadable_place_shows_the_first_page_with_a_note(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, NOW)
    answer = await client.get(PATH, params={"before": "%%%"})
    page = Html(answer)
    assert answer.status_code == 200
    assert "could not be read, so here is the first." in page.text
    assert len(body_rows(page)) == 1


async def test_htmx_gets_the_rows_alone_with_their_address_and_a_live_sentence(
    client: httpx.AsyncClient, alice: str
) -> None:
    """UI-17, UI-18"""
    await give(alice, NOW)
    query = {"type": "grant", "status": "", "workshop": "", "from": "", "to": "", "q": ""}
    answer = await client.get(PATH, params=query, headers=HTMX)
    page = Html(answer)
    assert page.one("section", id="transactions-rows")
    assert not page.all("form")
    assert answer.headers["hx-push-url"] == "/transactions?type=grant"
    assert page.one("div", id="live").text == "1 row matches these filters."
    assert page.one("a", id="balance").text == "Your balance: 1 credit"
    assert "hx-request" in answer.headers["vary"].lower()
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("shown", "asked", "change"),
    [
        ("/transactions", "?q=n", ("push", "/transactions?q=n")),
        ("/transactions?q=n", "?q=night", ("replace", "/transactions?q=night")),
        ("/transactions?q=n", "?q=", ("push", "/transactions")),
        ("/transactions?q=n", "?q=n&type=grant", ("push", "/transactions?type=grant&q=n")),
        ("/transactions?q=n&before=x", "?q=night", ("push", "/transactions?q=night")),
        ("/transactions?q=night", "?q=night&type=", ("push", "false")),
        ("http://[", "?q=n", ("push", "/transactions?q=n")),
        (f"/transactions?before={OLDER}", f"?before={OLDER}", ("push", "false")),
        ("/transactions", f"?before={OLDER}", ("push", f"/transactions?before={OLDER}")),
        ("/transactions", "?before=unreadable", ("push", "false")),
    ],
)
async def test_a_search_that_is_typed_on_takes_the_place_of_its_beginning(
    client: httpx.AsyncClient, shown: str, asked: str, change: tuple[str, str]
) -> None:
    """UI-17: Back leaves a search, not its last letter; the same address is not entered twice."""
    current = shown if shown.startswith("http") else f"http://127.0.0.1:8000{shown}"
    answer = await client.get(f"{PATH}{asked}", headers=HTMX | {"HX-Current-URL": current})
    how, address = change
    assert answer.headers[f"hx-{how}-url"] == address
    assert ("hx-push-url" in answer.headers) != ("hx-replace-url" in answer.headers)


async def test_a_filter_is_answered_in_four_kilobytes(app: Litestar, alice: str) -> None:
    """UI-18, UI-03: a full page of rows, each with a money and a receipt, as it goes over the wire."""
    for number in range(PAGE_ROWS + 1):
        await buy(alice, NOW - timedelta(days=number * 3), credits=3, amount_cents=14900)
    packed = HTMX | {"Accept-Encoding": "gzip"}
    async with (await signed_in(app, alice)).stream(
        "GET", PATH, params={"type": "purchase"}, headers=packed
    ) as answer:
        body = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    heads = sum(len(name) + len(text) + 4 for name, text in answer.headers.raw)
    assert len(body) + heads <= 4_000


async def test_a_refused_filter_does_not_change_the_address(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH, params={"to": "soon"}, headers=HTMX)
    assert answer.status_code == 422
    assert answer.headers["hx-push-url"] == "false"
    assert Html(answer).one("section", id="transactions-rows").text.endswith("Clear filters")


@pytest.mark.parametrize(
    "header", [{"HX-History-Restore-Request": "true"}, {"HX-Boosted": "true"}, {"HX-Request-Type": "full"}]
)
async def test_restored_and_boosted_requests_get_the_page(
    client: httpx.AsyncClient, header: dict[str, str]
) -> None:
    """H10, UI-17"""
    answer = await client.get(PATH, headers=HTMX | header)
    assert Html(answer).one("h1").text == "Transactions"
    assert "hx-push-url" not in answer.headers


async def test_signed_out_people_sign_in_and_come_back(app: Litestar) -> None:
    answer = await stranger(app).get(PATH, params={"type": "grant"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?return_to=/transactions")


async def test_a_page_takes_the_same_number_of_queries_whatever_it_holds(
    app: Litestar, client: httpx.AsyncClient, alice: str
) -> None:
    """SCHM-10: movements with their workshops and purchases."""
    async with counted_queries() as empty:
        await client.get(PATH)
    await write_varied_ledger(alice, seed=5, moves=60)
    async with counted_queries() as full:
        await client.get(PATH)
    assert full.queries == empty.queries
    async with counted_queries() as fragment:
        await client.get(PATH, headers=HTMX)
    assert fragment.queries < full.queries


async def test_a_deleted_workshop_can_still_be_filtered_for(client: httpx.AsyncClient, alice: str) -> None:
    await give(alice, NOW - timedelta(days=9))
    _, workshop_id = await use(alice, NOW - timedelta(days=8), title="Gone")
    await row("UPDATE workshops SET deleted_at = clock_timestamp() WHERE id = $1", workshop_id)
    page = Html(await client.get(PATH, params={"workshop": workshop_id}))
    assert page.one("option", value=workshop_id).text == "Gone (deleted)"
    assert len(body_rows(page)) == 1


async def test_a_debt_is_written_with_a_minus(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, NOW - timedelta(days=9))
    await use(alice, NOW - timedelta(days=8))
    await refund(alice, bought, NOW - timedelta(days=7))
    newest = cells(body_rows(Html(await client.get(PATH)))[0])
    assert (newest["Kind"], newest["Credits"], newest["Balance"], newest["Money"]) == (
        "Refund",
        "−1",
        "−1",
        "−$79.00",
    )
