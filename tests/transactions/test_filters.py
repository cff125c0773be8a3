"""The history's filters against a plain loop over all rows, and what an address may say."""

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database import rows
from app.transactions.asking import KINDS, STATUSES, Filters, asked
from app.transactions.cursor import NEWEST
from app.transactions.export import export
from app.transactions.history import PAGE_ROWS, history_page
from app.transactions.matching import FAILED_FOR
from app.transactions.months import StatementMonth, month_of
from tests.factories import make_user
from tests.transactions.ledgers import NOW, TITLES, write_varied_ledger

ALL_ROWS = """
SELECT t.*, p.payment_intent, p.amount_cents, p.closed_at, w.title AS title_now
  FROM credit_transactions t
  LEFT JOIN purchases p ON p.id = t.purchase_id
  LEFT JOIN workshops w ON w.id = t.workshop_id
 WHERE t.clerk_user_id = $1"""
SEARCHED = (
    "description",
    "workshop_title",
    "title_now",
    "id",
    "purchase_id",
    "stripe_session_id",
    "payment_intent",
)

Row = Mapping[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alice(pool: None) -> str:
    user_id = await make_user()
    await write_varied_ledger(user_id, seed=1)
    return user_id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alices_rows(alice: str) -> list[Row]:
    bob = await make_user(name="Bob")
    await write_varied_ledger(bob, seed=2, moves=20)
    every: list[Row] = [dict(each) for each in await rows(ALL_ROWS, alice)]
    assert {(each["type"], each["status"]) for each in every} >= {(kind, "completed") for kind in KINDS}
    assert {each["status"] for each in every} == set(STATUSES)
    return every


def plainly(every: list[Row], filters: Filters) -> list[str]:
    """The ids of the rows that match, in the order of the history, by a loop that anyone can check."""
    found = [each for each in every if is_wanted(each, filters)]
    uncounted = [each for each in found if each["seq"] is None]
    counted = [each for each in found if each["seq"] is not None]
    uncounted.sort(key=lambda each: (each["created_at"], each["id"]), reverse=True)
    counted.sort(key=lambda each: each["seq"], reverse=True)
    return [each["id"] for each in uncounted + counted]


def is_wanted(each: Row, filters: Filters) -> bool:
    at = each["posted_at"] or each["created_at"]
    failed_at = each["closed_at"] or each["created_at"]
    if each["status"] == "failed" and filters.status != "failed" and failed_at < NOW - FAILED_FOR:
        return False
    if filters.text is not None:
        said = [each[name] or "" for name in SEARCHED]
        if not any(filters.text.lower() in text.lower() for text in said):
            return False
    return (
        filters.kind in (None, each["type"])
        and filters.status in (None, each["status"])
        and filters.workshop_id in (None, each["workshop_id"])
        and (filters.first_day is None or at.date() >= filters.first_day)
        and (filters.last_day is None or at.date() <= filters.last_day)
        and (filters.month is None or month_of(at) == filters.month)
    )


async def walk(user_id: str, filters: Filters, page_rows: int = PAGE_ROWS) -> list[Row]:
    """All pages, one after the other."""
    found: list[Row] = []
    place = NEWEST
    while True:
        page = await history_page(user_id, filters, now=NOW, start=place, page_rows=page_rows)
        found += [dict(each) for each in page.movements]  # type: ignore[call-overload]  # a record of asyncpg's
        if page.next is None:
            return found
        place = page.next


DAYS = st.dates(NOW.date() - timedelta(days=310), NOW.date() + timedelta(days=5))
TEXTS = st.sampled_from(
    [
        *TITLES,
        "%",
        "_",
        "'",
        '"',
        "\\",
        "refund",
        "PURCHASE",
        "pur_",
        "cs_test",
        "pi_",
        "★",
        "ctx_0",
        "no such text",
        "' OR 1=1 --",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_any_filters_give_what_a_plain_loop_gives(
    alice: str, alices_rows: list[Row], data: st.DataObject
) -> None:
    """HIST-02, HIST-04, HIST-06: any combination, over pages of any size; the totals hold the counted rows alone.

    The file has the same rows in the same order, in batches of any size.
    """
    workshops = [*sorted({each["workshop_id"] for each in alices_rows if each["workshop_id"]}), "ws_unknown"]
    first, last = sorted([data.draw(DAYS), data.draw(DAYS)])
    filters = Filters(
        kind=data.draw(st.none() | st.sampled_from(list(KINDS))),
        status=data.draw(st.none() | st.sampled_from(list(STATUSES))),
        workshop_id=data.draw(st.none() | st.none() | st.sampled_from(workshops)),
        first_day=data.draw(st.none() | st.just(first)),
        last_day=data.draw(st.none() | st.just(last)),
        month=data.draw(st.none() | st.none() | st.builds(StatementMonth, st.just(2026), st.integers(1, 12))),
        text=data.draw(st.none() | TEXTS),
    )
    page_rows = data.draw(st.sampled_from([1, 3, PAGE_ROWS]))
    expected = plainly(alices_rows, filters)
    assert [each["id"] for each in await walk(alice, filters, page_rows)] == expected
    file = await export(alice, filters, now=NOW, batch_rows=page_rows)
    text = "".join([piece async for piece in file.pieces])
    assert [line["transaction"] for line in csv.DictReader(io.StringIO(text, newline=""))] == expected
    totals = (await history_page(alice, filters, now=NOW)).totals
    counted = [each for each in alices_rows if each["id"] in set(expected) and each["seq"] is not None]
    assert (totals.found_rows, totals.counted_rows) == (len(expected), len(counted))
    assert totals.sums.added_credits == sum(each["amount"] for each in counted if each["amount"] > 0)
    assert totals.sums.taken_credits == sum(each["amount"] for each in counted if each["amount"] < 0)
    assert totals.change_credits == totals.sums.added_credits + totals.sums.taken_credits
    paid = sum(each["amount_cents"] for each in counted if each["type"] == "purchase")
    returned = -sum(each["returned_cents"] or 0 for each in counted)
    money = [(each.paid_cents, each.returned_cents) for each in totals.sums.money]
    assert money in ([(paid, returned)], [] if (paid, returned) == (0, 0) else None)


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", "' OR 1=1 --", '"; DROP TABLE users; --', "\u200b"])
async def test_searched_text_is_taken_literally(alice: str, alices_rows: list[Row], text: str) -> None:
    """HIST-02, W48: `%`, `_` and quotes mean themselves."""
    found = await walk(alice, Filters(text=text))
    assert [each["id"] for each in found] == plainly(alices_rows, Filters(text=text))
    assert len(found) < len(alices_rows)


async def test_another_persons_workshop_matches_nothing(alice: str) -> None:
    """W15: a filter never reaches beyond the person's own rows."""
    bob = await make_user(name="Bob")
    await write_varied_ledger(bob, seed=3, moves=20)
    [his] = await rows("SELECT id FROM workshops WHERE clerk_user_id = $1 LIMIT 1", bob)
    assert await walk(bob, Filters(workshop_id=his["id"]))
    assert await walk(alice, Filters(workshop_id=his["id"])) == []


def test_an_address_without_filters_asks_for_everything() -> None:
    assert not asked({"before": "x", "unknown": "y", "type": " "}).filters.are_set


def test_every_filter_is_read_and_written_back_the_same() -> None:
    """HIST-02: all state lives in the address."""
    query = {
        "type": "refund",
        "status": "completed",
        "workshop": "ws_1",
        "from": "2026-01-31",
        "to": "2026-02-01",
        "month": "2026-01",
        "q": "a%_&b",
    }
    wanted = asked(query)
    assert wanted.problems == {}
    assert wanted.filters.first_day == date(2026, 1, 31)
    assert wanted.filters.month == StatementMonth(2026, 1)
    assert wanted.filters.query(before="x") == (
        "type=refund&status=completed&workshop=ws_1&from=2026-01-31&to=2026-02-01&month=2026-01&q=a%25_%26b&before=x"
    )


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("from", "yesterday"),
        ("from", "2026-02-30"),
        ("to", "20260131"),
        ("to", "2026-W05-1"),
        ("to", "２０２６-01-31"),
        ("to", "0000-01-01"),
        ("month", "2026-13"),
        ("month", "0000-01"),
        ("month", "9999-12"),
        ("month", "2026-1"),
        ("month", "May"),
        ("type", "gift"),
        ("type", "PURCHASE"),
        ("status", "done"),
        ("q", "a\0b"),
        ("q", "\ud800"),
        ("q", "a\x1fb"),
        ("q", "a\nb"),
        ("q", "x" * 201),
        ("workshop", "w" * 201),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_filters_nothing(field: str, text: str) -> None:
    wanted = asked({field: text})
    assert list(wanted.problems) == [field]
    assert wanted.typed[field] == text
    assert not wanted.filters.are_set


def test_a_last_day_before_the_first_is_a_problem() -> None:
    assert list(asked({"from": "2026-02-01", "to": "2026-01-31"}).problems) == ["to"]


async def test_the_furthest_days_are_no_accident(alice: str) -> None:
    filters = asked({"from": "0001-01-01", "to": "9999-12-31"}).filters
    every = [each["id"] for each in await walk(alice, Filters())]
    assert [each["id"] for each in await walk(alice, filters)] == every
