"""The order of the history, its pages while rows are added, its money, and what a page costs."""

from datetime import timedelta
from itertools import pairwise
from typing import cast

import asyncpg
import pytest

from app.database import row, rows, tx
from app.errors import NotFound
from app.ledger.posting import Actor, consume
from app.transactions import history
from app.transactions.asking import NO_FILTERS, Filters
from app.transactions.cursor import NEWEST, Cursor, after_counted, after_uncounted, cursor
from app.transactions.export import export
from app.transactions.history import PAGE_ROWS, REMEMBERED, HistoryPage, history_page
from app.transactions.matching import ALL
from app.transactions.months import StatementMonth
from app.transactions.totals import Known, Remembered, Sums
from tests.factories import make_user, make_workshop
from tests.transactions.conftest import MANY_ROWS
from tests.transactions.counting import Counted, counted_queries
from tests.transactions.ledgers import (
    NOW,
    buy,
    give,
    give_back_refund,
    refund,
    return_without_credits,
    settle,
    use,
    write_varied_ledger,
)


async def page_at(user_id: str, start: Cursor = NEWEST, filters: Filters = NO_FILTERS) -> HistoryPage:
    return await history_page(user_id, filters, now=NOW, start=start)


async def test_each_balance_follows_from_the_row_below(pool: None) -> None:
    """HIST-01: all own rows, newest first; upper balance = lower balance + upper amount."""
    alice = await make_user()
    await write_varied_ledger(alice, seed=7)
    found = [each for each in (await _walked(alice)) if each["seq"] is not None]
    assert len(found) > PAGE_ROWS
    assert [each["seq"] for each in found] == list(range(len(found), 0, -1))
    for upper, lower in pairwise(found):
        assert upper["balance_after"] == lower["balance_after"] + upper["amount"]
    assert found[0]["balance_after"] == (await page_at(alice)).balance_credits


async def test_walking_while_rows_are_added_shows_each_earlier_row_once(pool: None) -> None:
    """HIST-03"""
    alice = await make_user()
    await write_varied_ledger(alice, seed=8, moves=90)
    earlier = {
        each["id"]
        for each in await rows("SELECT id FROM credit_transactions WHERE clerk_user_id = $1", alice)
    }
    hidden = {each["id"] for each in await _long_failed(alice)}
    seen: list[str] = []
    page = await page_at(alice)
    while True:
        seen += [each["id"] for each in page.movements]
        await give(alice, NOW)
        await buy(alice, NOW, status="settling")
        if page.next is None:
            break
        page = await page_at(alice, page.next)
    assert len(seen) == len(set(seen))
    assert set(seen) == earlier - hidden


async def test_uncounted_rows_are_paged_too(pool: None) -> None:
    """HIST-03, HIST-04: more settling payments than a page holds lead on to the next page, then to counted rows."""
    alice = await make_user()
    await give(alice, NOW)
    for minute in range(PAGE_ROWS + 2):
        await buy(alice, NOW - timedelta(minutes=minute), status="settling")
    first = await page_at(alice)
    assert first.next is not None
    second = await page_at(alice, first.next)
    assert [each["seq"] for each in first.movements] == [None] * PAGE_ROWS
    assert [each["seq"] for each in second.movements] == [None, None, 1]
    assert second.next is None
    assert first.pending_credits == PAGE_ROWS + 2


async def test_the_last_of_many_pages_costs_what_the_first_does(many_rows: str) -> None:
    """HIST-03, SCHM-10: one query a page, whatever its place and however many rows it holds."""
    costs: list[Counted] = []
    for start in (NEWEST, after_counted(5000), after_counted(20), after_counted(2)):
        async with counted_queries() as counted:
            page = await page_at(many_rows, start)
        assert page.movements
        costs.append(counted)
    assert [each.queries for each in costs] == [1, 1, 1, 1]
    assert (await page_at(many_rows, after_counted(2))).next is None


