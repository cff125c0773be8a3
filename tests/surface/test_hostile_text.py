"""Text from people and from the payment service, wherever it is shown: it adds no element and no attribute (W22, W25).

Two people have the same life, one in harmless words and one in scripts; each of their pages must be the same tree.
"""

from collections.abc import Mapping
from datetime import timedelta
from xml.etree.ElementTree import Element

import html5lib
import pytest

from app.accounts.sign_in.letters import sign_in_letter
from app.clock import utc_now
from app.database import row, tx
from app.ids import new_id
from app.ledger.posting import Actor, grant
from tests.factories import make_user
from tests.surface.scripts import SCRIPTS
from tests.transactions.ledgers import buy, refund, use
from tests.workshops.site import HTMX, Browser, Site
from tests.workshops.stories import completed

GROUPS = 6
HOSTILE = [" ".join(SCRIPTS[start::GROUPS]) for start in range(GROUPS)]
HARMLESS = ["Harmless words"] * GROUPS
LEADS = ("/", "#", "mailto:", "http://testserver", "https://checkout.stripe.com")
Life = tuple[Browser, Mapping[str, str]]


async def life_in(site: Site, texts: list[str]) -> Life:
    """Somebody whose name, titles, notes, packs, reasons and descriptions are these texts; and their pages."""
    user_id = await make_user(name=texts[0])
    at = utc_now() - timedelta(hours=9)
    for text in texts:
        at += timedelta(minutes=5)
        bought = await buy(user_id, at, pack_name=text)
        unlocked, workshop_id = await use(user_id, at + timedelta(minutes=1), title=text)
        async with tx():
            key, support = new_id("ctx"), Actor("operator", "op_1")
            await grant(user_id, 1, form_key=key, reason=text, actor=support, description=text, note=text)
    await refund(user_id, bought, at + timedelta(minutes=2))
    refused = await buy(user_id, at, pack_name=texts[0], status="failed", closed_at=at)
    finished = await completed(user_id)
    await row("UPDATE workshops SET title = $2 WHERE id = $1", finished, texts[1])
    await row("UPDATE workshop_steps SET notes = $2 WHERE workshop_id = $1", finished, "\n\n".join(texts))
    return await site.browser(user_id), {
        "dashboard": "/dashboard",
        "history": "/transactions",
        "its search": "/transactions?q={q}&from={q}",
        "statement": f"/statements/{utc_now():%Y-%m}",
        "balance": "/balance",
        "story of an unlock": f"/transactions/{unlocked}",
        "story of a gift": f"/transactions/{await newest(user_id, 'grant')}",
        "story of a refund": f"/transactions/{await newest(user_id, 'refund')}",
        "receipt": f"/purchases/{bought}",
        "receipt of nothing": f"/purchases/{refused}",
        "return page": f"/checkout/success?session_id=cs_test_{refused}",
        "step": f"/workshops/{finished}/steps/challenge",
        "build pack": f"/workshops/{finished}/build-pack",
        "deleting": f"/workshops/{workshop_id}/delete",
        "new workshop": "/workshops/new?title={q}",
        "account": "/account",
        "price list": f"/pricing?workshop={workshop_id}&pack={{q}}&return_to={{q}}",
        "not there": "/no/such/{q}?{q}",
    }


async def newest(user_id: str, kind: str) -> str:
    found = await row(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND type = $2 ORDER BY seq DESC LIMIT 1",
        user_id,
        kind,
    )
    assert found is not None
    return str(found["id"])


def tree(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element in order, with the names of its attributes; every address in it leads where ours do."""
    elements: list[Element] = list(html5lib.parse(html, namespaceHTMLElements=False).iter())
    for each in elements:
        for name in ("href", "src", "action", "formaction", "data-hx-get", "data-hx-post"):
            assert str(each.get(name, "/")).startswith(LEADS), each.attrib
    return [
        (str(each.tag), tuple(sorted(map(str, each.attrib))))
        for each in elements
        if isinstance(each.tag, str)
    ]


async def pages_of(life: Life, text: str, headers: dict[str, str]) -> dict[str, str]:
    browser, paths = life
    found = {}
    for name, path in paths.items():
        query = str(browser.client.build_request("GET", "/", params={"q": text}).url.query, "ascii")[2:]
        answer = await browser.get(path.replace("{q}", query), headers)
        assert answer.status_code < 500, name
        found[name] = answer.text
    return found


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "swapped"])
async def test_no_text_adds_an_element_or_an_attribute_to_any_page(
    site: Site, headers: dict[str, str]
) -> None:
    """W22, W25, H11, H02"""
    assert len(set(SCRIPTS)) >= 100
    hostile, harmless = await life_in(site, HOSTILE), await life_in(site, HARMLESS)
    ours = await pages_of(harmless, "Harmless", headers)
    asked = await pages_of(hostile, "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>", headers)
    differing = [name for name in ours if tree(ours[name]) != tree(asked[name])]
    assert differing == []
    showing = [name for name, text in asked.items() if "alert(1)" in text]
    assert len(showing) >= 14, showing  # the texts are there, as texts
    assert not any("<script>alert" in text for text in asked.values())


async def test_forms_that_come_back_show_what_was_typed_as_text(site: Site) -> None:
    """W22, W16: every script in every field of a form that is refused."""
    browser = await site.browser(await make_user())
    posts = {
        "/workshops": ("title", "start"),
        "/checkout": ("pack", "return_to", "workshop_id"),
        "/account": ("theme", "time_zone", "locale"),
    }
    for path, names in posts.items():
        calm = await browser.post(path, dict.fromkeys(names, "Harmless"))
        for text in HOSTILE:
            answer = await browser.post(path, dict.fromkeys(names, text))
            assert (answer.status_code, calm.status_code) == (422, 422), path
            assert tree(answer.text) == tree(calm.text), path


async def test_the_address_typed_at_sign_in_comes_back_as_text(site: Site) -> None:
    """W22: the one field that a stranger fills in."""
    pages = []
    for text in ("Harmless words", *HOSTILE):
        async with site.nobody() as nobody:
            form = html5lib.parse((await nobody.get("/sign-in")).text, namespaceHTMLElements=False)
            [token, *_] = [
                each.get("value") for each in form.iter("input") if each.get("name") == "csrf_token"
            ]
            answer = await nobody.post(
                "/sign-in", data={"csrf_token": token, "email": text, "return_to": text}
            )
            assert answer.status_code == 422
            pages.append(tree(answer.text))
    assert all(each == pages[0] for each in pages)


def test_a_letter_is_plain_text_whatever_is_in_it() -> None:
    """W22: no mail is HTML, so nothing in it can run."""
    letter = sign_in_letter("a@example.test", brand=HOSTILE[0], link="http://testserver/sign-in/email/x")
    assert "<script>" in letter.text  # and it goes out as text/plain, which test_mail holds
