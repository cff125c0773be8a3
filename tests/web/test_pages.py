"""The pages that belong to no feature."""

import httpx
import pytest
from litestar import Litestar

from tests.web.reading import by_id, parsed, words
from tests.web.small_site import HTTPS, client_of


@pytest.mark.parametrize("path", ["/help", "/styleguide", "/fail/broken", "/no/such/page", "/fail/few"])
async def test_a_page_is_valid_html_with_one_heading_and_a_title(alice: httpx.AsyncClient, path: str) -> None:
    tree = parsed((await alice.get(path)).text)
    title = next(tree.iter("title"))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert words(title).endswith(" · Workshop Credits")
    assert len(list(tree.iter("h1"))) == 1
    assert len(ids) == len(set(ids))


async def test_help_says_what_a_credit_is_and_where_to_write(nobody: httpx.AsyncClient) -> None:
    main = words(by_id(parsed((await nobody.get("/help")).text), "main"))
    assert "1 credit opens the rest of one workshop" in main
    assert "support@example.test" in main


async def test_the_process_says_that_it_is_up(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_the_style_guide_is_for_developers(https_site: Litestar) -> None:
    async with client_of(https_site, HTTPS) as client:
        assert (await client.get("/styleguide")).status_code == 404


async def test_the_style_guide_shows_what_is_seldom_met(alice: httpx.AsyncClient) -> None:
    """A hint of both kinds, the figures beside a drawing, notes that were kept, a list of browsers."""
    page = parsed((await alice.get("/styleguide")).text)
    shown = {
        "onboarding-hint": "Here the free part ends.",
        "sample-hint": "What is a credit?",
        "workshops-notes": "This is what you typed before your sign-in ended. It is not saved yet.",
        "browsers": "Firefox on Linux (this browser)",
        "figures": "October 2026 −1",
        "notices": "Your sign-in has ended.",
    }
    assert [text for place, text in shown.items() if text not in words(by_id(page, place))] == []


async def test_a_page_is_small(alice: httpx.AsyncClient) -> None:
    """UI-03: the largest of ours, compressed, leaves room for style, script and icons."""
    answer = await alice.get("/styleguide")
    assert int(answer.headers["content-length"]) < 12_000
