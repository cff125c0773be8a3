"""The file of the filtered rows: what is in it, what it is called, and what it leaves behind when nobody takes it."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any, cast

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.exceptions import LitestarException

from app.database import DB, POOL_SIZE, connection
from app.transactions.asking import NO_FILTERS, Filters
from app.transactions.csv_rows import HEAD
from app.transactions.export import export
from app.transactions.history import history_page
from app.web.csv import HARMLESS
from tests.factories import make_user
from tests.transactions.conftest import MANY_ROWS
from tests.transactions.ledgers import NOW, buy, give, refund, settle, use, write_varied_ledger
from tests.transactions.signed_in import ORIGIN, Html, signed_in, stranger

PATH = "/transactions.csv"


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


async def file_of(user_id: str, filters: Filters = NO_FILTERS) -> str:
    return "".join([piece async for piece in (await export(user_id, filters, now=NOW)).pieces])


async def test_a_line_says_all_that_a_row_does_and_uncounted_ones_come_first(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-06, UI-20: ISO times, whole credits, minor units with their currency; no balance for what does not count."""
    bought = await buy(alice, NOW - timedelta(days=9), credits=3, amount_cents=14900)
    await use(alice, NOW - timedelta(days=8), title="Launch plan")
    await refund(alice, bought, NOW - timedelta(days=7), cents=5000)
    await buy(alice, NOW - timedelta(days=6), status="settling")
    answer = await client.get(PATH)
    settling, refunded, used, purchase = lines_of(answer.text)
    assert answer.text.startswith(HEAD)
    said = ("type", "status", "credits", "balance_after", "money_minor_units", "currency", "workshop")
    assert [tuple(line[name] for name in said) for line in (settling, refunded, used, purchase)] == [
        ("purchase", "pending", "1", "", "7900", "USD", ""),
        ("refund", "completed", "-1", "1", "-5000", "USD", ""),
        ("consumption", "completed", "-1", "2", "", "", "Launch plan"),
        ("purchase", "completed", "3", "3", "14900", "USD", ""),
    ]
    assert (purchase["time_utc"], purchase["purchase"]) == ("2026-10-23T12:00:00Z", bought)