async def test_a_page_of_a_long_ledger_reads_only_its_rows(many_rows: str) -> None:
    """HIST-03: also where the statement is planned once for everyone, and nearly everyone has one page; what the rows
    before add up to is known from the first time.
    """
    first = (await page_at(many_rows)).totals
    async with tx(readonly=True):
        await row("SET LOCAL plan_cache_mode = force_generic_plan")
        before = await _rows_read()
        page = await page_at(many_rows)
        assert len(page.movements) == PAGE_ROWS
        assert await _rows_read() - before < 4 * PAGE_ROWS
    assert page.totals == first


async def test_totals_are_those_of_the_whole_ledger_however_they_were_found(pool: None) -> None:
    """HIST-01: added up anew, or what was known and the rows since then, or the rows of another ledger of that name."""
    alice = await make_user()
    await write_varied_ledger(alice, seed=12)
    await page_at(alice)
    bought = await buy(alice, NOW)
    await refund(alice, bought, NOW)
    grown = (await page_at(alice)).totals
    REMEMBERED.keep((alice, ALL), Known(3, "ctx_of_a_ledger_that_was_restored", Sums(1000, 0)))
    corrected = (await page_at(alice)).totals
    REMEMBERED.keep((alice, ALL), Known())
    assert grown == corrected == (await page_at(alice)).totals
    assert grown.sums.added_credits + grown.sums.taken_credits == grown.change_credits
    assert grown.sums.money[0].paid_cents > 7900


@pytest.mark.parametrize(
    "filters",
    [
        Filters(kind="purchase"),
        Filters(kind="reversal"),
        Filters(status="completed"),
        Filters(first_day=(NOW - timedelta(days=90)).date(), last_day=NOW.date()),
        Filters(last_day=(NOW - timedelta(days=90)).date()),
        Filters(month=StatementMonth(2026, 10)),
        Filters(text="launch plan"),
        Filters(text="a text that no row holds"),
        Filters(kind="consumption", text="of launch", first_day=(NOW - timedelta(days=200)).date()),
    ],
    ids=str,
)
async def test_totals_of_filtered_rows_are_the_same_however_they_were_found(
    pool: None, monkeypatch: pytest.MonkeyPatch, filters: Filters
) -> None:
    """HIST-04: what was known of them and the rows since then, whatever page was asked for, or all of them anew."""
    alice = await make_user()
    await write_varied_ledger(alice, seed=21)
    await page_at(alice)
    before = _shown(await page_at(alice, filters=filters))
    assert _shown(await page_at(alice, filters=filters)) == before
    bought = await buy(alice, NOW)
    await use(alice, NOW)
    await refund(alice, bought, NOW)
    await give(alice, NOW)
    pages = (NEWEST, after_counted(40), NEWEST)
    known = [_shown(await page_at(alice, start, filters)) for start in pages]
    monkeypatch.setattr(history, "REMEMBERED", Remembered(most=0))
    assert [_shown(await page_at(alice, start, filters)) for start in pages] == known


@pytest.mark.parametrize("text", ["renamed plan", "pi_late"])
async def test_a_text_that_rows_hold_only_later_finds_them_all_the_same(pool: None, text: str) -> None:
    """HIST-04: a workshop's new title where the row has none of its own, and a payment that was named later."""
    alice = await make_user()
    bought = await buy(alice, NOW)
    workshop_id = await make_workshop(user_id=alice, title="First plan")
    await consume(
        alice,
        workshop_id,
        price_credits=1,
        description="Unlock",
        workshop_title=cast("str", None),
        actor=Actor("user", alice),
    )
    for _ in range(2):
        await page_at(alice)
        assert (await page_at(alice, filters=Filters(text=text))).totals.found_rows == 0
    await row("UPDATE workshops SET title = 'Renamed plan' WHERE id = $1", workshop_id)
    await row("UPDATE purchases SET payment_intent = 'pi_late' WHERE id = $1", bought)
    page = await page_at(alice, filters=Filters(text=text))
    assert (page.totals.found_rows, len(page.movements)) == (1, 1)


