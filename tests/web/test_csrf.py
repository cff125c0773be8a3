"""Forms act only when they come from a page of ours (ACCT-04, W01, W02, W04, W05)."""

from itertools import pairwise

import httpx
import pytest
from litestar import Litestar

from app.web.csrf import csrf_token
from tests.web.reading import by_id, hidden, parsed
from tests.web.small_site import HTTPS, OPTIONS, client_of

TOKEN = csrf_token("session of alice", OPTIONS.secret)
OTHERS = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8765.evil.example"},
    {"origin": "http://127.0.0.1:8766"},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    {"origin": ""},
]


async def test_a_form_with_its_token_acts(alice: httpx.AsyncClient) -> None:
    answer = await alice.post("/form", data={"csrf_token": TOKEN, "title": "Plan"})
    assert (answer.status_code, answer.json()["title"]) == (201, "Plan")


@pytest.mark.parametrize(
    "token",
    ["", "x", "0" * 64, TOKEN.upper(), TOKEN + "0", "\u00e9" * 64, "\u0000"],
    ids=["none", "short", "zeros", "upper case", "longer", "accents", "NUL"],  # TOKEN differs in every worker
)
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["page", "htmx"])
async def test_a_form_without_its_token_does_nothing(
    alice: httpx.AsyncClient, token: str, headers: dict[str, str]
) -> None:
    """W01, H09"""
    answer = await alice.post("/form", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 403
    assert "This form has expired or came from another site" in answer.text


async def test_a_form_without_any_field_is_refused(alice: httpx.AsyncClient) -> None:
    """W01"""
    assert (await alice.post("/form")).status_code == 403


@pytest.mark.parametrize("headers", OTHERS, ids=str)
async def test_another_origin_is_refused_even_with_the_token(
    alice: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """W01"""
    answer = await alice.post("/form", data={"csrf_token": TOKEN}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "same-origin", "origin": OPTIONS.base_url}, {"sec-fetch-site": "none"}],
    ids=str,
)
async def test_our_own_origin_is_taken(alice: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await alice.post("/form", data={"csrf_token": TOKEN}, headers=headers)
    assert answer.status_code == 201


async def test_the_token_of_one_session_is_worth_nothing_in_another(site: Litestar) -> None:
    """W02"""
    async with client_of(site, who="bob") as bob:
        assert (await bob.post("/form", data={"csrf_token": TOKEN})).status_code == 403


async def test_a_planted_form_cookie_is_ignored_once_signed_in(site: Litestar) -> None:
    """W02"""
    planted = "p" * 43
    async with client_of(site, who="alice") as alice:
        alice.cookies.set("anon", planted)
        token = csrf_token(planted, OPTIONS.secret)
        assert (await alice.post("/form", data={"csrf_token": token})).status_code == 403


async def test_a_token_that_came_twice_is_refused(alice: httpx.AsyncClient) -> None:
    """W51"""
    body = f"csrf_token={TOKEN}&csrf_token={TOKEN}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await alice.post("/form", content=body, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/plain", f'{{"csrf_token": "{TOKEN}"}}'),
        ("application/json", f'{{"csrf_token": "{TOKEN}"}}'),
        (
            "multipart/form-data; boundary=x",
            f'--x\r\ncontent-disposition: form-data; name="csrf_token"\r\n\r\n{TOKEN}\r\n--x--',
        ),
        ("", f"csrf_token={TOKEN}"),
    ],
    ids=["text", "json", "multipart", "untold"],
)
async def test_only_a_plain_form_is_a_form(alice: httpx.AsyncClient, media_type: str, body: str) -> None:
    """W04"""
    answer = await alice.post("/form", content=body, headers={"content-type": media_type})
    assert answer.status_code == 415


async def test_a_method_that_hides_in_a_field_is_only_a_field(alice: httpx.AsyncClient) -> None:
    """W04: a GET stays a GET, whatever `_method` says."""
    assert (await alice.get("/form", params={"_method": "POST", "csrf_token": TOKEN})).status_code == 405


async def test_the_token_in_a_header_does_not_count(alice: httpx.AsyncClient) -> None:
    assert (await alice.post("/form", headers={"x-csrf-token": TOKEN})).status_code == 403


async def test_a_signed_form_of_another_kind_passes_by(nobody: httpx.AsyncClient) -> None:
    """W05: the webhook alone, which proves its sender by itself."""
    answer = await nobody.post("/hook", content=b"{}", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 201


async def test_signed_out_pages_without_a_form_set_no_cookie(nobody: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await nobody.get("/help")).headers


async def test_every_page_of_a_signed_in_person_carries_the_token(alice: httpx.AsyncClient) -> None:
    tree = parsed((await alice.get("/help")).text)
    token = hidden(by_id(tree, "site-header"), "csrf_token")
    assert (await alice.post("/form", data={"csrf_token": token})).status_code == 201


async def test_no_two_answers_carry_the_same_token_and_all_forms_of_one_do(alice: httpx.AsyncClient) -> None:
    """ASVS 3.5.1: what is packed beside reflected text is fresh in each answer, so no size tells of it (BREACH)."""
    pages = [parsed((await alice.get("/help")).text) for _ in range(20)]
    tokens = [{hidden(form, "csrf_token") for form in each.iter("form")} for each in pages]
    assert all(len(each) == 1 for each in tokens)
    said = [token for each in tokens for token in each]
    assert len(set(said)) == 20
    bits = 4 * 64 * 19 / 2  # a fresh mask leaves half of all bits as they were, give or take
    changed = sum((int(one, 16) ^ int(other, 16)).bit_count() for one, other in pairwise(said))
    assert bits * 0.9 < changed < bits * 1.1


async def test_https_cookies_are_secure_and_bound_to_the_host(https_site: Litestar) -> None:
    """W07"""
    async with client_of(https_site, HTTPS, who="alice") as alice:
        token = csrf_token("session of alice", HTTPS.secret)
        answer = await alice.post("/act", data={"csrf_token": token})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-flash=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
