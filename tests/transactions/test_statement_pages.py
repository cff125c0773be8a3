"""The statements as people see them: a month on paper, the list of months, and nobody else's."""

import csv
import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from litestar import Litestar

from app.accounts.preferences import Preferences, keep
from app.database import row
from app.transactions.csv_rows import HEAD
from app.transactions.statements import statement as statements
from app.web.filters import change
from tests.factories import make_user
from tests.transactions.counting import counted_queries
from tests.transactions.ledgers import (
    NOW,
    buy,
    give,
    give_back_refund,
    refund,
    return_without_credits,
    use,
    write_varied_ledger,
)
from tests.transactions.signed_in import Element, Html, signed_in, stranger
from tests.web.reading import untokened

OCTOBER = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


async def page_of(client: httpx.AsyncClient, path: str) -> Html:
    answer = await client.get(path)
    assert answer.status_code == 200
    return Html(answer)


def lines_of(page: Html) -> dict[str, str]:
    """The labels and figures of the sums."""
    pairs = [each for list_ in page.all("dl", class_="lines") for each in list_.all("div")]
    return {each.one("dt").text: each.one("dd").text for each in pairs}


def row_texts(page: Html) -> list[tuple[str, str]]:
    """Change and balance of every row."""
    rows = [each for body in page.all("tbody") for each in body.all("tr")]
    return [(cell(each, "Credits"), cell(each, "Balance")) for each in rows]


def cell(of_row: Element, label: str) -> str:
    return of_row.one("td", data_label=label).text


