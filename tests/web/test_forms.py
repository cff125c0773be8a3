"""How a form's body is read, and what in it is refused (W26, W51)."""

import httpx
import pytest

from app.web.csrf import csrf_token
from app.web.forms import Form, new_form_key
from tests.web.small_site import OPTIONS

TOKEN = csrf_token("session of alice", OPTIONS.secret)
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def _sent(alice: httpx.AsyncClient, body: str) -> httpx.Response:
    return await alice.post("/form", content=f"csrf_token={TOKEN}&{body}", headers=FORM)


@pytest.mark.parametrize("body", ["title=a%00b", "title=a%01&a%00=1", "t%00=1"])
async def test_what_the_database_cannot_hold_is_refused(alice: httpx.AsyncClient, body: str) -> None:
    """W26"""
    assert (await _sent(alice, body)).status_code == 422


@pytest.mark.parametrize("body", ["title=%ED%A0%80", "title=%ff", "title=\u00e9", "%ff=1"])
async def test_what_is_no_text_is_refused(alice: httpx.AsyncClient, body: str) -> None:
    """W26: lone surrogates and broken UTF-8 are no text."""
    assert (await _sent(alice, body)).status_code == 400


@pytest.mark.parametrize(
    "text", ["\u202egnal", "a\u200bb", "e" + "\u0301" * 10_000, "日本語", "😀" * 100, "<script>"]
)
async def test_odd_text_is_kept_as_it_was(alice: httpx.AsyncClient, text: str) -> None:
    """W26"""
    answer = await alice.post("/form", data={"csrf_token": TOKEN, "title": text})
    assert answer.json()["title"] == text


async def test_a_field_that_came_twice_is_refused(alice: httpx.AsyncClient) -> None:
    """W51: one fixed rule."""
    assert (await _sent(alice, "pack=a&pack=b")).status_code == 422


async def test_too_many_fields_are_refused(alice: httpx.AsyncClient) -> None:
    """W33"""
    assert (await _sent(alice, "&".join(f"f{n}=1" for n in range(10_000)))).status_code == 400


async def test_the_longest_notes_fit(alice: httpx.AsyncClient) -> None:
    """20,000 characters, each of four bytes, each byte escaped."""
    answer = await alice.post("/form", data={"csrf_token": TOKEN, "notes": "😀" * 20_000})
    assert answer.status_code == 201


async def test_line_breaks_arrive_as_one_character(alice: httpx.AsyncClient) -> None:
    answer = await _sent(alice, "notes=a%0D%0Ab%0Dc")
    assert answer.json()["notes"] == "a\nb\nc"


def test_a_line_is_trimmed_and_a_missing_field_has_a_default() -> None:
    form = Form({"title": "  Launch \t plan\n", "continue": ""})
    assert form.line("title") == "Launch plan"
    assert form.text("notes", "none") == "none"
    assert (form.has("continue"), form.has("save")) == (True, False)


def test_form_keys_are_never_the_same() -> None:
    assert len({new_form_key() for _ in range(1000)}) == 1000
