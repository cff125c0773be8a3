"""The balance explained: its sentence, its line, and any day's answer."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.preferences import Preferences, keep
from app.transactions.asking import asked
from app.transactions.balance.explaining import Sentence, balance_sentence
from app.transactions.balance.reading import changes_after, day_end, life_of
from app.transactions.history import history_page
from tests.factories import make_user
from tests.transactions.ledgers import NOW, buy, give, refund, undo, use, write_varied_ledger
from tests.transactions.signed_in import HTMX, Html

PATH = "/balance"
SIGNS = {"consumption": -1, "refund": -1}


async def page_of(client: httpx.AsyncClient, path: str = PATH) -> Html:
    answer = await client.get(path)
    assert answer.status_code == 200
    return Html(answer)


async def add_up(user_id: str, sentence: Sentence, balance_credits: int) -> None:
    """Each number is what its rows come to, and all numbers come to the balance."""
    total = 0
    for part in sentence.parts:
        if part.href:
            wanted = asked(dict(parse_qsl(urlsplit(part.href).query)))
            assert not wanted.problems
            totals = (await history_page(user_id, wanted.filters, now=NOW)).totals
            change_credits = totals.sums.added_credits + totals.sums.taken_credits
            assert abs(change_credits) == int(part.number.split()[0].replace(",", ""))
            total += change_credits
    assert total == balance_credits


@given(seed=st.integers(0, 2**32), days=st.lists(st.integers(0, 310), min_size=3, max_size=3))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_numbers_of_any_ledger_on_any_day_add_up(pool: None, seed: int, days: list[int]) -> None:
    """HIST-07: to the balance, each by the rows that its link leads to."""
    user_id = await make_user()
    await write_varied_ledger(user_id, seed=seed, moves=25)
    life = await life_of(user_id, now=NOW)
    page = await history_page(user_id, asked({}).filters, now=NOW)
    assert (life.sums.balance_credits, life.sums.pending) == (page.balance_credits, page.pending_credits)
    await add_up(user_id, balance_sentence(life.sums), page.balance_credits)
    for day in days:
        end = await day_end(user_id, (NOW - timedelta(days=day)).date())
        balance_credits = end.made_by["balance_after"] if end.made_by else 0
        assert end.sums.balance_credits == balance_credits
        await add_up(user_id, balance_sentence(end.sums, last_day=end.day), balance_credits)


async def test_the_balance_is_explained_and_drawn_over_all_the_time(
    client: httpx.AsyncClient, alice: str
) -> None:
    bought = await buy(alice, datetime(2026, 8, 5, 9, 0, tzinfo=UTC))
    await use(alice, datetime(2026, 8, 9, 9, 0, tzinfo=UTC))
    await refund(alice, bought, datetime(2026, 9, 1, 9, 0, tzinfo=UTC))
    await give(alice, datetime(2026, 10, 1, 9, 0, tzinfo=UTC), 3)
    page = await page_of(client)
    assert page.one("p", class_="figure-number").text == "2 credits"
    chart = page.one("svg", role="img")
    assert chart.one("title").text == "Balance over time"
    assert chart.one("desc").text in page.one("p", class_="muted").text
    assert (
        chart.one("desc").text
        == "From 0 credits to 2 credits, in 4 steps. Highest 2 credits, lowest −1 credit. The dashed line is zero."
    )
    assert chart.all("path", class_="chart-zero")
    figures = [
        (each.one("a").text, each.one("td").text) for each in page.one("details").one("tbody").all("tr")
    ]
    assert figures == [
        ("November 2026, so far", "2"),
        ("October 2026", "2"),
        ("September 2026", "−1"),
        ("August 2026", "0"),
    ]


async def test_a_day_is_answered_with_the_row_that_made_its_balance(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, datetime(2026, 10, 1, 9, 0, tzinfo=UTC), 3)
    await use(alice, datetime(2026, 10, 2, 23, 59, tzinfo=UTC), title="Launch plan")
    await use(alice, datetime(2026, 10, 3, 0, 0, tzinfo=UTC), title="Second")
    page = await page_of(client, f"{PATH}?on=2026-10-02")
    answer = page.one("div", id="transactions-day")
    assert answer.one("h3").text == "When 2 Oct 2026 ended (UTC)"
    assert answer.one("p", class_="sum").text == "2 credits"
    assert "You were given 3 credits and used 1. 2 left." in answer.text
    assert "Unlock of Launch plan" in answer.one("table").text
    assert answer.all("a")[0]["href"] == "/transactions?type=grant&status=completed&to=2026-10-02"
    assert page.one("input", id="on")["value"] == "2026-10-02"


async def test_before_the_first_row_there_was_nothing(client: httpx.AsyncClient, alice: str) -> None:
    await give(alice, datetime(2026, 10, 1, 0, 0, tzinfo=UTC))
    answer = (await page_of(client, f"{PATH}?on=2026-09-30")).one("div", id="transactions-day")
    assert "0 credits You had no credits yet." in answer.text
    assert not answer.all("table")


async def test_a_past_debt_is_past(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, NOW - timedelta(days=9))
    await use(alice, NOW - timedelta(days=8))
    await refund(alice, bought, NOW - timedelta(days=7))
    await give(alice, NOW - timedelta(days=1), 2)
    day = (NOW - timedelta(days=6)).date()
    answer = (await page_of(client, f"{PATH}?on={day}")).one("div", id="transactions-day")
    assert answer.one("p", class_="owed").text == "1 credit owed"
    assert "You owed 1 credit, because a payment was returned after its credit was used." in answer.text
    assert "next purchase" not in answer.text


async def test_a_day_is_the_readers_and_its_numbers_lead_to_its_rows(
    client: httpx.AsyncClient, alice: str
) -> None:
    """HIST-07: in Kiritimati the day begins fourteen hours before UTC's."""
    await give(alice, datetime(2026, 10, 1, 9, 59, tzinfo=UTC), 3)
    await give(alice, datetime(2026, 10, 1, 10, 0, tzinfo=UTC))
    await keep(alice, Preferences(time_zone="Pacific/Kiritimati"))
    answer = (await page_of(client, f"{PATH}?on=2026-10-01")).one("div", id="transactions-day")
    assert answer.one("h3").text == "When 1 Oct 2026 ended (Kiritimati time)"
    assert answer.one("p", class_="sum").text == "3 credits"
    rows = await page_of(client, answer.all("a")[0]["href"])
    assert rows.one("tfoot").all("td", class_="num")[0].text == "+3"
    assert (
        "0 credits" in (await page_of(client, f"{PATH}?on=0001-01-01")).one("div", id="transactions-day").text
    )
    tomorrow = (NOW + timedelta(days=1)).date()  # there it has begun already
    assert (await page_of(client, f"{PATH}?on={tomorrow}")).one("div", id="transactions-day").text