async def test_a_month_reads_from_opening_to_closing_with_its_money_and_rows(
    client: httpx.AsyncClient, alice: str
) -> None:
    """STMT-02, STMT-03: also who, which month, and by which clock."""
    await give(alice, OCTOBER - timedelta(days=30), 2)
    bought = await buy(alice, OCTOBER, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
    await use(alice, OCTOBER + timedelta(days=1))
    await refund(alice, bought, OCTOBER + timedelta(days=2), cents=5000)
    page = await page_of(client, "/statements/2026-10")
    assert page.one("h1").text == "Statement for October 2026"
    assert "1 Oct 2026 to 31 Oct 2026 (UTC)" in page.one("main").text
    assert f"Alice {alice}@example.test" in page.one("div", class_="paper-head").text
    assert lines_of(page) == {
        "Opening balance, 1 Oct 2026": "2",
        "Bought": "+3",
        "Granted": "0",
        "Used": "−1",
        "Taken back": "−1",
        "Given back": "0",
        "Adjusted": "0",
        "Closing balance, 31 Oct 2026": "3",
        "Paid": "$149.00",
        "Returned": "−$50.00",
    }
    assert row_texts(page) == [("+3", "5"), ("−1", "4"), ("−1", "3")]
    assert [each.text for each in page.one("tfoot").all("td", class_="num")] == ["+1", "", "$99.00"]
    for way, month, name in (("next", "2026-11", "November 2026"), ("prev", "2026-09", "September 2026")):
        link = page.one("a", rel=way)
        assert (link["href"], link.text) == (f"/statements/{month}", name)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
async def test_each_figure_leads_to_rows_that_add_up_to_it(
    client: httpx.AsyncClient, alice: str, zone: str
) -> None:
    """STMT-02, HIST-07: by whatever clock its reader lives, since the filter is the UTC month itself."""
    await write_varied_ledger(alice, seed=7, moves=40)
    await keep(alice, Preferences(time_zone=zone))
    months = [each["href"] for each in (await page_of(client, "/statements")).one("main").all("a")]
    figures = {"Credits": 0, "Money": 0}
    for month in [each for each in months if each.startswith("/statements/")]:
        for what, sums in zip(figures, (await page_of(client, month)).all("dl"), strict=True):
            for link in sums.all("a"):
                total = (await page_of(client, link["href"])).one("tfoot").one("td", data_label=what)
                assert total.text == link.text
                figures[what] += 1
    assert figures["Credits"] > 10
    assert figures["Money"] > 5


async def test_money_of_several_currencies_or_kinds_of_row_leads_nowhere_that_would_add_up_otherwise(
    client: httpx.AsyncClient, alice: str
) -> None:
    """STMT-02: what a refund took, and what came back of another, stand in rows of two kinds."""
    one, another = await buy(alice, OCTOBER), await buy(alice, OCTOBER, credits=3, amount_cents=14900)
    await refund(alice, one, OCTOBER)
    await give_back_refund(alice, one, OCTOBER + timedelta(days=1))
    await refund(alice, another, OCTOBER + timedelta(days=1), cents=5000)
    page = await page_of(client, "/statements/2026-10")
    [paid] = page.all("dl")[1].all("a")
    assert (paid.text, lines_of(page)["Returned"]) == ("$228.00", "−$50.00")
    await row("UPDATE purchases SET currency = 'eur' WHERE id = $1", another)
    assert not (await page_of(client, "/statements/2026-10")).all("dl")[1].all("a")


async def test_a_statement_is_written_in_utc_whatever_clock_its_reader_has(
    client: httpx.AsyncClient, alice: str
) -> None:
    """STMT-01: accounting months are UTC months; figures and names of months are the reader's."""
    await give(alice, datetime(2026, 10, 31, 23, 30, tzinfo=UTC), 1200)
    await keep(alice, Preferences(time_zone="Europe/Berlin", locale="de"))
    page = await page_of(client, "/statements/2026-10")
    assert page.one("h1").text == "Statement for Oktober 2026"
    assert page.one("table").one("time").text == "31.10.2026, 23:30"
    assert "UTC" in page.one("thead").text
    assert "Berlin" not in page.one("main").text
    assert lines_of(page)["Closing balance, 31.10.2026"] == "1.200"
    given = await page_of(client, page.all("dl")[0].one("a")["href"])
    assert "Only kind Grant ×" in given.one("main").text
    assert "month Oktober 2026 (UTC) ×" in given.one("main").text
    assert given.one("th", class_="date").text == "So., 1. Nov."  # the same row, by Berlin's clock
    assert "1 Nov" not in page.one("main").text
    assert "Date (Berlin time)" in (await page_of(client, "/transactions")).text


async def test_the_month_that_is_not_over_says_so_far_and_shows_what_settles(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, OCTOBER)
    await buy(alice, NOW - timedelta(hours=2), status="settling")
    page = await page_of(client, "/statements/2026-11")
    assert "So far, as of 1 Nov 2026, 12:00 UTC" in page.one("main").text
    assert lines_of(page)["Balance so far"] == "1"
    assert "No movements." in page.text
    assert "Settling, not counted yet" in page.text
    assert row_texts(page) == [("+1", "")]
    assert not page.all("a", rel="next")
    assert "Settling" not in (await page_of(client, "/statements/2026-10")).one("main").text


async def test_money_that_took_no_credit_is_in_what_was_returned_and_leads_to_its_receipt(
    client: httpx.AsyncClient, alice: str
) -> None:
    """STMT-02: the rows add up to what they say themselves, so the sum of both leads to no rows."""
    bought = await buy(alice, OCTOBER, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
    await refund(alice, bought, OCTOBER, cents=5000)
    await return_without_credits(alice, bought, OCTOBER + timedelta(days=1), cents=4900)
    await return_without_credits(alice, bought, OCTOBER + timedelta(days=2), cents=-900)
    page = await page_of(client, "/statements/2026-10")
    lines = lines_of(page)
    assert (lines["Paid"], lines["Returned"]) == ("$149.00", "−$90.00")
    assert lines["Of that without credits: Serial Entrepreneur, 6 Oct 2026"] == "−$49.00"
    assert lines["Of that without credits: Serial Entrepreneur, 7 Oct 2026"] == "$9.00"
    assert [each.text for each in page.all("dl")[1].all("a")] == ["$149.00", "−$49.00", "$9.00"]
    assert [each.text for each in page.all("dl")[1].all("a", href=f"/purchases/{bought}")] == [
        "−$49.00",
        "$9.00",
    ]
    assert [each.text for each in page.one("tfoot").all("td", class_="num")] == ["+2", "", "$99.00"]
    assert lines_of(await page_of(client, "/statements/2026-11"))["Returned"] == "None"


async def test_a_month_without_movement_keeps_its_balance_and_one_before_the_first_row_is_zero(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, OCTOBER - timedelta(days=70), 2)
    quiet = await page_of(client, "/statements/2026-10")
    assert lines_of(quiet)["Opening balance, 1 Oct 2026"] == "2"
    assert lines_of(quiet)["Closing balance, 31 Oct 2026"] == "2"
    assert not quiet.all("table")
    before = await page_of(client, "/statements/2020-02")
    assert set(lines_of(before).values()) == {"0", "None"}
    assert "Closing balance, 29 Feb 2020" in lines_of(before)
    for path in ("/statements/2020-02", "/statements/0001-01"):
        assert not (await page_of(client, path)).all("a", rel="prev")


async def test_a_debt_is_said_as_one(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, OCTOBER)
    await use(alice, OCTOBER)
    await refund(alice, bought, OCTOBER)
    page = await page_of(client, "/statements/2026-10")
    assert lines_of(page)["Closing balance, 31 Oct 2026, owed"] == "−1"
    assert row_texts(page)[-1] == ("−1", "−1")


@pytest.mark.parametrize(
    "name", ["2026-12", "2027-01", "2026-13", "2026-1", "soon", "2026-10.pdf", "%00", "2026-12.csv"]
)
async def test_a_month_to_come_or_none_at_all_is_not_there(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/statements/{name}")
    assert answer.status_code == 404
    assert untokened(answer.text) == untokened((await client.get("/statements/nothing")).text)


async def test_the_months_are_listed_newest_first_with_what_each_ended_with(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, datetime(2026, 8, 31, 23, 0, tzinfo=UTC), 2)
    await use(alice, OCTOBER)
    page = await page_of(client, "/statements")
    assert [each.text for each in page.one("tbody").all("tr")] == [
        "November 2026, so far 1",
        "October 2026 1",
        "September 2026 2",
        "August 2026 2",
    ]
    assert [each["href"] for each in page.one("tbody").all("a")][-1] == "/statements/2026-08"


async def test_without_movements_the_list_says_what_will_be_there(client: httpx.AsyncClient) -> None:
    assert "No statements yet." in (await page_of(client, "/statements")).text


async def test_the_history_leads_to_the_statements(client: httpx.AsyncClient) -> None:
    links = {each["href"] for each in (await page_of(client, "/transactions")).one("main").all("a")}
    assert {"/statements", "/balance"} <= links


async def test_a_statement_is_private_and_kept_by_nobody(
    app: Litestar, client: httpx.AsyncClient, alice: str
) -> None:
    """UI-22, ACCT-02: an address names a month, never a person; each sees their own books behind it."""
    await give(alice, OCTOBER, 7123)
    bob = await signed_in(app, await make_user(name="Bob"))
    for path in ("/statements", "/statements/2026-10", "/balance"):
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert Html(answer).one("meta", name="robots")["content"] == "noindex"
        assert "7,123" in Html(answer).one("main").text
        assert "7,123" not in Html(await bob.get(path)).one("main").text
        sent = await stranger(app).get(path)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/sign-in?return_to={path}")
    assert (await bob.get("/statements/2026-10.csv")).text == HEAD


async def test_the_file_holds_the_rows_of_the_page(client: httpx.AsyncClient, alice: str) -> None:
    """STMT-03"""
    await give(alice, OCTOBER - timedelta(days=30), 2)
    bought = await buy(alice, OCTOBER, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
    await use(alice, OCTOBER + timedelta(days=1), title="=1+1")
    await refund(alice, bought, OCTOBER + timedelta(days=2), cents=5000)
    page = await page_of(client, "/statements/2026-10")
    answer = await client.get(page.one("a", download="")["href"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="statement-2026-10.csv"'
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(change(int(each["credits"])), each["balance_after"]) for each in found] == row_texts(page)
    purchase, used, returned = found
    assert purchase == {
        "time_utc": "2026-10-05T09:00:00Z",
        "type": "purchase",
        "status": "completed",
        "description": "Purchase of Serial Entrepreneur",
        "credits": "3",
        "balance_after": "5",
        "money_minor_units": "14900",
        "currency": "USD",
        "workshop": "",
        "transaction": purchase["transaction"],
        "purchase": bought,
    }
    assert (used["workshop"], used["money_minor_units"], used["currency"]) == ("'=1+1", "", "")
    assert returned["money_minor_units"] == "-5000"


async def test_the_file_of_the_open_month_begins_with_what_does_not_count(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, NOW - timedelta(hours=3))
    await buy(alice, NOW - timedelta(hours=2), status="settling")
    answer = await client.get("/statements/2026-11.csv")
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(each["status"], each["balance_after"]) for each in found] == [
        ("pending", ""),
        ("completed", "1"),
    ]


async def test_a_month_without_rows_is_a_file_with_a_head_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/statements/2026-10.csv")
    assert (answer.status_code, answer.text) == (200, HEAD)


async def test_a_long_month_is_cut_on_the_page_and_says_so(
    client: httpx.AsyncClient, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SHOWN_ROWS", 2)
    for day in range(3):
        await give(alice, OCTOBER + timedelta(days=day))
    page = await page_of(client, "/statements/2026-10")
    assert row_texts(page) == [("+1", "1"), ("+1", "2")]
    assert "The page holds the first 2 rows; the CSV holds all." in page.text
    assert lines_of(page)["Closing balance, 31 Oct 2026"] == "3"


async def test_a_statement_takes_the_same_number_of_queries_whatever_it_holds(
    client: httpx.AsyncClient, alice: str
) -> None:
    """SCHM-10"""
    async with counted_queries() as empty:
        await client.get("/statements/2026-11")
    await write_varied_ledger(alice, seed=5, moves=40)
    async with counted_queries() as full:
        await client.get("/statements/2026-11")
    assert full.queries == empty.queries
