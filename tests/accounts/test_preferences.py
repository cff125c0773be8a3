"""How a person wants their pages: kept on the server, shown from the next page on, refused when unknown."""

from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar

from app.accounts.preferences import Preferences, keep
from app.database import row
from tests.accounts.browsers import csrf_token
from tests.factories import make_user
from tests.transactions.counting import counted_queries
from tests.transactions.ledgers import NOW, buy, use
from tests.transactions.signed_in import Html, reading_app, signed_in, stranger
from tests.web.reading import parsed

CHOSEN = {"theme": "dark", "time_zone": "Europe/Berlin", "locale": "de"}
LATE = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # in Berlin it is April already, and in Tokyo too


@pytest.fixture(scope="module")
def app(pool: None) -> Litestar:
    return reading_app()


async def sent(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    token = csrf_token((await browser.get("/account")).text)
    return await browser.post("/account", data={"csrf_token": token, **fields})


def filled_in(page: Html) -> dict[str, str]:
    """What the form shows as chosen."""
    options = [each for each in page.all("option") if each.element.get("selected") is not None]
    theme, locale = [each["value"] for each in options]
    return {"theme": theme, "time_zone": page.one("input", id="time_zone")["value"], "locale": locale}


async def test_who_has_chosen_nothing_reads_in_english_and_utc_and_as_the_system_is(app: Litestar) -> None:
    browser = await signed_in(app, await make_user())
    answer = await browser.get("/account")
    parsed(answer.text)  # strictly
    page = Html(answer)
    assert filled_in(page) == {"theme": "system", "time_zone": "UTC", "locale": "en"}
    assert "data-theme" not in page.element.attrib


async def test_what_was_chosen_holds_from_the_next_page_on_in_every_browser(app: Litestar) -> None:
    alice = await make_user()
    browser, elsewhere = await signed_in(app, alice), await signed_in(app, alice)
    answer = await sent(browser, **CHOSEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    told = Html(await browser.get("/account")).one("div", id="flash").text
    assert told == "Your preferences are saved. It is now 01.11.2026, 13:00 Berlin time."
    page = Html(await elsewhere.get("/account"))
    assert (filled_in(page), page["data-theme"]) == (CHOSEN, "dark")
    assert await sent(elsewhere, **CHOSEN | {"theme": "system"})
    assert "data-theme" not in Html(await browser.get("/account")).element.attrib
    signed_out = Html(await stranger(app).get("/pricing"))
    assert "data-theme" not in signed_out.element.attrib


@pytest.mark.parametrize("typed", ["berlin", "europe/berlin", "  Europe/Berlin "])
async def test_a_place_alone_stands_for_its_zone(app: Litestar, typed: str) -> None:
    browser = await signed_in(app, await make_user())
    await sent(browser, **CHOSEN | {"time_zone": typed})
    assert filled_in(Html(await browser.get("/account"))) == CHOSEN


@pytest.mark.parametrize(
    "wrong",
    [
        {"theme": "sepia"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "x" * 5000},
        {"time_zone": ""},
        {"locale": "tlh"},
        {"theme": "", "locale": ""},
    ],
    ids=str,
)
async def test_what_nobody_can_choose_is_refused_and_nothing_is_kept(
    app: Litestar, wrong: dict[str, str]
) -> None:
    alice = await make_user()
    browser = await signed_in(app, alice)
    answer = await sent(browser, **CHOSEN | wrong)
    assert answer.status_code == 422
    page = Html(answer)
    said = {each["id"] for each in page.all("p", class_="problem")}
    assert said == {f"{name}-error" for name in wrong}
    if "time_zone" in wrong:
        assert page.one("input", id="time_zone")["value"] == wrong["time_zone"]
    assert await row("SELECT 1 FROM preferences WHERE clerk_user_id = $1", alice) is None


async def test_a_form_without_its_token_changes_nothing(app: Litestar) -> None:
    """ACCT-04"""
    alice = await make_user()
    browser = await signed_in(app, alice)
    assert (await browser.post("/account", data=CHOSEN)).status_code == 403
    assert await row("SELECT 1 FROM preferences WHERE clerk_user_id = $1", alice) is None


async def test_preferences_cost_no_statement_of_their_own(app: Litestar) -> None:
    alice = await make_user()
    await keep(alice, Preferences("dark", "Europe/Berlin", "de"))
    browser = await signed_in(app, alice)
    async with counted_queries() as counted:
        assert filled_in(Html(await browser.get("/account"))) == CHOSEN
    assert counted.queries == 1, "the one that asks who is there"


async def test_a_zone_that_is_not_known_here_any_more_is_utc(app: Litestar) -> None:
    alice = await make_user()
    await keep(alice, Preferences("light", "Atlantis/Capital", "eo"))
    page = Html(await (await signed_in(app, alice)).get("/account"))
    assert filled_in(page) == {"theme": "light", "time_zone": "UTC", "locale": "en"}


@pytest.mark.parametrize(
    ("locale", "zone", "written"),
    [
        ("en", "UTC", ("Date (UTC)", "31 Mar 2026, 22:30", "1,199", "$79.00")),
        ("de", "Europe/Berlin", ("Date (Berlin time)", "01.04.2026, 00:30", "1.199", "79,00 $")),
        ("ja", "Asia/Tokyo", ("Date (Tokyo time)", "2026/04/01 7:30", "1,199", "$79.00")),
    ],
)
async def test_a_persons_rows_are_written_in_their_locale_and_on_their_clock(
    app: Litestar, locale: str, zone: str, written: tuple[str, str, str, str]
) -> None:
    head, at, balance, money = written
    alice = await make_user()
    await buy(alice, LATE, credits=1200)
    await use(alice, LATE)
    await keep(alice, Preferences("system", zone, locale))
    browser = await signed_in(app, alice)
    story = await browser.get(f"/transactions/{await newest_row_of(alice)}")
    lines = [each.text for each in Html(story).one("dl", class_="lines").all("dd")]
    assert at in lines
    table = Html(await browser.get("/transactions")).one("table", class_="ledger")
    assert table.all("th")[0].text == head
    [used, bought] = [each for each in table.one("tbody").all("tr") if each.all("td")]
    assert [each.text for each in used.all("td", class_="num")][:2] == ["−1", balance]
    assert [each.text for each in bought.all("td", class_="num")][2] == money
    moments = [each["datetime"] for each in used.all("time")]  # behind the day that the rows have in common
    assert moments[-1] == "2026-03-31T22:30:00Z", "machines read UTC, whoever asks"


async def newest_row_of(user_id: str) -> str:
    found = await row(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY seq DESC LIMIT 1", user_id
    )
    assert found is not None
    newest: str = found["id"]
    return newest


async def test_the_days_of_a_filter_are_the_readers_days(app: Litestar) -> None:
    """HIST-02: what is the first of April on the page is found by the first of April."""
    alice = await make_user()
    await buy(alice, LATE)
    browser = await signed_in(app, alice)
    asked = "/transactions?from=2026-04-01&to=2026-04-01"
    assert not Html(await browser.get(asked)).all("table", class_="ledger")
    await keep(alice, Preferences("system", "Europe/Berlin", "en"))
    assert Html(await browser.get(asked)).all("table", class_="ledger")
    far = await browser.get("/transactions?from=0001-01-01&to=9999-12-31")
    assert far.status_code == 200


async def test_papers_follow_the_reader_but_accounting_months_stay_in_utc_and_files_as_machines_read(
    app: Litestar,
) -> None:
    """STMT-03, HIST-06"""
    alice = await make_user()
    bought = await buy(alice, NOW, credits=1200, amount_cents=14900)
    await keep(alice, Preferences("system", "Europe/Berlin", "de"))
    browser = await signed_in(app, alice)
    receipt = Html(await browser.get(f"/purchases/{bought}")).one("main").text
    assert "01.11.2026, 13:00 Berlin time" in receipt
    assert "1.200 1 149,00 $" in receipt.replace("\xa0", " ")
    statement = Html(await browser.get("/statements/2026-11")).one("main").text
    assert "01.11.2026 to 30.11.2026 (UTC)" in statement
    assert "01.11.2026, 12:00 Purchase Purchase of Single Flight +1.200 1.200" in statement
    file = (await browser.get("/transactions.csv")).text
    assert "2026-11-01T12:00:00Z" in file
    assert ",1200,1200,14900,USD," in file