async def test_today_is_so_far(client: httpx.AsyncClient) -> None:
    answer = (await page_of(client, f"{PATH}?on={NOW.date()}")).one("div", id="transactions-day")
    assert answer.one("h3").text == "1 Nov 2026, so far (UTC)"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("yesterday", "Write the day as 2026-01-31."),
        ("2026-02-30", "There is no such day."),
        (str(NOW.date() + timedelta(days=1)), "That day is still to come."),
        (str(date.max), "That day is still to come."),
    ],
)
async def test_a_day_that_cannot_be_answered_is_422_and_kept(
    client: httpx.AsyncClient, typed: str, said: str
) -> None:
    answer = await client.get(PATH, params={"on": typed})
    page = Html(answer)
    assert answer.status_code == 422
    assert page.one("input", id="on")["value"] == typed
    assert page.one("input", id="on")["aria-invalid"] == "true"
    assert said in page.one("p", id="on-error").text
    assert page.one("div", id="transactions-day").text == ""
    fragment = await client.get(PATH, params={"on": typed}, headers=HTMX)
    assert (fragment.status_code, fragment.headers["hx-push-url"]) == (422, "false")
    assert said in Html(fragment).one("div", id="transactions-day").text


async def test_htmx_gets_the_answer_alone_with_its_address_and_a_live_sentence(
    client: httpx.AsyncClient, alice: str
) -> None:
    await give(alice, datetime(2026, 10, 1, 0, 0, tzinfo=UTC))
    answer = await client.get(PATH, params={"on": "2026-10-01"}, headers=HTMX)
    page = Html(answer)
    assert answer.headers["hx-push-url"] == "/balance?on=2026-10-01"
    assert page.one("div", id="live").text == "When 1 Oct 2026 ended (UTC): 1 credit."
    assert not page.all("svg", role="img")
    cleared = await client.get(PATH, params={"on": ""}, headers=HTMX)
    assert cleared.headers["hx-push-url"] == PATH


