"""Every failure is a designed page or a notice, with one way on."""

import httpx
import pytest
import structlog

from app.errors import BillingError
from app.web.problems import ERRORS, STATUSES, row_for, seconds_text
from tests.web.reading import by_id, fragment, parsed, untokened, words
from tests.web.small_site import FAILURES, SECRET

HTMX = {"hx-request": "true"}
STATUS = {
    "missing": 404, "few": 402, "late": 503, "away": 503, "refused": 502, "used": 409, "bad": 422,
    "locked": 503, "full": 503, "gone": 503, "broken": 500, "forbidden": 403,
}  # fmt: skip


@pytest.mark.parametrize(("name", "status"), STATUS.items())
async def test_a_failure_is_a_page_with_one_way_on(alice: httpx.AsyncClient, name: str, status: int) -> None:
    """UI-21"""
    answer = await alice.get(f"/fail/{name}")
    main = by_id(parsed(answer.text), "main")
    assert answer.status_code == status
    assert len(list(main.iter("h1"))) == 1
    assert [link.get("class") for link in main.iter("a")].count("button") == 1
    assert SECRET not in answer.text


@pytest.mark.parametrize(("name", "status"), [each for each in STATUS.items() if each[1] < 500])
async def test_htmx_is_told_in_the_notice_and_the_address_stays(
    alice: httpx.AsyncClient, name: str, status: int
) -> None:
    """H03"""
    answer = await alice.get(f"/fail/{name}", headers=HTMX)
    assert (answer.status_code, answer.headers["hx-push-url"]) == (status, "false")
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#flash", "innerHTML")
    assert fragment(answer.text)[0].get("id") == "errors-notice"


@pytest.mark.parametrize(("name", "status"), [each for each in STATUS.items() if each[1] >= 500])
async def test_a_server_error_changes_nothing_on_the_screen_but_the_notice(
    alice: httpx.AsyncClient, name: str, status: int
) -> None:
    """UI-23: htmx swaps no 5xx, only its out-of-band parts."""
    answer = await alice.get(f"/fail/{name}", headers=HTMX)
    flash = fragment(answer.text)[0]
    assert (answer.status_code, answer.headers["hx-push-url"]) == (status, "false")
    assert (flash.get("id"), flash.get("data-hx-swap-oob")) == ("flash", "innerHTML")


async def test_missing_and_foreign_cannot_be_told_apart(alice: httpx.AsyncClient) -> None:
    """ACCT-02: the same bytes, whatever it was."""
    bodies = {
        untokened((await alice.get(path)).text)
        for path in ("/fail/missing", "/fail/foreign", "/no/such/page")
    }
    assert len(bodies) == 1


async def test_a_page_that_is_not_there_still_knows_who_is_signed_in(alice: httpx.AsyncClient) -> None:
    """UI-05"""
    tree = parsed((await alice.get("/no/such/page")).text)
    assert words(by_id(tree, "balance")) == "Your balance: 3 credits"


async def test_a_broken_page_shows_the_reference_that_is_in_the_log(alice: httpx.AsyncClient) -> None:
    """W46"""
    with structlog.testing.capture_logs() as log:
        answer = await alice.get("/fail/broken")
    (line,) = [each for each in log if each["event"] == "request_failed"]
    assert line["reference"] in words(by_id(parsed(answer.text), "main"))
    assert "Traceback" not in answer.text and "RuntimeError" not in answer.text


async def test_a_refusal_is_logged_without_what_was_sent(alice: httpx.AsyncClient) -> None:
    """ASVS 16.3.3: whose it was and what it was, and nothing of the form or the address."""
    with structlog.testing.capture_logs() as log:
        await alice.post("/form?q=secret", data={"csrf_token": "no", "title": "secret"})
    (line,) = [each for each in log if each["event"] == "request_refused"]
    assert (line["status"], line["why"], line["user_id"]) == (403, "ForgedForm", "usr_alice")
    assert "secret" not in str(line)


@pytest.mark.parametrize(("name", "seconds"), [("late", "7"), ("locked", "5"), ("full", "5"), ("away", "5")])
async def test_whoever_is_asked_to_come_back_is_told_when_and_where(
    alice: httpx.AsyncClient, name: str, seconds: str
) -> None:
    answer = await alice.get(f"/fail/{name}?q=a%20b")
    assert answer.headers["retry-after"] == seconds
    way = [link for link in by_id(parsed(answer.text), "main").iter("a") if link.get("class") == "button"]
    assert (way[0].get("href"), words(way[0])) == (f"/fail/{name}?q=a%20b", "Try again")


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "1 second,"), (45, "45 seconds"), (61, "61 seconds"), (125, "3 minutes")]
)
async def test_too_many_tries_say_how_long_to_wait(alice: httpx.AsyncClient, seconds: int, said: str) -> None:
    """ACCT-04"""
    answer = await alice.get(f"/wait/{seconds}")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(seconds))
    assert said in words(by_id(parsed(answer.text), "main"))


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//["])
async def test_a_page_before_this_one_that_cannot_be_read_is_no_failure_of_ours(
    alice: httpx.AsyncClient, referer: str
) -> None:
    """UI-21: the way back of a refused form is the dashboard then."""
    answer = await alice.post("/form", data={"csrf_token": "no"}, headers={"referer": referer})
    assert answer.status_code == 403
    way = [link for link in by_id(parsed(answer.text), "main").iter("a") if link.get("class") == "button"]
    assert way[0].get("href") == "/dashboard"


async def test_a_form_that_is_too_long_is_refused_unread(alice: httpx.AsyncClient) -> None:
    answer = await alice.post("/form", data={"notes": "x" * 600_000})
    assert answer.status_code == 413
    assert "too long" in words(by_id(parsed(answer.text), "main"))


async def test_a_wrong_method_names_the_right_one(alice: httpx.AsyncClient) -> None:
    answer = await alice.get("/form")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/help/x.css", "/help;.js", "/%2e%2e/etc", "/help%2f..", "/help/"])
async def test_a_page_cannot_be_had_under_another_name(alice: httpx.AsyncClient, path: str) -> None:
    """W29"""
    answer = await alice.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.status_code == 404 or path == "/help/"


def test_every_failure_of_the_product_has_a_row() -> None:
    for kind in BillingError.__subclasses__():
        found = next(base for base in kind.__mro__ if base in ERRORS)
        assert ERRORS[found].title


def test_rows_never_say_error_and_end_in_a_full_stop() -> None:
    for row in [*ERRORS.values(), *STATUSES.values()]:
        assert "error" not in row.title.lower()
        assert not isinstance(row.text, str) or row.text.endswith(".")


def test_the_nearest_class_decides() -> None:
    assert row_for(FAILURES["few"]).status == 402
    assert row_for(ValueError("x")).status == 500
    assert seconds_text(60) == "60 seconds"
