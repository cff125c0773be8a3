"""Every way back that the application takes from outside, against everything attackers write there (ACCT-03, W17)."""

import re
from collections.abc import Awaitable, Callable
from html import unescape
from itertools import count
from random import randrange
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from litestar import Litestar

from app.database import row
from app.web.csrf import csrf_token
from app.web.security import WAYS_BACK
from tests.proof import IS_PROOF
from tests.surface.people import Owner
from tests.web.reading import parsed
from tests.web.ways_back import FRIENDLY, HOSTILE
from tests.workshops.site import SECRET, Site

PLANTED = "p" * 43
FORM = {"csrf_token": csrf_token(PLANTED, SECRET)}
FALLBACKS = {"/dashboard", ""}  # nowhere in particular, or no way back at all
Hop = Callable[[Litestar, str], Awaitable[str]]
_machines = count(1)


def visitor(app: Litestar, **cookies: str) -> httpx.AsyncClient:
    """A signed-out browser on a machine of its own, with a form cookie."""
    transport = httpx.ASGITransport(
        cast(Any, app),
        raise_app_exceptions=False,
        client=(f"10.9.{next(_machines) % 256}.{next(_machines) % 256}", 1),
    )
    return httpx.AsyncClient(
        transport=transport, base_url="http://testserver", cookies={"anon": PLANTED} | cookies
    )


def return_to_in(answer: httpx.Response) -> str:
    """Where sign-in would lead back to; nowhere, if the form was refused for a character that nothing may hold."""
    if answer.status_code == 422:
        return ""
    return parse_qs(urlsplit(answer.headers["location"]).query, keep_blank_values=True)["return_to"][0]


async def shown_on_the_sign_in_page(app: Litestar, text: str) -> str:
    answer = await visitor(app).get("/sign-in", params={"return_to": text})
    found = re.search(r'name="return_to" value="([^"]*)"', answer.text)
    assert found is not None
    return unescape(found[1])


async def after_a_demo_sign_in(app: Litestar, text: str) -> str:
    fields = FORM | {"user": "zero", "return_to": text}
    answer = await visitor(app).post("/sign-in/demo", data=fields)
    return "" if answer.status_code == 422 else str(answer.headers["location"])


async def kept_with_a_mailed_link(app: Litestar, text: str) -> str:
    email = f"way-{next(_machines)}@example.test"
    answer = await visitor(app).post("/sign-in", data=FORM | {"email": email, "return_to": text})
    found = await row("SELECT return_path FROM sign_in_links WHERE email = $1", email)
    if found is None:
        assert answer.status_code == 422
        return ""
    return str(found["return_path"])


async def after_a_session_has_ended(app: Litestar, text: str) -> str:
    client = visitor(app, session="ended")
    sent = quote(text, safe="/:?#[]@!$&'()*+,;=%\\~") if not text.isascii() else text
    headers = {"referer": "".join(each for each in sent if each >= " " and each != "\x7f")}
    return return_to_in(await client.post("/onboarding/complete", headers=headers))


async def from_the_price_list_to_sign_in(app: Litestar, text: str) -> str:
    answer = await visitor(app).post("/checkout", data=FORM | {"pack": "single-flight", "return_to": text})
    pricing = urlsplit(return_to_in(answer))
    return parse_qs(pricing.query).get("return_to", [""])[0]


HOPS: list[Hop] = [
    shown_on_the_sign_in_page,
    after_a_demo_sign_in,
    kept_with_a_mailed_link,
    after_a_session_has_ended,
    from_the_price_list_to_sign_in,
]
CHEAP = (after_a_session_has_ended,)


def is_ours(path: str) -> bool:
    return path in FALLBACKS or (
        path.startswith(WAYS_BACK) and "//" not in urlsplit(path).path and "\\" not in path
    )


@pytest.mark.proof
@pytest.mark.parametrize("hop", HOPS, ids=lambda hop: hop.__name__)
async def test_no_way_back_leads_elsewhere(site: Site, hop: Hop) -> None:
    """ACCT-03, W17, W18: every hostile one ends on a page of ours. All but the cheapest are sampled in small runs."""
    tried = HOSTILE if IS_PROOF or hop in CHEAP else HOSTILE[randrange(4) :: 4]
    escaped = [(text, led) for text in tried if not is_ours(led := await hop(site.app, text))]
    assert escaped == []
    print(f"{hop.__name__}: {len(tried)} hostile ways back, {len(escaped)} led elsewhere")


@pytest.mark.parametrize("hop", [each for each in HOPS if each is not after_a_session_has_ended])
async def test_our_own_ways_back_are_kept(site: Site, hop: Hop) -> None:
    lost = [(text, led) for text in FRIENDLY if (led := await hop(site.app, text)) != text]
    assert lost == []


@pytest.mark.parametrize(
    ("file", "page"),
    [
        ("/transactions.csv", "/transactions"),
        ("/transactions.csv?type=refund&q=a%26b", "/transactions?type=refund&q=a%26b"),
        ("/statements/2026-10.csv", "/statements/2026-10"),
        ("/account/export", "/account"),
    ],
)
async def test_who_asked_for_a_file_comes_back_to_the_page_with_its_link(
    site: Site, file: str, page: str
) -> None:
    """UI-25: a download that begins by itself leaves nobody anywhere; the filters are still set."""
    assert return_to_in(await visitor(site.app).get(file)) == page


async def test_the_price_list_and_the_page_before_an_error_lead_nowhere_else(
    site: Site, alice: Owner
) -> None:
    """ACCT-03: hidden fields of every form, and every link, on pages that were asked for with a hostile way back."""
    for text in HOSTILE[::6]:
        answer = await alice.browser.client.get("/pricing", params={"return_to": text})
        tree = parsed(answer.text)
        links = [str(each.get("href")) for each in tree.iter("a")]
        fields = [str(each.get("value")) for each in tree.iter("input") if each.get("name") == "return_to"]
        assert all(is_ours(each) for each in fields), text
        assert not any("evil.example" in each for each in links), text
        headers = {"referer": text} if text.isascii() and text.isprintable() else {}
        refused = await alice.browser.client.post("/checkout", headers=headers)
        assert refused.status_code == 403
        assert all("evil.example" not in str(each.get("href")) for each in parsed(refused.text).iter("a")), (
            text
        )