async def test_a_newcomer_reads_why_there_is_nothing(client: httpx.AsyncClient) -> None:
    page = await page_of(client)
    assert "You have no credits yet, and need none to start a workshop." in page.text
    assert not page.all("svg", role="img")


async def test_each_movement_is_drawn_that_can_be_seen_and_each_is_counted(pool: None, alice: str) -> None:
    start = NOW - timedelta(days=80)
    await give(alice, start + timedelta(days=1), 2)
    await give(alice, start + timedelta(days=1, hours=6))
    await use(alice, start + timedelta(days=1, hours=6, minutes=1))
    await use(alice, start + timedelta(days=1, hours=6, minutes=2))
    await give(alice, NOW + timedelta(days=1), 4)  # by a clock that is ahead
    first, merged, last = await changes_after(alice, 0, start=start, end=NOW)
    assert (first.at, first.levels, first.movements) == (start + timedelta(days=1), (2,), 1)
    assert merged.at == start + timedelta(days=1, hours=6, minutes=2)
    assert (merged.levels, merged.movements) == ((3, 1, 1), 3)
    assert await changes_after(alice, 4, start=start, end=NOW) == [last]


async def test_a_purchase_used_undone_and_used_again_is_four_steps(
    client: httpx.AsyncClient, alice: str
) -> None:
    """Within minutes, as most buyers do."""
    await buy(alice, NOW - timedelta(minutes=9))
    unlock, _ = await use(alice, NOW - timedelta(minutes=8))
    await undo(unlock, NOW - timedelta(minutes=7))
    await use(alice, NOW - timedelta(minutes=6))
    page = await page_of(client)
    chart = page.one("svg", role="img")
    assert chart.one("desc").text == (
        "From 0 credits to 0 credits, in 4 steps. Highest 1 credit, lowest 0 credits."
    )
    assert str(chart.one("path", class_="chart-line")["d"]).count("V0H") >= 2
    assert [each.text for each in page.one("div", class_="chart-ends").all("span")] == [
        "1 Nov 2026, 11:50",
        "12:00",
    ]


async def test_the_line_of_a_long_life_is_bounded_and_whole(pool: None, alice: str) -> None:
    start = NOW - timedelta(days=200)
    for hour in range(60):
        await give(alice, start + timedelta(hours=hour // 2))
    life = await life_of(alice, now=NOW)
    assert len(life.changes) < 20
    assert sum(each.movements for each in life.changes[1:]) == 60
    assert (life.changes[0].balance_credits, life.changes[-1].balance_credits) == (0, 60)


async def test_a_past_debt_names_its_zero_beside_the_line(client: httpx.AsyncClient, alice: str) -> None:
    bought = await buy(alice, NOW - timedelta(days=9))
    await use(alice, NOW - timedelta(days=8))
    await refund(alice, bought, NOW - timedelta(days=7))
    zero = (await page_of(client)).one("svg", class_="chart-zero-level").one("text")
    assert (zero.text, zero["y"]) == ("0", "60.0")
