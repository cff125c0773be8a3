"""A hundred scripts as titles, notes, searches and addresses: a real browser runs none of them (W22, W24, W25, H01, H11)."""

from urllib.parse import quote

from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import Tabs
from tests.browser.going import sign_in_by_mail
from tests.surface.scripts import SCRIPTS

LONGEST_TITLE = 100


def titles() -> list[str]:
    """All scripts that fit, as few titles as hold them."""
    found = [""]
    for text in SCRIPTS:
        if len(found[-1]) + len(text) >= LONGEST_TITLE:
            found.append("")
        if len(text) <= LONGEST_TITLE:
            found[-1] = f"{found[-1]} {text}".strip()
    return found


def workshops_called(page: Page, names: list[str]) -> str:
    """Make them by their form; the address of the last."""
    page.goto("/workshops/new")
    token = page.locator("main input[name=csrf_token]").first.input_value()
    for name in names:
        form: dict[str, str | float | bool] = {"csrf_token": token, "title": name, "start": "free"}
        answer = page.request.post("/workshops", form=form, max_redirects=0)
        assert answer.status == 303, name
    return str(answer.headers["location"])


def test_no_text_runs_in_the_browser(tabs: Tabs) -> None:
    """Their pages and htmx's swaps are looked at; the console stays empty, so no policy was needed to stop one."""
    page = tabs()
    ran: list[str] = []

    def noted(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", noted)
    page.on("request", lambda asked: ran.extend({asked.url} if "evil.example" in asked.url else ()))
    sign_in_by_mail(page, "mallory@example.com")
    names = titles()
    assert 30 <= len(names) <= 55
    workshop = workshops_called(page, names)
    page.goto(workshop)
    page.get_by_label("Your notes").fill("\n".join(SCRIPTS))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#live")).to_have_text("Notes saved.")
    hostile = quote('"><script>alert(1)</script><img src=x onerror=alert(1)>', safe="")
    for path in (
        f"{workshop}/delete",
        "/dashboard",
        f"/workshops/new?title={hostile}",
        f"/pricing?pack={hostile}&workshop={hostile}&return_to={hostile}",
        f"/no/such/page/{hostile}",
        f"/transactions?q={hostile}",
    ):
        page.goto(path)
        assert page.locator("main script, main img, [onerror], [onload]").count() == 0, path
    with page.expect_response(lambda answer: "q=%3Cimg" in answer.url):
        page.locator("#q").fill("<img src=x onerror=alert(1)>")
        page.locator("#q").press("Enter")
    expect(page.locator("main img")).to_have_count(0)
    assert ran == []
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])") == "[{},{}]", (
        "H01: nothing is kept here"
    )
