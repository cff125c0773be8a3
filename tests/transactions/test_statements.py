"""Statements as the books have them: months join up, parts add up, money is that of the purchases."""

import csv
import io
import itertools
import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest_asyncio

from app.database import rows
from app.ledger.statement import balances_before
from app.transactions.balance.reading import months_of
from app.transactions.csv_rows import HEAD
from app.transactions.history import Stored
from app.transactions.months import StatementMonth, month_of
from app.transactions.statements.file import statement_file
from app.transactions.statements.statement import Statement, statement_of
from tests.factories import make_user
from tests.transactions.ledgers import (
    NOW,
    buy,
    give,
    refund,
    return_without_credits,
    settle,
    use,
    write_varied_ledger,
)

OCTOBER, NOVEMBER = StatementMonth(2026, 10), month_of(NOW)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alice(pool: None) -> str:
    user_id = await make_user()
    await write_varied_ledger(user_id, seed=3)
    return user_id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alices(alice: str) -> list[Statement]:
    months = [month for month, _ in await months_of(alice, now=NOW)]
    assert len(months) > 9
    return [await statement_of(alice, month, now=NOW) for month in months]


async def ledger_of(user_id: str) -> list[Stored]:
    return list(
        await rows(
            "SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND seq IS NOT NULL ORDER BY seq",
            user_id,
        )
    )


async def test_months_join_up_and_begin_at_zero(alice: str, alices: list[Statement]) -> None:
    """O13, STMT-01"""
    assert alices[0].opening.balance_credits == 0
    for earlier, later in itertools.pairwise(alices):
        assert later.opening == earlier.closing
    [person] = await rows("SELECT credit_balance FROM users WHERE clerk_user_id = $1", alice)
    assert alices[-1].closing.balance_credits == person["credit_balance"]
    ends = [each.balance_credits for _, each in await months_of(alice, now=NOW)]
    assert ends == [each.closing.balance_credits for each in alices]


async def test_opening_and_parts_come_to_the_closing(alices: list[Statement]) -> None:
    """O13, STMT-02"""
    assert {kind for each in alices for kind, moved in each.credits.items() if moved} >= {
        "purchase", "grant", "consumption", "refund", "reversal", "adjustment",
    }  # fmt: skip
    for each in alices:
        assert each.opening.balance_credits + sum(each.credits.values()) == each.closing.balance_credits
        assert sum(row["amount"] for row in each.movements) == sum(each.credits.values())
        assert len(each.movements) == each.row_count


async def test_every_counted_row_stands_once_in_its_month_and_in_order(
    alice: str, alices: list[Statement]
) -> None:
    """STMT-01"""
    shown = [row for each in alices for row in each.movements]
    assert [row["id"] for row in shown] == [row["id"] for row in await ledger_of(alice)]
    for each in alices:
        assert {month_of(row["at"]) for row in each.movements} <= {each.month}


async def test_the_money_of_all_months_is_that_of_the_purchases(alice: str, alices: list[Statement]) -> None:
    """STMT-02"""
    purchases = await rows("SELECT * FROM purchases WHERE clerk_user_id = $1 AND status = 'paid'", alice)
    paid = sum(money.paid_cents for each in alices for money in each.money)
    returned = sum(money.returned_cents for each in alices for money in each.money)
    assert paid == sum(each["amount_cents"] for each in purchases) > 0
    assert -returned == sum(each["amount_refunded_cents"] for each in purchases) > 0


async def file_of(user_id: str, month: StatementMonth, *, now: datetime = NOW) -> str:
    return "".join([piece async for piece in await statement_file(user_id, month, now=now)])


async def test_money_that_takes_no_credit_stands_in_its_own_month_for_good(pool: None) -> None:
    """STMT-02: $49.00 of $149.00 in October; what follows in November, and December's coming, leave October as it was."""
    user_id = await make_user()
    bought = await buy(user_id, NOW - timedelta(days=40), credits=3, amount_cents=14900)
    await return_without_credits(user_id, bought, NOW - timedelta(days=10), cents=4900)
    october = await statement_of(user_id, OCTOBER, now=NOW)
    assert [(each.purchase_id, each.returned_cents) for each in october.noted] == [(bought, 4900)]
    assert [each.returned_cents for each in october.money] == [-4900]
    written = await file_of(user_id, OCTOBER)
    november = await statement_of(user_id, NOVEMBER, now=NOW)
    assert (november.noted, november.money) == ([], [])
    await refund(user_id, bought, NOW, cents=100)
    await return_without_credits(user_id, bought, NOW, cents=-4900)
    for now in (NOW, NOW + timedelta(days=40)):
        assert await statement_of(user_id, OCTOBER, now=now) == october
        assert await file_of(user_id, OCTOBER, now=now) == written
        november = await statement_of(user_id, NOVEMBER, now=now)
        assert [each.returned_cents for each in november.money] == [4800]
        assert [each.returned_cents for each in november.moved] == [-100]


async def test_the_edges_of_a_month_belong_to_one_month_each(pool: None) -> None:
    """STMT-01, STMT-02"""
    user_id = await make_user()
    bought = await buy(user_id, NOW - timedelta(days=40), credits=3, amount_cents=14900)
    first = datetime(2026, 10, 1, tzinfo=UTC)
    for shift, cents in ((-1, 1), (0, 20)):
        await return_without_credits(user_id, bought, first + timedelta(microseconds=shift), cents=cents)
    months = [StatementMonth(2026, 9), OCTOBER]
    found = [(await statement_of(user_id, month, now=NOW)).noted for month in months]
    assert [[each.returned_cents for each in noted] for noted in found] == [[1], [20]]