async def test_the_file_is_sent_as_one_to_keep_and_named_after_its_days(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-06, UI-20: from the first row, or the first day asked for, to today, or the last one."""
    await give(alice, NOW - timedelta(days=40))
    for query, days in (
        ("", "2026-09-22-to-2026-11-01"),
        ("?from=2026-10-01", "2026-10-01-to-2026-11-01"),
        ("?to=2026-10-31", "2026-09-22-to-2026-10-31"),
        ("?from=2020-01-01&to=2020-01-31", "2020-01-01-to-2020-01-31"),
        ("?month=2026-10", "2026-10-01-to-2026-10-31"),
        ("?to=2020-01-31", "2020-01-31-to-2020-01-31"),
        ("?from=2030-01-01", "2030-01-01-to-2030-01-01"),
    ):
        answer = await client.get(f"{PATH}{query}")
        assert answer.headers["content-disposition"] == f'attachment; filename="transactions-{days}.csv"'
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        asked = await client.head(f"{PATH}{query}")
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["content-disposition"] == answer.headers["content-disposition"]


async def test_the_page_links_to_the_file_of_its_rows_and_both_add_up_alike(
    client: httpx.AsyncClient, alice: str
) -> None:
    """UI-19, UI-20: the link carries the filters; whatever page of the list is open, the file has all of it."""
    await write_varied_ledger(alice, seed=9)
    query = {"type": "purchase", "from": "2026-01-01"}
    page = Html(await client.get("/transactions", params=query))
    href = page.one("section", id="transactions-rows").all("a")[0]["href"]
    assert href == "/transactions.csv?type=purchase&from=2026-01-01"
    lines = lines_of((await client.get(f"{href}&before=whatever")).text)
    counted = [line for line in lines if line["status"] == "completed"]
    totals = (await history_page(alice, Filters(kind="purchase"), now=NOW)).totals
    assert len(lines) == totals.found_rows
    assert sum(int(line["credits"]) for line in counted) == totals.change_credits
    assert sum(int(line["money_minor_units"]) for line in counted) == totals.sums.money[0].paid_cents


async def test_no_cell_is_a_formula(client: httpx.AsyncClient, alice: str) -> None:
    """HIST-06, W48"""
    await give(alice, NOW - timedelta(days=9), 3)
    for title in ('=HYPERLINK("http://evil.example")', "+1", "@SUM(1)"):
        await use(alice, NOW - timedelta(days=8), title=title)
    text = (await client.get(PATH)).text
    titles = [line["workshop"] for line in lines_of(text) if line["type"] == "consumption"]
    assert titles == [f"{HARMLESS}@SUM(1)", f"{HARMLESS}+1", f'{HARMLESS}=HYPERLINK("http://evil.example")']
    assert {line["credits"] for line in lines_of(text)} == {"-1", "3"}


async def test_what_is_posted_while_the_file_is_read_is_not_in_it(alice: str) -> None:
    """HIST-06: the file is of the moment at which it began, and a payment that settles meanwhile is in it once."""
    waiting = await buy(alice, NOW - timedelta(days=9), status="settling")
    for _ in range(5):
        await give(alice, NOW - timedelta(days=8))
    file = await export(alice, NO_FILTERS, now=NOW, batch_rows=2)
    pieces = [await anext(file.pieces)]
    await settle(alice, waiting, NOW)
    await give(alice, NOW)
    pieces += [piece async for piece in file.pieces]
    lines = lines_of("".join(pieces))
    assert [(line["status"], line["balance_after"]) for line in lines] == [
        ("pending", ""),
        *(("completed", str(balance)) for balance in (5, 4, 3, 2, 1)),
    ]


async def test_a_file_without_rows_has_its_header(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH)).text == HEAD
    assert (await client.get(PATH, params={"q": "no such text"})).text == HEAD


async def test_a_filter_that_cannot_be_read_is_422_on_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH, params={"from": "yesterday", "q": "kept"})
    assert answer.status_code == 422
    assert Html(answer).one("input", id="q")["value"] == "kept"


async def test_nobody_gets_a_file_of_another_persons_rows(app: Litestar, client: httpx.AsyncClient) -> None:
    """ACCT-02"""
    bob = await make_user(name="Bob")
    await give(bob, NOW)
    [his] = lines_of(await file_of(bob))
    for query in ({}, {"q": his["transaction"]}, {"type": "grant"}):
        assert (await client.get(PATH, params=query)).text == HEAD
    assert (await stranger(app).get(PATH)).status_code == 303


async def test_whoever_leaves_in_the_middle_of_a_file_leaves_no_connection_behind(
    app: Litestar, many_rows: str
) -> None:
    """HIST-06, C11: between two pieces nobody holds one, and the pool is whole afterwards."""
    browser = await signed_in(app, many_rows)
    for pieces in (1, 2, 5):
        assert await _taken(app, browser.cookies["session"], pieces) >= pieces
    async with asyncio.timeout(5):
        held = [connection() for _ in range(POOL_SIZE)]
        for each in held:
            await each.__aenter__()
        for each in held:
            await each.__aexit__(None, None, None)
    assert DB.pool is not None
    assert DB.pool.get_idle_size() == DB.pool.get_size()


async def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(
    app: Litestar, many_rows: str, superuser_url: str
) -> None:
    """HIST-06, C14: the answer has no end, so a browser says that the download failed."""
    browser = await signed_in(app, many_rows)
    rival = await asyncpg.connect(superuser_url)
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if (
            len(sent) == 2
        ):  # the head and the first piece are out: the ledger is held for longer than anyone waits
            await rival.execute("BEGIN; LOCK TABLE credit_transactions")

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    try:
        with pytest.raises(LitestarException, match="after response started"):
            await cast(Any, app)(_scope(browser.cookies["session"]), receive, send)
    finally:
        await rival.close()
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"]


async def test_a_long_file_is_whole(app: Litestar, many_rows: str) -> None:
    """HIST-06: many batches, each row once."""
    async with (await signed_in(app, many_rows)).stream("GET", PATH) as answer:
        text = "".join([piece async for piece in answer.aiter_text()])
    assert "content-length" not in answer.headers
    balances = [line["transaction"].rpartition("_")[2] for line in lines_of(text)]
    assert balances == [str(seq) for seq in range(MANY_ROWS, 0, -1)]


async def _taken(app: Litestar, session: str, pieces: int) -> int:
    """Take so many pieces of the file, then hang up; how many were sent in all."""
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()

    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) > pieces:
            gone.set()
            await asyncio.sleep(0)

    await cast(Any, app)(_scope(session), receive, send)
    bodies = [message for message in sent if message["type"] == "http.response.body"]
    assert bodies[-1].get("more_body"), "the file was taken to its end"
    return len(bodies)


def _scope(session: str) -> dict[str, Any]:
    host = ORIGIN.partition("//")[2].encode()
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", host), (b"cookie", f"session={session}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