async def test_a_ledger_too_long_to_add_up_still_says_its_rows_and_its_balance(many_rows: str) -> None:
    """HIST-01: exact where nothing has to be read for it, silent about the rest; with a filter all of it is exact."""
    REMEMBERED.keep((many_rows, ALL), Known())
    page = await history_page(many_rows, NO_FILTERS, now=NOW, most_added=MANY_ROWS - 1)
    assert not page.totals.are_complete
    assert (page.totals.found_rows, page.totals.counted_rows) == (MANY_ROWS, MANY_ROWS)
    assert (page.totals.change_credits, page.totals.sums) == (page.balance_credits, Sums())
    grants = (await page_at(many_rows, filters=Filters(kind="grant"))).totals
    assert grants.are_complete
    assert (grants.found_rows, grants.change_credits) == (MANY_ROWS // 2, MANY_ROWS // 2)


def test_what_is_known_of_ledgers_has_an_end() -> None:
    remembered = Remembered(most=2)
    for name in ("alice", "bob", "alice", "charlie"):
        remembered.keep(name, Known(1, name))
    assert [remembered.of(name).seq for name in ("alice", "bob", "charlie")] == [1, 0, 1]


async def test_failed_payments_leave_the_list_after_a_month_and_stay_findable(pool: None) -> None:
    """HIST-04"""
    alice = await make_user()
    await buy(alice, NOW - timedelta(days=45), status="failed", closed_at=NOW - timedelta(days=40))
    await buy(alice, NOW - timedelta(days=45), status="failed", closed_at=NOW - timedelta(days=20))
    await buy(alice, NOW - timedelta(days=90), status="settling")
    shown = await page_at(alice)
    assert sorted(each["status"] for each in shown.movements) == ["failed", "pending"]
    assert (shown.totals.found_rows, shown.totals.counted_rows, shown.totals.sums.added_credits) == (2, 0, 0)
    assert len((await page_at(alice, filters=Filters(status="failed"))).movements) == 2


async def test_money_stands_on_the_rows_that_moved_it(pool: None) -> None:
    """HIST-04, REFD-01: a settling payment shows its price and is in no total; a failed one charged nothing."""
    alice = await make_user()
    bought = await buy(alice, NOW - timedelta(days=9), credits=3, amount_cents=14900)
    await refund(alice, bought, NOW - timedelta(days=8), cents=5000)
    await refund(alice, bought, NOW - timedelta(days=7), cents=9900, credits=2)
    await give(alice, NOW - timedelta(days=6))
    await buy(alice, NOW - timedelta(days=5), status="settling")
    await buy(alice, NOW - timedelta(days=4), status="failed")
    page = await page_at(alice)
    assert [(each["type"], each["money_cents"]) for each in page.movements] == [
        ("purchase", None),
        ("purchase", 7900),
        ("grant", None),
        ("refund", -9900),
        ("refund", -5000),
        ("purchase", 14900),
    ]
    [money] = page.totals.sums.money
    assert (money.currency, money.paid_cents, money.returned_cents) == ("usd", 14900, -14900)


async def test_a_refund_that_failed_returns_its_credits_and_its_money(pool: None) -> None:
    """REFD-05: what came back of a refund is no new payment."""
    alice = await make_user()
    bought = await buy(alice, NOW - timedelta(days=9))
    await refund(alice, bought, NOW - timedelta(days=8))
    await give_back_refund(alice, bought, NOW - timedelta(days=7))
    page = await page_at(alice)
    assert [each["money_cents"] for each in page.movements] == [7900, -7900, 7900]
    [money] = page.totals.sums.money
    assert (money.paid_cents, money.returned_cents) == (7900, 0)
    assert page.balance_credits == 1


async def test_money_that_moved_no_credit_is_added_to_the_whole_ledger_and_to_no_filtered_rows(
    pool: None,
) -> None:
    """HIST-07"""
    alice = await make_user()
    bought = await buy(alice, NOW - timedelta(days=9), credits=3, amount_cents=14900)
    await refund(alice, bought, NOW - timedelta(days=8), cents=5000)
    await return_without_credits(alice, bought, NOW - timedelta(days=7), cents=4900)
    await return_without_credits(alice, bought, NOW - timedelta(days=6), cents=-900)
    for _ in range(2):  # added up anew, and remembered
        whole = (await page_at(alice)).totals
        assert [each.returned_cents for each in whole.money] == [-9000]
        assert [each.returned_cents for each in whole.sums.money] == [-5000]
    filtered = (await page_at(alice, filters=Filters("refund"))).totals
    assert [each.returned_cents for each in filtered.money] == [-5000]
    for filters, notes in ((NO_FILTERS, 2), (Filters("refund"), 0)):
        text = "".join([piece async for piece in (await export(alice, filters, now=NOW)).pieces])
        assert text.count("0 credits") == notes


async def test_a_payment_that_settles_takes_its_place_at_that_moment(pool: None) -> None:
    alice = await make_user()
    waiting = await buy(alice, NOW - timedelta(days=9), status="settling")
    await give(alice, NOW - timedelta(days=8))
    await settle(alice, waiting, NOW - timedelta(days=1))
    page = await page_at(alice)
    assert [(each["type"], each["at"]) for each in page.movements] == [
        ("purchase", NOW - timedelta(days=1)),
        ("grant", NOW - timedelta(days=8)),
    ]
    day = (NOW - timedelta(days=1)).date()
    assert len((await page_at(alice, filters=Filters(first_day=day, last_day=day))).movements) == 1


async def test_a_stranger_has_no_history(pool: None) -> None:
    with pytest.raises(NotFound):
        await page_at("usr_unknown")


@pytest.mark.parametrize("place", [NEWEST, after_counted(17), after_uncounted(NOW, "ctx_1")])
def test_a_place_survives_the_address(place: Cursor) -> None:
    assert cursor(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "…",
        "MQ",
        "a" * 5000,
        "MjAyNi0wMS0wMSBjdHggMQo",
        "' OR 1=1",
        "%00",
        str(NEWEST)[:-6],
        str(NEWEST)[3:],
    ],
)
def test_a_damaged_place_is_no_place(text: str) -> None:
    assert cursor(text) is None