async def test_a_clock_that_runs_backwards_notes_no_money_before_the_rows_that_are_there(pool: None) -> None:
    """STMT-01"""
    user_id = await make_user()
    bought = await buy(user_id, datetime(2026, 10, 1, tzinfo=UTC))
    await return_without_credits(user_id, bought, datetime(2026, 9, 30, tzinfo=UTC), cents=1)
    assert len((await statement_of(user_id, OCTOBER, now=NOW)).noted) == 1


async def test_the_file_of_a_month_tells_money_that_took_no_credit_and_adds_up_to_the_page(
    pool: None,
) -> None:
    """STMT-03"""
    user_id = await make_user()
    bought = await buy(user_id, NOW - timedelta(days=20), credits=3, amount_cents=14900, pack_name="=Pack")
    await return_without_credits(user_id, bought, NOW - timedelta(days=10), cents=4900)
    await return_without_credits(user_id, bought, NOW - timedelta(days=9), cents=-4900)
    await refund(user_id, bought, NOW - timedelta(days=8), cents=5000)
    lines = list(csv.DictReader(io.StringIO(await file_of(user_id, OCTOBER), newline="")))
    assert [(line["type"], line["credits"], line["money_minor_units"]) for line in lines] == [
        ("refund", "0", "-4900"),
        ("reversal", "0", "4900"),
        ("purchase", "3", "14900"),
        ("refund", "-1", "-5000"),
    ]
    assert {(line["currency"], line["purchase"], line["status"]) for line in lines} == {
        ("USD", bought, "completed")
    }
    assert lines[0]["description"] == "Refund of =Pack: 0 credits"
    assert lines[1]["description"] == "Refund of =Pack failed: 0 credits"
    [money] = (await statement_of(user_id, OCTOBER, now=NOW)).money
    assert sum(int(line["money_minor_units"]) for line in lines) == money.paid_cents + money.returned_cents


async def test_a_payment_counts_in_the_month_in_which_it_settled(pool: None) -> None:
    """STMT-02"""
    user_id = await make_user()
    bought = await buy(user_id, datetime(2026, 9, 30, 23, 59, tzinfo=UTC), status="settling")
    waiting = await statement_of(user_id, NOVEMBER, now=NOW)
    assert [each["purchase_id"] for each in waiting.waiting] == [bought]
    assert waiting.money == []
    await settle(user_id, bought, datetime(2026, 10, 1, 0, 0, tzinfo=UTC))
    september = await statement_of(user_id, StatementMonth(2026, 9), now=NOW)
    october = await statement_of(user_id, OCTOBER, now=NOW)
    assert (september.row_count, october.row_count, october.credits["purchase"]) == (0, 1, 1)
    assert [each.paid_cents for each in october.money] == [7900]


async def test_a_clock_that_runs_backwards_moves_no_row_into_an_earlier_month(pool: None) -> None:
    """STMT-01"""
    user_id = await make_user()
    await give(user_id, datetime(2026, 10, 1, 0, 0, tzinfo=UTC))
    await use(user_id, datetime(2026, 9, 30, 23, 0, tzinfo=UTC))
    september = await statement_of(user_id, StatementMonth(2026, 9), now=NOW)
    october = await statement_of(user_id, OCTOBER, now=NOW)
    assert (september.row_count, october.row_count) == (0, 2)
    assert [row["seq"] for row in october.movements] == [1, 2]


async def test_the_last_row_before_any_moment_is_the_one_that_a_loop_finds(alice: str) -> None:
    """What the halving relies on, and does: at, before and after each moment of the ledger."""
    ledger = await ledger_of(alice)
    around = (timedelta(microseconds=-1), timedelta(0), timedelta(microseconds=1))
    moments = sorted({row["posted_at"] + shift for row in ledger for shift in around})
    found = await balances_before(alice, moments)
    plainly = [[row for row in ledger if row["posted_at"] < moment] for moment in moments]
    assert [each.ledger_seq for each in found] == [len(before) for before in plainly]
    assert [each.balance_credits for each in found] == [
        sum(row["amount"] for row in each) for each in plainly
    ]


async def test_a_person_without_rows_has_no_months_and_zeros_everywhere(pool: None) -> None:
    user_id = await make_user()
    assert await months_of(user_id, now=NOW) == []
    assert await balances_before(user_id, []) == []
    empty = await statement_of(user_id, OCTOBER, now=NOW)
    assert (empty.opening, empty.row_count, Counter(empty.credits.values())) == (empty.closing, 0, {0: 6})


async def test_the_file_of_a_month_comes_in_pieces_and_holds_what_its_page_does(
    alice: str, alices: list[Statement]
) -> None:
    """STMT-03"""
    assert max(each.row_count for each in alices) > 3
    assert alices[-1].waiting
    for each in alices:
        head, *pieces = [
            piece async for piece in await statement_file(alice, each.month, now=NOW, batch_rows=3)
        ]
        assert head.startswith(HEAD)
        assert len(pieces) == math.ceil(each.row_count / 3)
        lines = list(csv.DictReader(io.StringIO(head + "".join(pieces), newline="")))
        assert [line["transaction"] for line in lines] == [
            row["id"] for row in (*each.waiting, *each.movements)
        ]