async def test_any_place_that_can_be_read_gives_a_page(pool: None) -> None:
    """W48: a cursor made by hand shows own rows or none."""
    alice = await make_user()
    await give(alice, NOW)
    for place in (
        Cursor(NOW, "' OR 1=1 --", 1),
        Cursor(NOW, "\u2028".encode("ascii", "replace").decode(), 2**63 - 1),
    ):
        assert len((await page_at(alice, place)).movements) in (0, 1)


def _shown(page: HistoryPage) -> tuple[object, ...]:
    return [each["id"] for each in page.movements], page.next, page.totals, page.balance_credits


async def _walked(user_id: str) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = []
    page = await page_at(user_id)
    while True:
        found += page.movements  # type: ignore[arg-type]  # records of asyncpg's
        if page.next is None:
            return found
        page = await page_at(user_id, page.next)


async def _rows_read() -> int:
    """How many rows of the ledger this transaction has fetched."""
    found = await row(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS fetched FROM pg_stat_xact_user_tables"
        " WHERE relname = 'credit_transactions'"
    )
    assert found is not None
    return int(found["fetched"])


async def _long_failed(user_id: str) -> list[asyncpg.Record]:
    return await rows(
        "SELECT t.id FROM credit_transactions t JOIN purchases p ON p.id = t.purchase_id"
        " WHERE t.clerk_user_id = $1 AND t.status = 'failed' AND p.closed_at < $2",
        user_id,
        NOW - timedelta(days=30),
    )
